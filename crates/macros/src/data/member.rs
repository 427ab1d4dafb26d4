//! One field: its description, its rules, its value for templates.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Expr, ExprLit, Field, Lit, LitInt, Type, spanned::Spanned};

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
    /// The name in JSON, query strings and forms.
    pub(super) wire: String,
    pub(super) ty: Type,
    pub(super) options: Options,
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
        check_text_rules(&options, peeled(&field.ty))?;
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

    /// Is it what becomes of a file that is kept?
    pub(super) fn is_file_change(&self) -> bool {
        common::last_name(&self.ty).is_some_and(|name| name == "FileChange")
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
        let label = self.options.label.clone().unwrap_or_else(|| common::label(&self.plain));
        let length = |value: &Option<Expr>| match value {
            Some(n) => quote!(::core::option::Option::Some(#n)),
            None => quote!(::core::option::Option::None),
        };
        let (min_length, max_length) = (length(&self.options.min_length), length(&self.options.max_length));
        let limit = |word: &str, value: &Option<Expr>| match value {
            Some(_) => {
                let function = self.function(word);
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
                use #web::rt::{Chosen as _, Known as _, Readable as _, Unknown as _};
                (&&&#web::rt::Probe::<#ty>::NEW).shape() #optional
            })
        };
        let judge = if self.serde.own_reading {
            quote!(|_, _| {})
        } else {
            let function = self.function("rules");
            quote!(|given, errors| {
                if let ::core::result::Result::Ok(value) = given.read::<#ty>() {
                    Self::#function(&value, errors);
                }
            })
        };
        let (ident, options) = (&self.plain, self.more(web));
        quote! {
            #web::DataField {
                name: #name, ident: #ident, label: #label, help: #help, has_default: #has_default,
                min_length: #min_length, max_length: #max_length, min: #min, max: #max, shape: #shape,
                options: #options, judge: #judge,
            }
        }
    }

    /// What is said of the field beyond its bounds.
    fn more(&self, web: &TokenStream) -> TokenStream {
        let options = &self.options;
        let mut more = TokenStream::new();
        let some = |value: &dyn quote::ToTokens| quote!(::core::option::Option::Some(#value));
        if let Some(widget) = &options.widget {
            let widget = some(widget);
            more.extend(quote!(widget: #widget,));
        }
        if options.disabled {
            more.extend(quote!(disabled: true,));
        }
        if let Some(text) = &options.placeholder {
            let text = some(text);
            more.extend(quote!(placeholder: #text,));
        }
        if let Some(text) = &options.autocomplete {
            let text = some(text);
            more.extend(quote!(autocomplete: #text,));
        }
        for (word, digits) in
            [("max_digits", &options.max_digits), ("decimal_places", &options.decimal_places)]
        {
            if let Some(digits) = digits {
                let (word, digits) = (format_ident!("{word}"), some(digits));
                more.extend(quote!(#word: #digits,));
            }
        }
        if let Some(pattern) = &options.regex {
            let pattern = some(pattern);
            more.extend(quote!(regex: #pattern,));
        }
        if options.step.is_some() {
            let function = self.function("step");
            more.extend(quote!(step: ::core::option::Option::Some(
                || #web::rt::core::TemplateValue::to_value(&Self::#function())),));
        }
        if options.choices.is_some() {
            let choices = self.choices(web);
            more.extend(quote!(choices: #choices,));
        }
        if !options.groups.is_empty() {
            let groups = options.groups.iter().map(|(name, count)| quote!((#name, #count)));
            more.extend(quote!(groups: &[#(#groups),*],));
        }
        if let Some((_, variant)) = &options.format {
            let variant = Ident::new(variant, proc_macro2::Span::call_site());
            more.extend(quote!(format: #web::rt::core::meta::Format::#variant,));
        }
        if options.required.is_some() || options.blank {
            let required = options.required.is_some();
            more.extend(quote!(required: ::core::option::Option::Some(#required),));
        }
        if options.label.is_some() {
            more.extend(quote!(labelled: true,));
        }
        if let Some(trim) = &options.trim {
            more.extend(quote!(trim: #trim,));
        }
        let initial = match (&options.initial, &self.default) {
            (Some(_), _) => Some(self.function("initial")),
            (None, Some(_)) => Some(self.function("default")),
            (None, None) => None,
        };
        if let Some(function) = initial {
            more.extend(quote!(initial: ::core::option::Option::Some(
                || #web::rt::core::TemplateValue::to_value(&Self::#function())),));
        }
        if !options.messages.is_empty() {
            let messages = self.messages();
            more.extend(quote!(messages: #messages,));
        }
        if options.own {
            more.extend(quote!(own: true,));
        }
        if let Some((_, most)) = &options.max_size {
            let most = some(most);
            more.extend(quote!(max_size: #most,));
        }
        if let Some(list) = &options.accept {
            let list = some(list);
            more.extend(quote!(accept: #list,));
        }
        if let Some((_, most)) = &options.max_pixels {
            let most = some(most);
            more.extend(quote!(max_pixels: #most,));
        }
        if more.is_empty() {
            quote!(#web::FieldOptions::NONE)
        } else {
            quote!(#web::FieldOptions { #more ..#web::FieldOptions::NONE })
        }
    }

    fn choices(&self, web: &TokenStream) -> TokenStream {
        let choices = self
            .options
            .choices
            .iter()
            .flatten()
            .map(|(value, label)| quote!(#web::rt::core::meta::Choice { value: #value, label: #label }));
        quote!(&[#(#choices),*])
    }

    fn messages(&self) -> TokenStream {
        let messages = self.options.messages.iter().map(|(code, message)| quote!((#code, #message)));
        quote!(&[#(#messages),*])
    }

    /// The checks of a value as a function of the type; `extra` are further ones, of `value`.
    pub(super) fn rules_function(&self, web: &TokenStream, extra: &TokenStream) -> TokenStream {
        let (function, ty) = (self.function("rules"), &self.ty);
        let rules = self.rules(web, &quote!(value), Place::Struct);
        let (before, reword) = if self.options.messages.is_empty() {
            (TokenStream::new(), TokenStream::new())
        } else {
            let messages = self.messages();
            (quote!(let before = errors.len();), quote!(errors.reword(before, #messages);))
        };
        quote! {
            #[doc(hidden)]
            #[allow(unused_imports, unused_variables, clippy::needless_borrow, clippy::ptr_arg)]
            fn #function(value: &#ty, errors: &mut #web::rt::core::FieldErrors) {
                use #web::rt::{Chosen as _, Known as _, Readable as _, Unknown as _};
                #before
                #rules
                #extra
                #reword
            }
        }
    }

    /// The call of that function.
    pub(super) fn rules_call(&self) -> TokenStream {
        let (function, ident) = (self.function("rules"), &self.ident);
        quote!(Self::#function(&self.#ident, errors);)
    }

    /// For a field of a struct: functions that give its bounds, for its description and its rules.
    pub(super) fn limits(&self, web: &TokenStream) -> Vec<TokenStream> {
        let ty = peeled(&self.ty);
        let bounds = [("min", &self.options.min), ("max", &self.options.max), ("step", &self.options.step)];
        let given = bounds.into_iter().filter_map(|(word, bound)| Some((word, bound.as_ref()?)));
        let bounds = given.map(|(word, bound)| {
            let (function, bound) = (self.function(word), limit(bound, ty, web));
            quote!(#[doc(hidden)] fn #function() -> #ty { #bound })
        });
        let initial = self.options.initial.iter().map(|value| {
            let (function, ty, value) = (self.function("initial"), &self.ty, typed(value, &self.ty));
            quote!(#[doc(hidden)] fn #function() -> #ty { #value })
        });
        bounds.chain(initial).collect()
    }

    /// The name of a function about this field.
    pub(super) fn function(&self, word: &str) -> Ident {
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
                        let function = self.function(rule);
                        quote!(Self::#function())
                    }
                    Place::Variant => limit(bound, inner, web),
                };
                let rule = Ident::new(rule, self.ty.span());
                code.extend(quote!(#web::rt::rules::#rule::<#inner>(errors, #name, #given, #bound);));
            }
        }
        code.extend(self.more_rules(web, value, &given, place));
        if !self.serde.own_reading && !is_leaf(inner) {
            let ty = &self.ty;
            code.extend(quote!((&&&#web::rt::Probe::<#ty>::NEW).check(#value, #name, errors);));
        }
        code
    }

    /// The rules that not every type has.
    fn more_rules(
        &self,
        web: &TokenStream,
        value: &TokenStream,
        given: &TokenStream,
        place: Place,
    ) -> TokenStream {
        let (name, inner, options) = (&self.wire, peeled(&self.ty), &self.options);
        let mut code = TokenStream::new();
        if let Some(span) = options.required {
            let web = common::at_span(web, span);
            let value = common::at_span(value, span);
            code.extend(quote_spanned!(span=> #web::rt::rules::required(errors, #name, #value);));
        }
        if options.max_digits.is_some() || options.decimal_places.is_some() {
            let option = |digits: &Option<LitInt>| match digits {
                Some(digits) => quote!(::core::option::Option::Some(#digits)),
                None => quote!(::core::option::Option::None),
            };
            let (most, places) = (option(&options.max_digits), option(&options.decimal_places));
            let span = self.ty.span();
            let (web, given) = (common::at_span(web, span), common::at_span(given, span));
            code.extend(
                quote_spanned!(span=> #web::rt::rules::digits(errors, #name, #given, #most, #places);),
            );
        }
        if let Some(pattern) = &options.regex {
            code.extend(quote!(#web::rt::rules::regex(errors, #name, #given, #pattern);));
        }
        if let Some((_, variant)) = &options.format {
            let variant = Ident::new(variant, proc_macro2::Span::call_site());
            code.extend(quote!(#web::rt::rules::format(
                errors, #name, #given, #web::rt::core::meta::Format::#variant);));
        }
        if options.choices.is_some() {
            let choices = self.choices(web);
            code.extend(quote!(#web::rt::rules::choices(errors, #name, #given, #choices);));
        }
        if let Some(list) = &options.accept {
            let (web, given) = (common::at_span(web, self.ty.span()), common::at_span(given, self.ty.span()));
            code.extend(
                quote_spanned!(self.ty.span()=> #web::rt::rules::accept(errors, #name, #given, #list);),
            );
        }
        let files = [("max_size", &options.max_size), ("max_pixels", &options.max_pixels)];
        for (rule, (_, most)) in files.into_iter().filter_map(|(rule, most)| Some((rule, most.as_ref()?))) {
            let rule = Ident::new(rule, self.ty.span());
            let (web, given) = (common::at_span(web, self.ty.span()), common::at_span(given, self.ty.span()));
            code.extend(
                quote_spanned!(self.ty.span()=> #web::rt::rules::#rule(errors, #name, #given, #most);),
            );
        }
        if let Some(step) = &options.step {
            let (step, start) = match place {
                Place::Struct => {
                    let (step, min) = (self.function("step"), self.function("min"));
                    (quote!(Self::#step()), options.min.as_ref().map(|_| quote!(Self::#min())))
                }
                Place::Variant => {
                    (limit(step, inner, web), options.min.as_ref().map(|min| limit(min, inner, web)))
                }
            };
            let start = match start {
                Some(start) => quote!(::core::option::Option::Some(#start)),
                None => quote!(::core::option::Option::None),
            };
            code.extend(quote!(#web::rt::rules::step::<#inner>(errors, #name, #given, #step, #start);));
        }
        for path in &options.validate {
            let span = path.span();
            let web = common::at_span(web, span);
            let given = common::at_span(given, span);
            code.extend(quote_spanned!(span=>
                #web::rt::rules::validate(errors, #name, #given.map(|value| #path(value)));));
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

/// Refuses rules of texts for what is surely no text, and widgets that don't fit.
fn check_text_rules(options: &Options, base: &Type) -> syn::Result<()> {
    let of = common::last_name(base).unwrap_or_default();
    if let Some(step) = options.step.as_ref().filter(|_| of == "String" || of == "bool") {
        return Err(Error::new_spanned(step, "`step` is for numbers"));
    }
    if LEAVES.contains(&of.as_str()) {
        let word = options.format.as_ref().map(|(word, _)| (word.span(), word.to_string()));
        let regex = options.regex.as_ref().map(|pattern| (pattern.span(), "regex".to_owned()));
        if let Some((span, word)) = word.or(regex) {
            return Err(Error::new(span, format!("`{word}` is for text")));
        }
    }
    Ok(())
}

/// The type inside of `Option<_>`.
pub(super) fn peeled(ty: &Type) -> &Type {
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
