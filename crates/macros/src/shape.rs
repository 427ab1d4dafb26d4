//! `#[derive(Shape)]`: what a query loads, said by the fields of a struct.
//!
//! Each field becomes one call of the plan, with all tokens at the field's own place, so that rustc reports a wrong
//! name at the name and a wrong type at the type.
mod field;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Path, Result, spanned::Spanned};

use crate::common::{room, unknown_option};
use field::Field;

/// `#[shape(..)]` of the struct.
struct Options {
    /// None for rows of SQL of the user's own.
    model: Option<Path>,
    /// Does the user's code (or `#[data]`) serialize it?
    own_serialize: bool,
    /// Does `#[data]` show it in templates?
    own_value: bool,
}

impl Options {
    fn read(item: &DeriveInput) -> Result<Self> {
        let (mut model, mut raw, mut own_serialize, mut own_value) = (None, None, false, false);
        for attribute in shape_attributes(&item.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("model") {
                    model = Some(meta.value()?.parse::<Path>()?);
                } else if meta.path.is_ident("raw") {
                    raw = Some(meta.path.span());
                } else if meta.path.is_ident("own_serialize") {
                    own_serialize = true;
                } else if meta.path.is_ident("data") {
                    // `#[data]` writes this word.
                    (own_serialize, own_value) = (true, true);
                } else {
                    return Err(unknown_option(&meta.path, &["model", "raw", "own_serialize"]));
                }
                Ok(())
            })?;
        }
        // `#[data]` below the derive is still there; above it, it has left its word.
        let below = |attribute: &Attribute| {
            attribute.path().segments.last().is_some_and(|segment| segment.ident == "data")
        };
        if item.attrs.iter().any(below) {
            (own_serialize, own_value) = (true, true);
        }
        if let (Some(_), Some(raw)) = (&model, raw) {
            let why =
                "a shape of a model can be read from SQL of your own as it is: leave `raw` out, or `model`";
            return Err(Error::new(raw, why));
        }
        if model.is_none() && raw.is_none() {
            let why = "a shape is of a model: add #[shape(model = Film)] below the derive, or #[shape(raw)] for rows of SQL of \
                       your own";
            return Err(Error::new(item.ident.span(), why));
        }
        Ok(Options { model, own_serialize, own_value })
    }
}

fn shape_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("shape"))
}

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let options = Options::read(&item)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new(item.generics.span(), "a shape can't be generic: its fields are columns"));
    }
    let Data::Struct(data) = &item.data else {
        return Err(Error::new(item.ident.span(), "a shape is a struct with named fields"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(item.ident.span(), "a shape is a struct with named fields"));
    };
    if named.named.is_empty() {
        return Err(Error::new(
            item.ident.span(),
            "a shape without fields loads nothing: use .count(..) or .exists(..)",
        ));
    }
    let mut errors: Option<Error> = None;
    let mut fields = Vec::new();
    for field in &named.named {
        match Field::read(field, options.model.is_none()) {
            Ok(field) => fields.push(field),
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    Ok(write(&item, &options, &fields))
}

fn write(item: &DeriveInput, options: &Options, fields: &[Field]) -> TokenStream {
    let orm = room("orm");
    let name = &item.ident;
    let text = name.to_string();
    let decodes: Vec<TokenStream> = fields.iter().map(|field| field.decode(&orm, &text)).collect();
    let value = (!options.own_value).then(|| {
        let entries = fields.iter().map(|field| field.entry(&orm));
        quote! {
            #[automatically_derived]
            impl #orm::rt::core::TemplateValue for #name {
                fn to_value(&self) -> #orm::rt::core::Value {
                    #orm::rt::core::Value::Map(::std::vec![#(#entries),*])
                }
            }
        }
    });
    let serialize = (!options.own_serialize).then(|| {
        let count = fields.len();
        let entries = fields.iter().map(|field| field.serialize(&orm));
        quote! {
            #[automatically_derived]
            impl #orm::rt::serde::Serialize for #name {
                fn serialize<__S: #orm::rt::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    let mut __out = #orm::rt::serde::Serializer::serialize_struct(__serializer, #text, #count)?;
                    #(#entries)*
                    #orm::rt::serde::ser::SerializeStruct::end(__out)
                }
            }
        }
    });
    let loaded = match &options.model {
        Some(model) => of_model(name, model, fields, &orm, &decodes),
        None => of_rows(name, fields, &orm, &decodes),
    };
    quote! {
        #loaded
        #value
        #serialize
    }
}

/// For rows of SQL of the user's own.
fn of_rows(name: &Ident, fields: &[Field], orm: &TokenStream, decodes: &[TokenStream]) -> TokenStream {
    let text = name.to_string();
    let wanted = fields.iter().map(|field| field.wanted(&text));
    quote! {
        #[automatically_derived]
        impl #orm::rt::FromRow for #name {
            fn wanted(
                _: &#orm::dialect::Dialect,
            ) -> #orm::rt::core::Result<::core::option::Option<#orm::rt::Wanted>> {
                ::core::result::Result::Ok(::core::option::Option::Some(
                    #orm::rt::wanted_fields(#text, &[#(#wanted),*]),
                ))
            }
            fn from_row(__cursor: &mut #orm::rt::Cursor<'_>) -> #orm::rt::core::Result<Self> {
                ::core::result::Result::Ok(Self { #(#decodes),* })
            }
        }
    }
}

