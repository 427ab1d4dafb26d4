//! Rows by field index, and what the struct's relations are called for other models.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Model, embed, field::Shape};

pub(super) fn write(model: &Model) -> TokenStream {
    let (orm, name) = (&model.orm, &model.item.ident);
    let core = quote!(#orm::rt::core);
    let (mut values, mut sets, mut relations, mut relations_mut, mut links) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (position, field) in model.fields.iter().enumerate() {
        let (at, index) = (model.at(position), embed::pattern(orm, &model.fields, position));
        let ident = &field.ident;
        if field.is_column() {
            // At the type, so that what it lacks is reported there.
            let (ty, span) = (&field.ty, field.ty.span());
            let (encode, assign) = (
                quote_spanned!(span=> <#ty as #orm::rt::FieldType>::encode),
                quote_spanned!(span=> <#ty as #orm::rt::FieldType>::take_value),
            );
            values.push(quote!(#index => #encode(&self.#ident)));
            sets.push(quote!(#index => #assign(&mut self.#ident, __value)));
        }
        match &field.shape {
            Shape::Column => continue,
            Shape::Embed { .. } => {
                let (ty, span) = (&field.ty, field.ty.span());
                let (range, inner) = embed::range(orm, &model.fields, position, ty);
                let (get, set) = (
                    quote_spanned!(span=> <#ty as #orm::Embed>::value_at),
                    quote_spanned!(span=> <#ty as #orm::Embed>::set_at),
                );
                values.push(quote!(#range => return #get(&self.#ident, #inner)));
                sets.push(quote!(#range => #set(&mut self.#ident, #inner, __value)));
                continue;
            }
            Shape::Key { optional: true, .. } => {
                relations.push(quote!(#index => self.#ident.as_ref().map(|r| r as &dyn #orm::rt::Relative)));
                relations_mut
                    .push(quote!(#index => self.#ident.as_mut().map(|r| r as &mut dyn #orm::rt::Relative)));
            }
            Shape::Key { optional: false, .. } | Shape::One { .. } | Shape::Many { .. } => {
                relations.push(quote!(#index => ::core::option::Option::Some(&self.#ident)));
                relations_mut.push(quote!(#index => ::core::option::Option::Some(&mut self.#ident)));
            }
        }
        if let Shape::Key { to, .. } | Shape::Many { to, own_table: true } = &field.shape {
            let constant = format_ident!("foreign_key_{}", field.name);
            let made = match &field.shape {
                Shape::Key { .. } => {
                    let unique = model.is_unique(position);
                    quote!(#orm::rt::RelationTo::key(#at, #unique))
                }
                // At the type, so that a key of several columns is reported there.
                _ => quote_spanned!(to.span()=> <#orm::rt::RelationTo<#to>>::many(#at)),
            };
            links.push(quote! {
                #[doc(hidden)]
                #[allow(non_upper_case_globals, dead_code)]
                pub const #constant: #orm::rt::RelationTo<#to> = #made;
            });
        }
    }
    let links = (!links.is_empty()).then(|| quote!(#[automatically_derived] impl #name { #(#links)* }));
    let by_place = by_place(orm, &name.to_string(), &values, &sets);
    quote! {
        #[automatically_derived]
        impl #orm::rt::Record for #name {
            fn model(&self) -> &'static #core::meta::ModelMeta {
                <Self as #orm::Model>::meta()
            }
            #by_place
            fn relation_at(&self, __field: u16) -> ::core::option::Option<&dyn #orm::rt::Relative> {
                match __field {
                    #(#relations,)*
                    _ => ::core::option::Option::None,
                }
            }
            fn relation_at_mut(&mut self, __field: u16) -> ::core::option::Option<&mut dyn #orm::rt::Relative> {
                match __field {
                    #(#relations_mut,)*
                    _ => ::core::option::Option::None,
                }
            }
        }
        #[automatically_derived]
        impl #core::TemplateValue for #name {
            fn to_value(&self) -> #core::Value {
                #orm::rt::to_value(self)
            }
        }
        #[automatically_derived]
        impl #orm::rt::serde::Serialize for #name {
            fn serialize<__S: #orm::rt::serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #orm::rt::serialize(self, __serializer)
            }
        }
        #links
    }
}

/// `value_at` and `set_at`: values by the place of their fields.
pub(super) fn by_place(
    orm: &TokenStream,
    name: &str,
    values: &[TokenStream],
    sets: &[TokenStream],
) -> TokenStream {
    let core = quote!(#orm::rt::core);
    quote! {
        fn value_at(&self, __field: u16) -> ::core::option::Option<#core::Value> {
            ::core::option::Option::Some(match __field {
                #(#values,)*
                _ => return ::core::option::Option::None,
            })
        }
        fn set_at(&mut self, __field: u16, __value: &#core::Value) -> #core::Result {
            match __field {
                #(#sets,)*
                _ => ::core::result::Result::Err(#orm::rt::no_column(#name, __field)),
            }
        }
    }
}
