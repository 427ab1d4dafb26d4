//! `#[field(embed)]`: a struct whose fields are columns of the model. Where its fields begin is known only while the model
//! is compiled, so that what stands behind it is counted by constants.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, LitStr, Result, Type, spanned::Spanned};

use super::field::{Field, Shape};

/// Where the field at this position begins: a number, or a constant where a struct is embedded before it.
pub(super) fn at(orm: &TokenStream, fields: &[Field], position: usize) -> TokenStream {
    let before = fields.get(..position).unwrap_or_default();
    let embedded = before.iter().filter(|field| is_embedded(field));
    let counts: Vec<TokenStream> = embedded.map(|field| count(orm, &field.ty)).collect();
    let plain = Literal::u16_suffixed(u16::try_from(position - counts.len()).unwrap_or(u16::MAX));
    if counts.is_empty() { quote!(#plain) } else { quote!((#plain #(+ #counts)*)) }
}

/// The same as the pattern of a `match` over `u16`.
pub(super) fn pattern(orm: &TokenStream, fields: &[Field], position: usize) -> TokenStream {
    let at = at(orm, fields, position);
    let before = fields.get(..position).unwrap_or_default();
    if before.iter().any(is_embedded) { quote!(__other if __other == #at) } else { at }
}

/// The pattern of all fields of the struct that is embedded here, and the index in it.
pub(super) fn range(
    orm: &TokenStream,
    fields: &[Field],
    position: usize,
    ty: &Type,
) -> (TokenStream, TokenStream) {
    let (at, count) = (at(orm, fields, position), count(orm, ty));
    (quote!(__other if __other >= #at && __other < #at + #count), quote!(__other - #at))
}

fn count(orm: &TokenStream, ty: &Type) -> TokenStream {
    quote_spanned!(ty.span()=> #orm::rt::embed_count::<#ty>())
}

pub(super) fn is_embedded(field: &Field) -> bool {
    matches!(field.shape, Shape::Embed { .. })
}

/// The metadata of all fields: a list, or parts that are joined while compiling.
pub(super) fn join(orm: &TokenStream, fields: &[Field], written: Vec<TokenStream>) -> TokenStream {
    if !fields.iter().any(is_embedded) {
        return quote!(&[#(#written),*]);
    }
    let meta = quote!(#orm::rt::core::meta::FieldMeta);
    let (mut parts, mut plain): (Vec<TokenStream>, Vec<TokenStream>) = (Vec::new(), Vec::new());
    for (field, written) in fields.iter().zip(written) {
        let Shape::Embed { prefix } = &field.shape else {
            plain.push(written);
            continue;
        };
        let own = std::mem::take(&mut plain);
        parts.push(quote!(&[#(#own),*]));
        let ty = &field.ty;
        let fields = quote_spanned!(ty.span()=> <#ty as #orm::Embed>::FIELDS);
        parts.push(match prefix {
            None => fields,
            Some(prefix) => quote!({
                const __FIELDS: &[#meta] = #fields;
                const __NAMES: &[u8] =
                    &#orm::rt::prefixed_names::<{ #orm::rt::prefixed_len(__FIELDS, #prefix) }>(__FIELDS, #prefix);
                const __ALL: [#meta; __FIELDS.len()] = #orm::rt::prefixed(__FIELDS, __NAMES, #prefix.len());
                &__ALL
            }),
        });
    }
    parts.push(quote!(&[#(#plain),*]));
    quote!({
        const __PARTS: &[&[#meta]] = &[#(#parts),*];
        const __JOINED: [#meta; #orm::rt::embed_len(__PARTS)] = #orm::rt::embed_join(__PARTS);
        &__JOINED
    })
}

/// `stamps.created`: the index of a field of an embedded struct, or `None` if the name has no point.
pub(super) fn column(
    orm: &TokenStream,
    fields: &[Field],
    part: &LitStr,
    name: &str,
) -> Result<Option<TokenStream>> {
    let Some((own, inner)) = name.split_once('.') else { return Ok(None) };
    let found = fields.iter().enumerate().find(|(_, field)| is_embedded(field) && field.name == own);
    let Some((position, field)) = found else {
        return Err(Error::new(part.span(), format!("`{own}` is no field with #[field(embed)]")));
    };
    let (at, ty) = (at(orm, fields, position), &field.ty);
    let missing = format!("`{name}`: {} has no field `{inner}`", quote!(#ty));
    let index = quote_spanned!(part.span()=> {
        const __INDEX: u16 = #orm::rt::embed_index::<#ty>(#inner, #missing);
        __INDEX
    });
    Ok(Some(quote!((#at + #index))))
}
