//! `Debug` of a model with secret fields: a derived one would write them into logs and panics.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ItemStruct, Path, Token, parse_quote, punctuated::Punctuated};

use super::field::Field;

/// Takes `Debug` out of the model's derives, if it has it there and secret fields, and writes one that leaves their values out.
pub(super) fn write(orm: &TokenStream, item: &mut ItemStruct, fields: &[Field]) -> TokenStream {
    if !fields.iter().any(|field| field.options.secret) || !take(&mut item.attrs) {
        return TokenStream::new();
    }
    let name = &item.ident;
    let text = name.to_string();
    let each = fields.iter().map(|field| {
        let (ident, name) = (&field.ident, &field.name);
        match field.options.secret {
            true => quote!(.field(#name, &::core::format_args!("{}", #orm::rt::core::hidden::MASK))),
            false => quote!(.field(#name, &self.#ident)),
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text)#(#each)*.finish()
            }
        }
    }
}

/// Was it there?
fn take(attributes: &mut [Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter_mut().filter(|attribute| attribute.path().is_ident("derive")) {
        let Ok(paths) = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else {
            continue;
        };
        let is_debug = |path: &Path| path.segments.last().is_some_and(|last| last.ident == "Debug");
        if paths.iter().any(is_debug) {
            found = true;
            let rest = paths.into_iter().filter(|path| !is_debug(path));
            *attribute = parse_quote!(#[derive(#(#rest),*)]);
        }
    }
    found
}
