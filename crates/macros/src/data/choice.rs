//! Enums. One without fields is its word, in snake case; any other is an object with the variant's word under `event`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataEnum, Error, Fields, Type};

use super::{
    Body,
    attributes::{Container, Serde, rename_variant},
    member::{Member, Place},
    options::Options,
};
use crate::{common, model::snake_case};

pub(super) fn expand(
    web: &TokenStream,
    container: &Container,
    data: &mut DataEnum,
) -> syn::Result<(Body, Vec<TokenStream>, TokenStream)> {
    let plain = data.variants.iter().all(|v| matches!(v.fields, Fields::Unit));
    let tag = if plain && !container.own_tagging {
        None
    } else if container.own_tagging {
        container.tag.clone()
    } else {
        Some("event".to_owned())
    };
    let rule = container.rename_all.clone().unwrap_or_else(|| "snake_case".to_owned());
    let (mut words, mut labels, mut checks, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for variant in &mut data.variants {
        let serde = Serde::read(&variant.attrs)?;
        let given = Options::take(&mut variant.attrs)?.label;
        let word = serde.rename.unwrap_or_else(|| rename_variant(&variant.ident.to_string(), Some(&rule)));
        let ident = &variant.ident;
        let first = tag.iter().map(|tag| {
            quote!((::std::borrow::Cow::Borrowed(#tag), #web::rt::core::Value::Text(::std::string::String::from(#word))))
        });
        match &mut variant.fields {
            Fields::Unit => {
                checks.push(quote!(Self::#ident => {}));
                values.push(match &tag {
                    Some(_) => quote!(Self::#ident => #web::rt::core::Value::Map(::std::vec![#(#first),*])),
                    None => quote!(Self::#ident => #web::rt::core::Value::Text(::std::string::String::from(#word))),
                });
            }
            Fields::Named(fields) => {
                // serde's `rename_all` of an enum is for its variants; fields keep their names.
                let none = Container::default();
                let mut members = Vec::new();
                for field in &mut fields.named {
                    let member = Member::read(field, &none)?;
                    if member.default.is_some() {
                        let why = "a default is for fields of structs; in an enum write `Option<_>`";
                        return Err(Error::new_spanned(&field.ident, why));
                    }
                    members.push(member);
                }
                let bindings: Vec<_> = (0..members.len()).map(|i| format_ident!("f{i}")).collect();
                let idents: Vec<_> = members.iter().map(|m| &m.ident).collect();
                let rules =
                    members.iter().zip(&bindings).map(|(m, b)| m.rules(web, &quote!(#b), Place::Variant));
                let entries = members
                    .iter()
                    .zip(&bindings)
                    .filter(|(m, _)| m.is_shown())
                    .map(|(m, b)| m.entry(web, &quote!(#b)));
                checks.push(quote!(Self::#ident { #(#idents: #bindings),* } => { #(#rules)* }));
                let all = first.chain(entries);
                values.push(quote!(
                    #[allow(unused_variables)]
                    Self::#ident { #(#idents: #bindings),* } => #web::rt::core::Value::Map(::std::vec![#(#all),*])
                ));
            }
            Fields::Unnamed(fields) => {
                let [Some(only), None] = [fields.unnamed.first(), fields.unnamed.get(1)] else {
                    let why = format!("name the fields: `{ident} {{ a: A, b: B }}`");
                    return Err(Error::new_spanned(&variant.ident, why));
                };
                if tag.is_some() && is_plain(&only.ty) {
                    let why = format!(
                        "name the field, so that it can stand beside the variant's word: `{ident} {{ text: .. }}`"
                    );
                    return Err(Error::new_spanned(&only.ty, why));
                }
                let ty = &only.ty;
                checks.push(
                    quote!(Self::#ident(inner) => (&&&#web::rt::Probe::<#ty>::NEW).check(inner, "", errors)),
                );
                values.push(quote!(Self::#ident(inner) =>
                    #web::rt::tagged([#(#first),*], #web::rt::core::TemplateValue::to_value(inner))));
            }
        }
        labels.push(given.unwrap_or_else(|| common::label(&snake_case(&variant.ident.to_string()))));
        words.push(word);
    }
    let shape = if plain && !container.own_tagging {
        quote!(#web::ShapeKind::Choice(&[#(#web::rt::core::meta::Choice { value: #words, label: #labels }),*]))
    } else {
        quote!(#web::ShapeKind::Any)
    };
    let body = Body {
        validate: quote!(match self { #(#checks,)* }),
        shape: quote!(fn shape() -> #web::DataShape { #web::DataShape::new::<Self>(#shape) }),
        value: quote!(match self { #(#values,)* }),
        ..Body::default()
    };
    let tagged = (!container.own_tagging && !plain).then(|| quote!(#[serde(tag = "event")]));
    let renamed = container.rename_all.is_none().then(|| quote!(#[serde(rename_all = "snake_case")]));
    Ok((body, Vec::new(), quote!(#tagged #renamed)))
}

/// Surely no object, by name: serde could not put a tag beside it.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 17] = [
        "String", "bool", "char", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize",
        "f32", "f64", "Vec", "Option",
    ];
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| PLAIN.iter().any(|n| s.ident == n)))
}
