//! One field: its description, its rules, its value for templates.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprLit, Field, Lit, Type, spanned::Spanned};

use super::{
    attributes::{Container, Serde, rename_field},
    here,
    options::Options,
};
use crate::common;

/// Types whose values have no rules inside, by name: nothing is written to look for any.
const LEAVES: [&str; 15] = [
    "bool", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64", "Date",
    "Decimal",
];

/// Where a field stands.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Struct,
    Variant,
}

pub(super) struct Member {
    pub(super) ident: Ident,
    /// The name without `r#`, as templates know it.
    pub(super) plain: String,
    /// The default as code of the field's type.
    pub(super) default: Option<TokenStream>,
    /// The name in JSON and query strings.
    wire: String,
    ty: Type,
    options: Options,
    serde: Serde,
    help: String,
    has_default: bool,
}

impl Member {
    /// Reads a named field and takes our attributes off it.
    pub(super) fn read(field: &mut Field, container: &Container) -> syn::Result<Self> {
        let options = Options::take(&mut field.attrs)?;
        let serde = Serde::read(&field.attrs)?;
        let Some(ident) = field.ident.clone() else { return Err(here("data has named fields")) };
        let plain = ident.to_string().trim_start_matches("r#").to_owned();
        let wire =
            serde.rename.clone().unwrap_or_else(|| rename_field(&plain, container.rename_all.as_deref()));
        let default = options.default.as_ref().map(|value| typed(value, &field.ty));
        Ok(Member {
            has_default: default.is_some() || serde.default || container.default,
            help: options.help.clone().unwrap_or_else(|| common::doc(&field.attrs)),
            ty: field.ty.clone(),
            ident,
            plain,
            default,
            wire,
            options,
            serde,
        })
    }

    /// Does it come in under its name?
    pub(super) fn is_read(&self) -> bool {
        !self.serde.skips_reading && !self.serde.flattened
    }

    /// Does it go out?
    pub(super) fn is_shown(&self) -> bool {
        !self.serde.skips_writing
    }

