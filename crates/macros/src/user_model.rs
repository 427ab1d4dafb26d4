//! `#[derive(UserModel)]`: a model that stands in the place of `auth::User`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, Result};

use crate::{app, common::room};

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    if !matches!(item.data, syn::Data::Struct(_)) || !item.generics.params.is_empty() {
        let message = "a user model is a struct with #[model], without generics";
        return Err(Error::new(item.ident.span(), message));
    }
    let (auth, core, name) = (room("auth"), room("core"), &item.ident);
    let migrations = app::migrations(&core, "auth");
    // Bounds are reported at the struct.
    let site_user = quote_spanned!(name.span()=> #auth::SiteUser);
    Ok(quote! {
        #[automatically_derived]
        impl #site_user for #name {
            fn migrations() -> #core::Folder {
                #migrations
            }
        }
        #[automatically_derived]
        impl #auth::rt::IntoPk<#auth::User> for &#name {
            fn into_pk(self) -> #core::Value {
                #auth::rt::key(self)
            }
        }
        #[automatically_derived]
        impl #auth::rt::IntoOptPk<#auth::User> for &#name {
            fn into_opt_pk(self) -> #core::Value {
                #auth::rt::key(self)
            }
        }
        #[automatically_derived]
        impl<__S: ::core::marker::Send + ::core::marker::Sync> #auth::rt::FromRequestParts<__S> for #name {
            type Rejection = #auth::rt::Response;
            async fn from_request_parts(
                parts: &mut #auth::rt::Parts,
                _: &__S,
            ) -> ::core::result::Result<Self, #auth::rt::Response> {
                #auth::rt::must_be_signed_in(parts).await
            }
        }
        #[automatically_derived]
        impl<__S: ::core::marker::Send + ::core::marker::Sync> #auth::rt::OptionalFromRequestParts<__S> for #name {
            type Rejection = #core::Error;
            async fn from_request_parts(
                parts: &mut #auth::rt::Parts,
                _: &__S,
            ) -> #core::Result<::core::option::Option<Self>> {
                #auth::rt::signed_in(parts).await
            }
        }
        #[automatically_derived]
        impl ::core::convert::From<&#name> for #auth::rt::ForeignKey<#auth::User> {
            fn from(user: &#name) -> Self {
                #auth::rt::ForeignKey::new(#auth::rt::id(user))
            }
        }
    })
}
