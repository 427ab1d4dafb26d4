//! `#[data]`: serde, `Data` (fields, rules) and `TemplateValue` for a struct or an enum.
//!
//! `options` reads what `#[field(..)]` says, `attributes` what the user's own derives and serde attributes say,
//! `member` writes what one field needs, `choice` does the same for the variants of an enum.
mod attributes;
mod choice;
mod member;
mod options;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, parse_quote};

use self::{
    attributes::Container,
    member::{Member, Place},
};
use crate::common;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    check_arguments(args)?;
    let mut item: DeriveInput = syn::parse2(item)?;
    if let Some(lifetime) = item.generics.lifetimes().next() {
        let why = "data owns its values, because it is read from a request: use `String` and the like, without lifetimes";
        return Err(Error::new_spanned(lifetime, why));
    }
    let web = common::room("web");
    let container = Container::read(&item.attrs)?;
    if container.is_shape() {
        // The shape's derive would write what `#[data]` writes already.
        item.attrs.push(parse_quote!(#[shape(data)]));
    }
    let name = item.ident.clone();
    let text = name.to_string();
    let doc = common::doc(&item.attrs);

    let (body, defaults, extra) = match &mut item.data {
        Data::Struct(data) => structure(&web, &container, &mut data.fields, &name, &item.generics)?,
        Data::Enum(data) => choice::expand(&web, &container, data)?,
        Data::Union(data) => return Err(Error::new(data.union_token.span, "data is a struct or an enum")),
    };

    let mut generics = item.generics.clone();
    for parameter in item.generics.type_params() {
        let ident = &parameter.ident;
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote!(#ident: #web::rt::Part));
    }
    let (impls, types, clause) = generics.split_for_impl();
    let Body { fields, validate, shape, value } = body;
    let derives = container.derives(&web, &extra);
    let defaults = (!defaults.is_empty()).then(|| {
        let (impls, types, clause) = item.generics.split_for_impl();
        quote!(impl #impls #name #types #clause { #(#defaults)* })
    });
    Ok(quote! {
        #derives
        #item
        #defaults

        #[automatically_derived]
        impl #impls #web::Data for #name #types #clause {
            const NAME: &'static str = #text;
            const DOC: &'static str = #doc;
            const FIELDS: &'static [#web::DataField] = &[#(#fields),*];
            #[allow(unused_imports, unused_variables, clippy::needless_borrow)]
            fn validate(&self, errors: &mut #web::rt::core::FieldErrors) {
                use #web::rt::{Known as _, Readable as _, Unknown as _};
                #validate
            }
            #shape
        }
        #[automatically_derived]
        impl #impls #web::rt::core::TemplateValue for #name #types #clause {
            fn to_value(&self) -> #web::rt::core::Value {
                #value
            }
        }
    })
}

/// What is written for the inside of a type.
struct Body {
    /// Elements of `FIELDS`.
    fields: Vec<TokenStream>,
    /// The body of `validate`.
    validate: TokenStream,
    /// `fn shape`, where it is not that of an object.
    shape: TokenStream,
    /// The body of `to_value`.
    value: TokenStream,
}

fn check_arguments(args: TokenStream) -> syn::Result<()> {
    let Some(first) = args.into_iter().next() else { return Ok(()) };
    let why = match first.to_string().as_str() {
        "model" => "`#[data(model = ..)]` is not supported yet: write #[data] and declare the fields",
        _ => "#[data] takes no arguments; options of a field are written #[field(..)]",
    };
    Err(Error::new(first.span(), why))
}

fn structure(
    web: &TokenStream,
    container: &Container,
    fields: &mut Fields,
    name: &proc_macro2::Ident,
    generics: &syn::Generics,
) -> syn::Result<(Body, Vec<TokenStream>, TokenStream)> {
    let Fields::Named(named) = fields else {
        return Err(Error::new(name.span(), "data has named fields: `struct Name { field: Type }`"));
    };
    let turbofish = generics.split_for_impl().1.as_turbofish().to_token_stream_text();
    let (mut members, mut defaults) = (Vec::new(), Vec::new());
    for field in &mut named.named {
        let member = Member::read(field, container)?;
        if let Some(default) = &member.default {
            // serde wants the path of a function.
            let function = format_ident!("__default_{}", member.plain);
            let ty = &field.ty;
            let path = format!("{name}{turbofish}::{function}");
            field.attrs.push(parse_quote!(#[serde(default = #path)]));
            defaults.push(quote!(#[doc(hidden)] fn #function() -> #ty { #default }));
        }
        defaults.extend(member.limits(web));
        members.push(member);
    }
    let rules = members.iter().map(|m| {
        let ident = &m.ident;
        m.rules(web, &quote!((&self.#ident)), Place::Struct)
    });
    let entries = members.iter().filter(|m| m.is_shown()).map(|m| {
        let ident = &m.ident;
        m.entry(web, &quote!(&self.#ident))
    });
    let body = Body {
        fields: members.iter().filter(|m| m.is_read()).map(|m| m.description(web)).collect(),
        validate: quote!(#(#rules)*),
        shape: TokenStream::new(),
        value: quote!(#web::rt::core::Value::Map(::std::vec![#(#entries),*])),
    };
    Ok((body, defaults, TokenStream::new()))
}

/// The text of tokens, for serde's paths in strings.
trait TokenText {
    fn to_token_stream_text(&self) -> String;
}

impl<T: quote::ToTokens> TokenText for T {
    fn to_token_stream_text(&self) -> String {
        self.to_token_stream().to_string().replace(' ', "")
    }
}

/// An error where no token of the user's is nearer.
fn here(why: &str) -> Error {
    Error::new(Span::call_site(), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(args: TokenStream, item: TokenStream) -> String {
        expand(args, item).expect_err("a mistake").to_string()
    }

    #[test]
    fn mistakes_are_told() {
        let one = |attribute: TokenStream| error(quote!(), quote!(struct A { #attribute a: String }));
        assert_eq!(
            one(quote!(#[field(max_lenght = 5)])),
            "unknown field option `max_lenght`; did you mean `max_length`? (known: default, help, label, max, max_length, \
             min, min_length)"
        );
        assert_eq!(one(quote!(#[field(max_length)])), "`max_length` needs a value: `max_length = …`");
        assert_eq!(one(quote!(#[field(label = 5)])), "expected text in quotes");
        assert!(
            error(
                quote!(model = Film),
                quote!(
                    struct A {}
                )
            )
            .contains("not supported yet")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    struct A<'a> {
                        a: &'a str,
                    }
                )
            )
            .contains("without lifetimes")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    struct A(i32);
                )
            )
            .contains("named fields")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    enum E {
                        A(i32, i32),
                        B {},
                    }
                )
            )
            .contains("name the fields")
        );
        assert!(
            error(
                quote!(),
                quote!(
                    enum E {
                        A(String),
                        B {},
                    }
                )
            )
            .contains("name the field")
        );
        assert!(error(quote!(), quote!(union U { a: u8 })).contains("a struct or an enum"));
    }

    #[test]
    fn what_the_user_derives_is_not_derived_again() {
        let item = quote!(
            #[derive(Debug, PartialEq, serde::Serialize)]
            struct A {
                a: i32,
            }
        );
        let code = expand(quote!(), item).unwrap().to_string();
        assert_eq!(code.matches("Debug").count(), 1, "{code}");
        assert!(code.contains("Clone") && code.contains("Deserialize"), "{code}");
    }
}
