//! `#[derive(Embed)]`: a struct that can be a part of models.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Fields, ItemStruct, Result, parse_quote, spanned::Spanned};

use super::{Model, Options, field::Field, meta, record};
use crate::common::room;

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let mut item: DeriveInput = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new(item.generics.span(), "an embedded struct can't be generic"));
    }
    let Data::Struct(data) = &mut item.data else {
        return Err(Error::new(item.ident.span(), "Embed is for structs"));
    };
    let Fields::Named(named) = &mut data.fields else {
        return Err(Error::new(item.ident.span(), "an embedded struct has named fields"));
    };
    let mut errors: Option<Error> = None;
    let mut fields = Vec::new();
    for named in &mut named.named {
        let read = Field::read(named).and_then(|field| field.check_embedded().map(|()| field));
        match (read, &mut errors) {
            (Ok(field), _) => fields.push(field),
            (Err(error), Some(all)) => all.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    // Its fields are written as those of a model without a key.
    let empty: ItemStruct = parse_quote!(
        struct Embedded {}
    );
    let model = Model { orm: room("orm"), item: empty, options: Options::default(), fields, key: Vec::new() };
    let written =
        (0..model.fields.len()).map(|index| meta::field(&model, index)).collect::<Result<Vec<_>>>()?;
    Ok(write(&model, &item, &written))
}

fn write(model: &Model, item: &DeriveInput, written: &[TokenStream]) -> TokenStream {
    let (orm, name, vis) = (&model.orm, &item.ident, &item.vis);
    let core = quote!(#orm::rt::core);
    let text = name.to_string();
    let columns = format_ident!("{name}Columns");
    let required = (0..model.fields.len()).any(|index| model.is_required(index));
    let (mut types, mut news, mut values, mut sets, mut reads) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, field) in model.fields.iter().enumerate() {
        let index = Literal::u16_suffixed(u16::try_from(index).unwrap_or(u16::MAX));
        let (ident, docs, vis, ty) = (&field.ident, &field.docs, &field.vis, &field.ty);
        let span = ty.span();
        let label = format!("{text}.{}", field.name);
        let column = quote_spanned!(span=> #orm::rt::Col<__P, #ty>);
        let (encode, assign, read) = (
            quote_spanned!(span=> <#ty as #orm::rt::FieldType>::encode),
            quote_spanned!(span=> <#ty as #orm::rt::FieldType>::take_value),
            quote_spanned!(span=> field::<#ty>),
        );
        types.push(quote!(#(#docs)* #vis #ident: #column));
        news.push(quote!(#ident: #orm::rt::Col::new(__BASE + #index)));
        values.push(quote!(#index => #encode(&self.#ident)));
        sets.push(quote!(#index => #assign(&mut self.#ident, __value)));
        reads.push(quote!(#ident: __cursor.#read(#label)?));
    }
    let by_place = record::by_place(orm, &text, &values, &sets);
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #columns<__P> { #(#types,)* __base: u16, __path: ::core::marker::PhantomData<fn() -> __P> }
        #[automatically_derived]
        impl<__P: #orm::rt::Path, const __BASE: u16> #orm::rt::EmbedAt<__BASE> for #columns<__P> {
            const NEW: Self = #columns { #(#news,)* __base: __BASE, __path: ::core::marker::PhantomData };
        }
        #[automatically_derived]
        #[allow(dead_code)]
        impl<__P: #orm::rt::Path + #orm::rt::OwnColumn> #columns<__P> {
            /// Gives all its fields.
            #vis fn set(&self, __value: impl ::core::borrow::Borrow<#name>) -> #orm::rt::Assign<__P::Root> {
                #orm::rt::embed_assign(self.__base, ::core::borrow::Borrow::<#name>::borrow(&__value))
            }
        }
        #[automatically_derived]
        impl #orm::Embed for #name {
            const FIELDS: &'static [#core::meta::FieldMeta] = &[#(#written),*];
            const REQUIRED: bool = #required;
            type Columns<__P> = #columns<__P>;
            #by_place
            fn from_row(__cursor: &mut #orm::decode::Cursor<'_>) -> #core::Result<Self> {
                ::core::result::Result::Ok(#name { #(#reads),* })
            }
        }
    }
}
