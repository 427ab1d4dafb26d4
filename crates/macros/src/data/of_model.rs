//! Data of a model: `#[data(model = Film)]`. Its fields are some of the model's, checked while compiling; it fills drafts
//! (`create!(Film { director, ..new })`) and edits (`new.apply(&mut edit)?`), and keeps to the rules of the columns.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, Generics, Path, spanned::Spanned};

use super::member::Member;
use crate::common::{at_span, room};

pub(super) struct OfModel<'a> {
    orm: TokenStream,
    model: &'a Path,
    name: &'a Ident,
}

impl<'a> OfModel<'a> {
    pub(super) fn new(model: &'a Path, name: &'a Ident) -> Self {
        OfModel { orm: room("orm"), model, name }
    }

    /// The check of `value` against its column.
    pub(super) fn check(&self, member: &Member) -> TokenStream {
        // A file has no name yet that could be checked.
        if member.options.own || member.is_file_change() {
            return TokenStream::new();
        }
        let (orm, model, wire) = (&self.orm, self.model, &member.wire);
        let (function, blank) = (member.function("set"), member.options.blank);
        quote!(#orm::rt::check_column(
            <#model as #orm::Model>::meta(), #wire, Self::#function(::core::clone::Clone::clone(value)), #blank, errors);)
    }

    pub(super) fn write(&self, members: &[Member], generics: &Generics) -> syn::Result<TokenStream> {
        if !generics.params.is_empty() {
            let why = "data of a model can't be generic: its fields are the model's";
            return Err(Error::new(generics.span(), why));
        }
        let (orm, model, name) = (&self.orm, self.model, self.name);
        let columns: Vec<&Member> = members.iter().filter(|member| !member.options.own).collect();
        // One place for each field where name and type meet the model's, so that a mistake is told once.
        let setters = columns.iter().map(|member| {
            let (ident, ty, function) = (&member.ident, &member.ty, member.function("set"));
            let span = ty.span();
            let here = at_span(orm, span);
            let column = quote_spanned!(ident.span()=> __model.#ident);
            if member.is_file_change() {
                return quote_spanned!(span=>
                #[doc(hidden)]
                fn #function(__value: #ty) -> #here::expr::RawAssign {
                    let __model = #here::Table::<#model>::new();
                    #here::rt::assign_file(#column, __value.into_name())
                });
            }
            quote_spanned!(span=>
            #[doc(hidden)]
            fn #function(__value: #ty) -> #here::expr::RawAssign {
                let __model = #here::Table::<#model>::new();
                #column.set(__value).raw
            })
        });
        let plain = columns.iter().map(|member| &member.plain);
        let pushes = columns.iter().map(|member| {
            let (ident, function) = (&member.ident, member.function("set"));
            quote!(__out.push(Self::#function(self.#ident));)
        });
        Ok(quote! {
            impl #name { #(#setters)* }
            #[automatically_derived]
            impl #orm::Fill<#model> for #name {
                const GIVES: ::core::option::Option<&'static [&'static str]> =
                    ::core::option::Option::Some(&[#(#plain),*]);
                fn fill(self, __out: &mut ::std::vec::Vec<#orm::expr::RawAssign>) {
                    #(#pushes)*
                }
            }
        })
    }
}
