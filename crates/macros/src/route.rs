//! `#[get("/films/{id}/")]` and its kin.
//!
//! The function stays as it is. Beside it appears a type of the same name with `url(..)`, and an implementation
//! of `Routed` whose `route()` takes each argument from the request, one line an argument, so that an
//! argument that can't be taken is one error at its own type.
mod arguments;
mod options;
mod path;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, FnArg, ItemFn, ReturnType, Type, spanned::Spanned};

use self::{arguments::Arguments, options::Options, path::Holes};
use crate::common;

pub(crate) fn expand(methods: &[&str], args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let function: ItemFn = syn::parse2(item)?;
    let is_form = methods.len() > 1;
    let word = if is_form {
        "form".to_owned()
    } else {
        methods.first().map(|m| m.to_lowercase()).unwrap_or_default()
    };
    let options = Options::parse(args, &word)?;
    check_signature(&function)?;
    let types = types(&function)?;
    let holes = Holes::of(&options.path)?;
    let params = holes.parameters(&options.path, &types)?;
    holes.has_all(&options.secret)?;
    let secret = &options.secret;
    let arguments = Arguments::of(&types)?;
    if is_form {
        arguments.check_form(handler_span(&function))?;
    }

    let web = common::room("web");
    let vis = &function.vis;
    let handler = &function.sig.ident;
    // The type stands beside the function, under the same name unless the user chose another.
    let marker = options.url.clone().unwrap_or_else(|| handler.clone());
    let name = options.name.as_ref().map_or_else(|| plain(handler), syn::LitStr::value);
    let doc = common::doc(&function.attrs);
    let path = &options.path;
    let detach = options.detach;
    let atomic = match options.atomic {
        Some(atomic) => quote!(::core::option::Option::Some(#atomic)),
        None => quote!(::core::option::Option::None),
    };
    let max_body = match options.max_body {
        Some(most) => quote!(::core::option::Option::Some(#most)),
        None => quote!(::core::option::Option::None),
    };
    let csrf = match options.csrf {
        Some(csrf) => quote!(::core::option::Option::Some(#csrf)),
        None => quote!(::core::option::Option::None),
    };
    let cache = match options.cache {
        Some(keep) => quote!(::core::option::Option::Some(#keep)),
        None => quote!(::core::option::Option::None),
    };
    let api = arguments.json || answers_json(&function.sig.output);

    let (url_args, url_pairs) = (params.arguments(), params.pairs(&web));
    let url_doc = format!("The address of this route: `{}`.", path.value());
    let (take, call) = (arguments.take(&web), arguments.names());
    let needs = arguments.needs(&web);

    let answer_span = match &function.sig.output {
        ReturnType::Default => handler.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let here = common::at_span(&web, answer_span);
    let answer = quote_spanned!(answer_span=> #here::rt::answer(out));
    // A future that can't move between threads is reported at the handler's name.
    let here = common::at_span(&web, handler.span());
    let boxed = quote_spanned!(handler.span()=> #here::rt::boxed(work));
    let used = params.used();
    let route = quote! {
        #web::rt::route::<Self>(
            #web::rt::Declared {
                methods: &[#(#methods),*], path: #path, name: #name, doc: #doc,
                file: ::core::file!(), line: ::core::line!(), api: #api, detach: #detach, atomic: #atomic, max_body: #max_body,
                csrf: #csrf, cache: #cache, secret: &[#(#secret),*],
            },
            |request| {
                let work = async move {
                    #take
                    let out = #handler(#(#call),*).await;
                    ::core::result::Result::Ok(#answer)
                };
                #boxed
            },
            ::std::vec![#(#needs),*],
        )
    };
    // What is no guard is reported at the guard.
    let route = match &options.guard {
        None => route,
        Some(guard) => {
            let here = common::at_span(&web, guard.span());
            let guarded = quote_spanned!(guard.span()=> #here::rt::guarded);
            quote!(#guarded(#route, #guard))
        }
    };
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #marker {}
        impl #marker {
            #[doc = #url_doc]
            #[must_use]
            #[allow(clippy::too_many_arguments)]
            #vis fn url(#(#url_args),*) -> #web::Url {
                #web::Url::to::<Self>(#name, #path, ::std::vec![#(#url_pairs),*])
            }
        }
        impl #web::Routed for #marker {
            fn route() -> #web::Route {
                // An address that nobody asks for is no dead code; a handler that is in no list is.
                let _ = #used;
                #route
            }
        }
    })
}

fn handler_span(function: &ItemFn) -> proc_macro2::Span {
    function.sig.ident.span()
}

fn check_signature(function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new(sig.fn_token.span(), "a handler is an `async fn`"));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(
            sig.generics.span(),
            "a handler has no type parameters: nobody could name them",
        ));
    }
    Ok(())
}

fn types(function: &ItemFn) -> syn::Result<Vec<&Type>> {
    function.sig.inputs.iter().map(argument).collect()
}

fn argument(input: &FnArg) -> syn::Result<&Type> {
    let argument = match input {
        FnArg::Typed(argument) => argument,
        FnArg::Receiver(receiver) => {
            return Err(Error::new(receiver.span(), "a handler is a free function, without `self`"));
        }
    };
    match &*argument.ty {
        Type::Reference(ty) => {
            Err(Error::new(ty.span(), "a handler takes its arguments by value: drop the `&`"))
        }
        Type::ImplTrait(ty) => Err(Error::new(ty.span(), "name the type: what is taken depends on it")),
        ty => Ok(ty),
    }
}

/// `r#type` is the route `type`.
fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

/// `Json<_>` or `Result<Json<_>>`: errors of such a route are problem documents.
fn answers_json(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else { return false };
    let inner = common::generic(ty, "Result").unwrap_or(ty);
    common::generic(inner, "Json").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(args: TokenStream, item: TokenStream) -> String {
        expand(&["GET"], args, item).expect_err("a mistake").to_string()
    }

    #[test]
    fn the_function_stays_and_a_type_appears() {
        let code = expand(
            &["GET"],
            quote!("/films/{id}/"),
            quote!(
                pub async fn film(Path(id): Path<i64>) -> Page {
                    page(id)
                }
            ),
        );
        let code = code.unwrap().to_string();
        assert!(
            code.contains("pub async fn film (Path (id) : Path < i64 >) -> Page { page (id) }"),
            "{code}"
        );
        assert!(code.contains("pub struct film { }") && code.contains("pub fn url (id : i64)"), "{code}");
    }

    #[test]
    fn mistakes_are_told() {
        let hello = quote!(
            async fn hello() -> &'static str {
                ""
            }
        );
        assert_eq!(error(quote!(), hello.clone()), "a route starts with its path: #[get(\"/films/{id}/\")]");
        assert_eq!(error(quote!("films/"), hello.clone()), "a path starts with a slash: \"/films/\"");
        assert_eq!(
            error(quote!("/films/{id}/"), hello.clone()),
            "the path names `{id}`, but no argument takes it: add `Path(id): Path<..>`"
        );
        assert_eq!(
            error(quote!("/", naem = "x"), hello.clone()),
            "unknown route option `naem`; did you mean `name`? (known: name, url, detach, atomic, max_body, csrf, cache, guard, secret)"
        );
        assert_eq!(error(quote!("/:id"), hello), "a parameter is written `{id}`, not `:id`");
        assert_eq!(
            error(
                quote!("/"),
                quote!(
                    async fn x(a: Json<A>, b: Option<Form<B>>) {}
                )
            ),
            "two arguments read the request's body; keep one"
        );
        assert_eq!(
            error(
                quote!("/{a}/{b}/"),
                quote!(
                    async fn x(Path(a): Path<(i64,)>) {}
                )
            ),
            "the path has 2 parameters (a, b), this takes 1"
        );
        assert_eq!(
            error(
                quote!("/"),
                quote!(
                    fn x() {}
                )
            ),
            "a handler is an `async fn`"
        );
    }
}