/// For queries on a model, and rows of SQL that are named as they are.
fn of_model(
    name: &Ident,
    model: &Path,
    fields: &[Field],
    orm: &TokenStream,
    decodes: &[TokenStream],
) -> TokenStream {
    let text = name.to_string();
    let plans = fields.iter().map(|field| field.plan(orm));
    let widths = fields.iter().filter_map(|field| field.width(orm));
    let depths = fields.iter().filter_map(|field| field.depth(orm));
    let names = fields.iter().map(|field| field.named(orm, &text));
    quote! {
        #[automatically_derived]
        impl #orm::Shape for #name {
            type Model = #model;
            const WIDTH: usize = 0 #(+ #widths)*;
            const DEPTH: usize = {
                let mut __most = 0;
                #(
                    let __depth = #depths;
                    if __depth > __most {
                        __most = __depth;
                    }
                )*
                __most
            };
            const NAMES: &'static [#orm::rt::Named] = &[#(#names),*];
            fn plan(__plan: &mut #orm::rt::Plan<Self>) {
                let __model = #orm::Table::<#model>::new();
                let _ = __model;
                #(#plans)*
            }
            fn decode(__cursor: &mut #orm::rt::Cursor<'_>) -> #orm::rt::core::Result<Self> {
                ::core::result::Result::Ok(Self { #(#decodes),* })
            }
        }
        #[automatically_derived]
        impl #orm::rt::FromRow for #name {
            fn wanted(
                __dialect: &#orm::dialect::Dialect,
            ) -> #orm::rt::core::Result<::core::option::Option<#orm::rt::Wanted>> {
                #orm::rt::wanted_by::<Self>(#text, __dialect).map(::core::option::Option::Some)
            }
            fn from_row(__cursor: &mut #orm::rt::Cursor<'_>) -> #orm::rt::core::Result<Self> {
                <Self as #orm::Shape>::decode(__cursor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(item: TokenStream) -> String {
        expand(item).expect_err("a mistake").to_string()
    }

    #[test]
    fn mistakes_are_told() {
        let one = |field: TokenStream| error(quote!(#[shape(model = Film)] struct Card { #field }));
        assert!(
            error(quote!(
                struct Card {
                    id: i64,
                }
            ))
            .contains("#[shape(model = Film)]")
        );
        assert!(
            error(quote!(
                #[shape(modle = Film)]
                struct Card {
                    id: i64,
                }
            ))
            .contains("did you mean `model`?")
        );
        assert!(
            error(quote!(
                #[shape(model = Film)]
                struct Card(i64);
            ))
            .contains("named fields")
        );
        assert!(
            error(quote!(
                #[shape(model = Film)]
                struct Card {}
            ))
            .contains("loads nothing")
        );
        assert!(
            error(quote!(
                #[shape(model = Film)]
                struct Card<T> {
                    id: T,
                }
            ))
            .contains("generic")
        );
        let rows = |field: TokenStream| error(quote!(#[shape(raw)] struct Card { #field }));
        assert!(rows(quote!(#[shape(expr = Film.id)] a: i64)).contains("write it into the SQL"));
        assert!(rows(quote!(#[shape(nested)] a: A)).contains("has no relations"));
        assert!(
            error(quote!(
                #[shape(raw, model = Film)]
                struct Card {
                    id: i64,
                }
            ))
            .contains("leave `raw` out")
        );
        assert!(one(quote!(#[shape(nestde)] a: A)).contains("did you mean `nested`?"));
        assert!(one(quote!(#[shape(nested, expr = Film.id)] a: A)).contains("not both"));
        assert!(one(quote!(#[shape(expr)] a: i64)).contains("expected `=`"));
    }

    #[test]
    fn the_data_attribute_writes_values_and_json() {
        let item = quote!(
            #[shape(model = Film)]
            #[shape(data)]
            struct Card {
                id: i64,
            }
        );
        let code = expand(item).expect("a shape").to_string();
        assert!(!code.contains("TemplateValue") && !code.contains("Serialize"), "{code}");
        let item = quote!(
            #[data]
            #[shape(model = Film)]
            struct Card {
                id: i64,
            }
        );
        let code = expand(item).expect("a shape").to_string();
        assert!(!code.contains("TemplateValue") && !code.contains("Serialize"), "{code}");
        let item = quote!(
            #[shape(model = Film, own_serialize)]
            struct Card {
                id: i64,
            }
        );
        let code = expand(item).expect("a shape").to_string();
        assert!(code.contains("TemplateValue") && !code.contains("Serialize"), "{code}");
    }
}