    /// The element of `FIELDS`.
    pub(super) fn description(&self, web: &TokenStream) -> TokenStream {
        let (name, help, has_default, ty) = (&self.wire, &self.help, self.has_default, &self.ty);
        let label = self.options.label.clone().unwrap_or_else(|| label(&self.plain));
        let length = |value: &Option<Expr>| match value {
            Some(n) => quote!(::core::option::Option::Some(#n)),
            None => quote!(::core::option::Option::None),
        };
        let (min_length, max_length) = (length(&self.options.min_length), length(&self.options.max_length));
        let limit = |word: &str, value: &Option<Expr>| match value {
            Some(_) => {
                let function = self.limit_function(word);
                quote!(::core::option::Option::Some(|| #web::rt::core::TemplateValue::to_value(&Self::#function())))
            }
            None => quote!(::core::option::Option::None),
        };
        let (min, max) = (limit("min", &self.options.min), limit("max", &self.options.max));
        let shape = if self.serde.own_reading {
            quote!(#web::DataShape::opaque)
        } else {
            // It may be left out, also where nothing is known of the type inside.
            let optional = common::generic(ty, "Option").map(|_| quote!(.optional()));
            quote!(|| {
                #[allow(unused_imports)]
                use #web::rt::{Known as _, Readable as _, Unknown as _};
                (&&#web::rt::Probe::<#ty>::NEW).shape() #optional
            })
        };
        quote! {
            #web::DataField {
                name: #name, label: #label, help: #help, has_default: #has_default,
                min_length: #min_length, max_length: #max_length, min: #min, max: #max, shape: #shape,
            }
        }
    }

    /// For a field of a struct: functions that give its bounds, for its description and its rules.
    pub(super) fn limits(&self, web: &TokenStream) -> Vec<TokenStream> {
        let ty = peeled(&self.ty);
        let bounds = [("min", &self.options.min), ("max", &self.options.max)];
        let given = bounds.into_iter().filter_map(|(word, bound)| Some((word, bound.as_ref()?)));
        given
            .map(|(word, bound)| {
                let (function, bound) = (self.limit_function(word), limit(bound, ty, web));
                quote!(#[doc(hidden)] fn #function() -> #ty { #bound })
            })
            .collect()
    }

    fn limit_function(&self, word: &str) -> Ident {
        format_ident!("__{word}_{}", self.plain)
    }

    /// The checks of a value; `value` is a reference to it.
    pub(super) fn rules(&self, web: &TokenStream, value: &TokenStream, place: Place) -> TokenStream {
        let (name, inner) = (&self.wire, peeled(&self.ty));
        let given = if common::generic(&self.ty, "Option").is_some() {
            quote!(::core::option::Option::as_ref(#value))
        } else {
            quote!(::core::option::Option::Some(#value))
        };
        let mut code = TokenStream::new();
        for (rule, length) in
            [("min_length", &self.options.min_length), ("max_length", &self.options.max_length)]
        {
            if let Some(length) = length {
                let rule = Ident::new(rule, self.ty.span());
                let (web, given) =
                    (common::at_span(web, self.ty.span()), common::at_span(&given, self.ty.span()));
                code.extend(
                    quote_spanned!(self.ty.span()=> #web::rt::rules::#rule(errors, #name, #given, #length);),
                );
            }
        }
        for (rule, bound) in [("min", &self.options.min), ("max", &self.options.max)] {
            if let Some(bound) = bound {
                let bound = match place {
                    Place::Struct => {
                        let function = self.limit_function(rule);
                        quote!(Self::#function())
                    }
                    Place::Variant => limit(bound, inner, web),
                };
                let rule = Ident::new(rule, self.ty.span());
                code.extend(quote!(#web::rt::rules::#rule::<#inner>(errors, #name, #given, #bound);));
            }
        }
        if !self.serde.own_reading && !is_leaf(inner) {
            let ty = &self.ty;
            code.extend(quote!((&&#web::rt::Probe::<#ty>::NEW).check(#value, #name, errors);));
        }
        code
    }

    /// The entry of the map that templates see; `value` is a reference to the value.
    pub(super) fn entry(&self, web: &TokenStream, value: &TokenStream) -> TokenStream {
        let name = &self.plain;
        let (web, value) = (common::at_span(web, self.ty.span()), common::at_span(value, self.ty.span()));
        quote_spanned!(self.ty.span()=>
            (::std::borrow::Cow::Borrowed(#name), #web::rt::core::TemplateValue::to_value(#value)))
    }
}

/// `first_name` is `First name`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.trim().chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// The type inside of `Option<_>`.
fn peeled(ty: &Type) -> &Type {
    common::generic(ty, "Option").unwrap_or(ty)
}

fn is_leaf(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|name| LEAVES.iter().any(|leaf| name == leaf)))
}

/// A default as the field's type: text becomes a `String`, `5` becomes `Some(5)` where the field is optional.
fn typed(value: &Expr, ty: &Type) -> TokenStream {
    let Some(inner) = common::generic(ty, "Option") else { return owned(value) };
    let text = quote!(#value).to_string();
    if text == "None" || text.starts_with("Some") {
        return quote!(#value);
    }
    let value = typed(value, inner);
    quote!(::core::option::Option::Some(#value))
}

fn owned(value: &Expr) -> TokenStream {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => quote!(::core::convert::From::from(#value)),
        _ => quote!(#value),
    }
}

/// A bound as the field's type: decimals are written as numbers.
fn limit(value: &Expr, ty: &Type, web: &TokenStream) -> TokenStream {
    let decimal =
        matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Decimal"));
    let bare = match value {
        Expr::Unary(unary) => &*unary.expr,
        other => other,
    };
    match bare {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) if decimal => {
            quote!(#web::rt::core::value::Decimal::from(#value))
        }
        _ => quote!(#value),
    }
}
