//! `#[derive(Choices)]`: an enum's variants become the allowed values of a column.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, spanned::Spanned};

use crate::common::{label, room};

struct Choice {
    ident: syn::Ident,
    value: String,
    label: String,
}

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Enum(data) = &item.data else {
        return Err(Error::new(item.ident.span(), "Choices is for enums"));
    };
    if !item.generics.params.is_empty() {
        return Err(Error::new(item.generics.span(), "an enum of choices can't be generic"));
    }
    let mut choices: Vec<Choice> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(
                variant.fields.span(),
                "a choice has no fields: a column stores only its name",
            ));
        }
        let choice = choice(variant)?;
        if choices.iter().any(|other| other.value == choice.value) {
            let message =
                format!("two choices are stored as `{}`: give one #[choice(value = \"…\")]", choice.value);
            return Err(Error::new(variant.ident.span(), message));
        }
        choices.push(choice);
    }
    if choices.is_empty() {
        return Err(Error::new(item.ident.span(), "an enum of choices needs a variant"));
    }
    Ok(write(&item.ident, &choices))
}

/// A variant, `#[choice(value = "…", label = "…")]`.
fn choice(variant: &syn::Variant) -> Result<Choice> {
    let name = syn::ext::IdentExt::unraw(&variant.ident).to_string();
    let value = crate::model::snake_case(&name);
    let mut choice = Choice { ident: variant.ident.clone(), label: label(&value), value };
    for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("choice")) {
        attribute.parse_nested_meta(|meta| {
            let target = if meta.path.is_ident("value") {
                &mut choice.value
            } else if meta.path.is_ident("label") {
                &mut choice.label
            } else {
                return Err(meta.error("a choice has the options value and label"));
            };
            *target = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
    }
    Ok(choice)
}

fn write(name: &syn::Ident, choices: &[Choice]) -> TokenStream {
    let orm = room("orm");
    let core = quote!(#orm::rt::core);
    let idents: Vec<_> = choices.iter().map(|choice| &choice.ident).collect();
    let values: Vec<_> = choices.iter().map(|choice| &choice.value).collect();
    let labels: Vec<_> = choices.iter().map(|choice| &choice.label).collect();
    let text = name.to_string();
    let value = quote!(#core::Value::Text(::std::string::String::from(#name::value(&self))));
    quote! {
        #[automatically_derived]
        impl #name {
            /// All choices, in declared order.
            pub const ALL: &'static [#name] = &[#(#name::#idents),*];

            /// What the database stores.
            #[must_use]
            pub const fn value(&self) -> &'static str {
                match self { #(#name::#idents => #values),* }
            }

            /// What people read.
            #[must_use]
            pub const fn label(&self) -> &'static str {
                match self { #(#name::#idents => #labels),* }
            }

            /// The choice that is stored as `value`.
            #[must_use]
            pub fn from_value(value: &str) -> ::core::option::Option<Self> {
                match value {
                    #(#values => ::core::option::Option::Some(#name::#idents),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
        #[automatically_derived]
        impl #orm::rt::FieldType for #name {
            type Base = #name;
            type Like<__U: #orm::rt::FieldType<Base = __U>> = __U;
            const KIND: #core::value::Kind = #core::value::Kind::Text;
            const CHOICES: &'static [#core::meta::Choice] =
                &[#(#core::meta::Choice { value: #values, label: #labels }),*];
            fn decode(
                __value: #core::value::ValueRef<'_>,
                _: &mut #orm::decode::DecodeCx,
            ) -> #core::Result<Self> {
                #orm::rt::decode_choice(__value, #text, #name::from_value)
            }
            fn encode(&self) -> #core::Value {
                #value
            }
        }
        #[automatically_derived]
        impl #orm::rt::Enumerated for #name {}
        #[automatically_derived]
        impl #core::meta::Chooses for #name {
            const CHOICES: &'static [#core::meta::Choice] = <#name as #orm::rt::FieldType>::CHOICES;
        }
        #[automatically_derived]
        impl #core::TemplateValue for #name {
            fn to_value(&self) -> #core::Value {
                #value
            }
        }
        #[automatically_derived]
        impl #orm::rt::serde::Serialize for #name {
            fn serialize<__S: #orm::rt::serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                __serializer.serialize_str(self.value())
            }
        }
        #[automatically_derived]
        impl<'de> #orm::rt::serde::Deserialize<'de> for #name {
            fn deserialize<__D: #orm::rt::serde::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #orm::rt::deserialize_choice(__deserializer, &[#(#values),*], #name::from_value)
            }
        }
    }
}
