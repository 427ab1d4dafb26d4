//! The primary key: its type, and how it is read from the struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    Model,
    field::{Field, Shape},
};

/// What the writer of the metadata needs.
pub(super) struct Key {
    /// The indexes of the fields.
    pub(super) indexes: Vec<TokenStream>,
    /// `type Pk`.
    pub(super) ty: TokenStream,
    /// The body of `fn pk`.
    pub(super) value: TokenStream,
    /// Lets an object of the model stand for a part of another model's key.
    pub(super) part: TokenStream,
}

pub(super) fn write(model: &Model) -> Key {
    let (orm, name) = (&model.orm, &model.item.ident);
    let fields: Vec<&Field> = model.key.iter().filter_map(|index| model.fields.get(*index)).collect();
    let indexes = model.key.iter().map(|position| model.at(*position)).collect();
    let types: Vec<TokenStream> = fields.iter().map(|field| ty(model, field)).collect();
    let values = fields.iter().map(|field| value(field));
    match types.as_slice() {
        [one] => Key {
            indexes,
            ty: one.clone(),
            value: quote!(#(#values)*),
            part: quote! {
                #[automatically_derived]
                impl #orm::rt::KeyPart<<#name as #orm::Model>::Pk> for &#name {
                    fn into_part(self) -> #orm::rt::core::Value {
                        #orm::rt::key_value(self)
                    }
                }
            },
        },
        several => Key {
            indexes,
            ty: quote!((#(#several,)*)),
            value: quote!((#(#values,)*)),
            part: TokenStream::new(),
        },
    }
}

/// The type of a part: a foreign key is the other model's key.
fn ty(model: &Model, field: &Field) -> TokenStream {
    let (orm, ty) = (&model.orm, &field.ty);
    match &field.shape {
        Shape::Key { to, .. } => quote_spanned!(to.span()=> <#to as #orm::Model>::Pk),
        _ => quote!(#ty),
    }
}

fn value(field: &Field) -> TokenStream {
    let ident = &field.ident;
    match &field.shape {
        Shape::Key { .. } => quote!(::core::clone::Clone::clone(self.#ident.id())),
        _ => quote!(::core::clone::Clone::clone(&self.#ident)),
    }
}
