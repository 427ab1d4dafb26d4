//! The struct of typed columns.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Model, field::Shape};

pub(super) fn write(model: &Model) -> TokenStream {
    let (orm, vis, name) = (&model.orm, &model.item.vis, model.columns_name());
    let (mut types, mut values) = (Vec::new(), Vec::new());
    for (index, field) in model.fields.iter().enumerate() {
        let (ident, docs, ty, vis) = (&field.ident, &field.docs, &field.ty, &field.vis);
        let index = model.at(index);
        let span = ty.span();
        let (column, value) = match &field.shape {
            Shape::Column => {
                (quote_spanned!(span=> #orm::rt::Col<__P, #ty>), quote!(#orm::rt::Col::new(#index)))
            }
            Shape::Key { to, optional } => (
                quote_spanned!(span=> #orm::rt::FkCol<__P, #to, { #index }, #optional>),
                quote!(#orm::rt::FkCol::new()),
            ),
            Shape::Embed { .. } => {
                let columns = quote_spanned!(span=> <#ty as #orm::Embed>::Columns<__P>);
                (columns.clone(), quote!(<#columns as #orm::rt::EmbedAt<{ #index }>>::NEW))
            }
            Shape::One { to } => (
                quote_spanned!(span=> #orm::rt::OneCol<__P, #to, { #index }>),
                quote!(#orm::rt::OneCol::new()),
            ),
            Shape::Many { to, .. } => {
                (quote_spanned!(span=> #orm::rt::Many<__P, #to, { #index }>), quote!(#orm::rt::Many::new()))
            }
        };
        types.push(quote!(#(#docs)* #vis #ident: #column));
        values.push(quote!(#ident: #value));
    }
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #name<__P> { #(#types),* }
        #[automatically_derived]
        impl<__P: #orm::rt::Path> #orm::rt::Columns for #name<__P> {
            const NEW: &'static Self = &#name { #(#values),* };
        }
    }
}
