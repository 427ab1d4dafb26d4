//! The table of a many-to-many: made by migrations, or a model of the site's own.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Error, Result, Type, spanned::Spanned};

use super::{Model, field::Field};

/// What the field says about the table between beyond its columns, with a comma behind each.
pub(super) fn write(model: &Model, field: &Field, to: &Type, to_itself: bool) -> Result<TokenStream> {
    let (orm, name, options) = (&model.orm, &model.item.ident, &field.options);
    let meta = quote!(#orm::rt::core::meta);
    let mut out = TokenStream::new();
    if let Some(at) = options.symmetrical {
        if !to_itself {
            let message = format!("symmetrical is for a relation of {name} to itself: ManyToMany<{name}>");
            return Err(Error::new(at, message));
        }
        out.extend(quote!(symmetrical: true,));
    }
    let Some(between) = &options.through else {
        if model.key.len() > 1 {
            return Err(Error::new(
                field.ty.span(),
                format!(
                    "the table between needs a foreign key to {name}, whose primary key has several columns: give {name} \
                     an `id`, and say unique_together for those columns"
                ),
            ));
        }
        return Ok(out);
    };
    let (from, far) = match &options.through_fields {
        Some((from, far)) => {
            let index = |key: &syn::Ident, side: &dyn ToTokens| {
                let constant = format_ident!("foreign_key_{key}", span = key.span());
                let index =
                    quote_spanned!(key.span()=> #orm::rt::leads_by_key::<#side>(&<#between>::#constant));
                quote!(::core::option::Option::Some(#index))
            };
            (index(from, name), index(far, to))
        }
        None if to_itself => {
            let message = "a relation of a model to itself has two foreign keys to it in the model between: say \
                           which is which with through_fields = (from, to)";
            return Err(Error::new(between.span(), message));
        }
        None => (quote!(::core::option::Option::None), quote!(::core::option::Option::None)),
    };
    let target = quote_spanned!(between.span()=> <#between as #orm::Model>::meta);
    out.extend(quote! {
        model: ::core::option::Option::Some(#meta::ThroughModel {
            model: #meta::ModelRef::Type(#target),
            from: #from,
            to: #far,
        }),
    });
    Ok(out)
}
