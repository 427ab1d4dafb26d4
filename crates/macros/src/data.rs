//! `#[data]`: serde, `Data` (fields, rules) and `TemplateValue` for a struct or an enum.
//!
//! `options` reads what `#[field(..)]` says, `attributes` what the user's own derives and serde attributes say,
//! `member` writes what one field needs, `choice` does the same for the variants of an enum, `of_model` what data of a model
//! has beyond that, `files` reads what is said of files. `widget` knows which widgets there are.
mod attributes;
mod choice;
mod files;
mod member;
mod of_model;
mod options;
mod widget;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Path, Token, parse_quote};

use self::{attributes::Container, member::Member};
use crate::{common, near};

pub(crate) use files::size;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let model = read_arguments(args)?;
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
        Data::Struct(data) => {
            structure(&web, &container, &mut data.fields, &name, &item.generics, model.as_ref())?
        }
        Data::Enum(data) => {
            if let Some(model) = &model {
                return Err(Error::new_spanned(model, "data of a model is a struct with some of its fields"));
            }
            choice::expand(&web, &container, data)?
        }
        Data::Union(data) => return Err(Error::new(data.union_token.span, "data is a struct or an enum")),
    };

    let mut generics = item.generics.clone();
    for parameter in item.generics.type_params() {
        let ident = &parameter.ident;
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote!(#ident: #web::rt::Part));
    }
    let (impls, types, clause) = generics.split_for_impl();
    let Body { fields, rules, names, validate, shape, value, of_model, files } = body;
    let derives = container.derives(&web, &extra);
    let defaults = (!defaults.is_empty()).then(|| {
        let (impls, types, clause) = item.generics.split_for_impl();
        quote!(impl #impls #name #types #clause { #(#defaults)* })
    });
    let rules = (!rules.is_empty()).then(|| quote!(impl #impls #name #types #clause { #(#rules)* }));
    // A constant has no type parameters.
    let names = item.generics.params.is_empty().then(|| constant(&web, &item.vis, &name, &names));
    let model = model.map(|model| {
        let orm = common::room("orm");
        quote!(const MODEL: ::core::option::Option<fn() -> &'static #web::rt::core::meta::ModelMeta> =
            ::core::option::Option::Some(<#model as #orm::Model>::meta);)
    });
    let cleaner = matches!(item.data, Data::Struct(_)).then(|| {
        quote!(
            fn cleaner() -> ::core::option::Option<#web::rt::Cleaner<Self>> {
                #[allow(unused_imports)]
                use #web::rt::{HasRules as _, NoRules as _};
                (&#web::rt::CleanProbe::<Self>::NEW).cleaner()
            }
        )
    });
    Ok(quote! {
        #derives
        #item
        #defaults
        #rules
        #names
        #of_model

        #[automatically_derived]
        impl #impls #web::Data for #name #types #clause {
            const NAME: &'static str = #text;
            const DOC: &'static str = #doc;
            const FIELDS: &'static [#web::DataField] = &[#(#fields),*];
            #model
            #files
            #cleaner
            #[allow(unused_imports, unused_variables, clippy::needless_borrow)]
            fn validate(&self, errors: &mut #web::rt::core::FieldErrors) {
                use #web::rt::{Chosen as _, Known as _, Readable as _, Unknown as _};
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
#[derive(Default)]
struct Body {
    /// Elements of `FIELDS`.
    fields: Vec<TokenStream>,
    /// Functions with the rules of single fields.
    rules: Vec<TokenStream>,
    /// The fields of the constant of names: visibility, name, and the name outside.
    names: Vec<(syn::Visibility, Ident, String)>,
    /// The body of `validate`.
    validate: TokenStream,
    /// `fn shape`, where it is not that of an object.
    shape: TokenStream,
    /// The body of `to_value`.
    value: TokenStream,
    /// What data of a model has beyond.
    of_model: TokenStream,
    /// `fn file_changes`, if there are any.
    files: TokenStream,
}

/// `model = Film`, if it is given.
fn read_arguments(args: TokenStream) -> syn::Result<Option<Path>> {
    let Some(first) = args.clone().into_iter().next() else { return Ok(None) };
    let word = first.to_string();
    if word != "model" {
        let near = near::did_you_mean(&word, ["model"]);
        let why = format!(
            "#[data] takes `model = Film` or nothing (options of a field are written #[field(..)]){near}"
        );
        return Err(Error::new(first.span(), why));
    }
    let read = |input: syn::parse::ParseStream<'_>| {
        input.parse::<Ident>()?;
        let missing = |e: Error| Error::new(e.span(), "which model? #[data(model = Film)]");
        input.parse::<Token![=]>().map_err(missing)?;
        let model: Path = input.parse().map_err(missing)?;
        input.parse::<Option<Token![,]>>()?;
        Ok(model)
    };
    syn::parse::Parser::parse2(read, args).map(Some)
}

/// The constant beside the struct: `NewReview.text` is the field's name.
fn constant(
    web: &TokenStream,
    vis: &syn::Visibility,
    name: &Ident,
    names: &[(syn::Visibility, Ident, String)],
) -> TokenStream {
    let marker = format_ident!("{name}Names");
    let types = names.iter().map(|(vis, ident, _)| quote!(#vis #ident: #web::DataName<#name>));
    let values = names.iter().map(|(_, ident, wire)| quote!(#ident: #web::DataName::new(#wire)));
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #vis struct #marker { #(#types),* }
        #[doc = concat!("The names of the fields of [`", stringify!(#name), "`](struct@", stringify!(#name), ").")]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #name: #marker = #marker { #(#values),* };
    }
}

fn structure(
    web: &TokenStream,
    container: &Container,
    fields: &mut Fields,
    name: &Ident,
    generics: &syn::Generics,
    model: Option<&Path>,
) -> syn::Result<(Body, Vec<TokenStream>, TokenStream)> {
    let Fields::Named(named) = fields else {
        return Err(Error::new(name.span(), "data has named fields: `struct Name { field: Type }`"));
    };
    let turbofish = generics.split_for_impl().1.as_turbofish().to_token_stream_text();
    let (mut members, mut defaults, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for field in &mut named.named {
        let member = Member::read(field, container)?;
        if let Some(span) = Some(member.ident.span()).filter(|_| member.options.own && model.is_none()) {
            let why = "`own` is for data of a model: a field that the model does not have";
            return Err(Error::new(span, why));
        }
        if let Some(widget) = &member.options.widget {
            let has_choices = member.options.choices.is_some() || model.is_some();
            widget::check(widget, member::peeled(&field.ty), has_choices)?;
        }
        names.push((field.vis.clone(), member.ident.clone(), member.wire.clone()));
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
    let entries = members.iter().filter(|m| m.is_shown()).map(|m| {
        let ident = &m.ident;
        m.entry(web, &quote!(&self.#ident))
    });
    let of_model = model.map(|model| of_model::OfModel::new(model, name));
    let rules = members.iter().map(|m| {
        let column = of_model.as_ref().map(|of| of.check(m)).unwrap_or_default();
        m.rules_function(web, &column)
    });
    let calls = members.iter().map(Member::rules_call);
    let files: Vec<TokenStream> = members
        .iter()
        .filter(|m| m.is_file_change())
        .map(|m| {
            let (plain, ident) = (&m.plain, &m.ident);
            quote!((#plain, &mut self.#ident))
        })
        .collect();
    let files = if files.is_empty() {
        TokenStream::new()
    } else {
        quote! {
            fn file_changes(&mut self) -> ::std::vec::Vec<(&'static str, &mut #web::FileChange)> {
                ::std::vec![#(#files),*]
            }
        }
    };
    let body = Body {
        files,
        rules: rules.collect(),
        fields: members.iter().filter(|m| m.is_read()).map(|m| m.description(web)).collect(),
        names,
        validate: quote!(#(#calls)*),
        value: quote!(#web::rt::core::Value::Map(::std::vec![#(#entries),*])),
        of_model: of_model.as_ref().map(|of| of.write(&members, generics)).transpose()?.unwrap_or_default(),
        ..Body::default()
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
        let unknown = one(quote!(#[field(max_lenght = 5)]));
        assert!(
            unknown.starts_with(
                "unknown field option `max_lenght`; did you mean `max_length`? (known: accept, autocomplete"
            ),
            "{unknown}"
        );
        assert_eq!(one(quote!(#[field(max_length)])), "`max_length` needs a value: `max_length = …`");
        assert_eq!(one(quote!(#[field(label = 5)])), "expected text in quotes");
        assert!(
            error(
                quote!(modle = Film),
                quote!(
                    struct A {}
                )
            )
            .contains("did you mean `model`?")
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
