//! The options of a field that say what its values must keep to, and what forms do with it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Error, Expr, Ident, LitBool, LitInt, LitStr, Result, Type, meta::ParseNestedMeta, spanned::Spanned,
};

use crate::common::last_name;

/// These options, as written.
#[derive(Default)]
pub(super) struct Rules {
    min: Option<Expr>,
    max: Option<Expr>,
    step: Option<Expr>,
    min_length: Option<LitInt>,
    regex: Option<LitStr>,
    messages: Vec<(Ident, LitStr)>,
    /// `email`, …, and the variant of `Format`.
    format: Option<(Ident, &'static str)>,
    blank: bool,
    editable: Option<LitBool>,
    pub(super) on_save: Option<Expr>,
    upload_to: Option<LitStr>,
    help_text: Option<LitStr>,
}

/// The field that rules are written for.
pub(super) struct Described<'a> {
    pub(super) ty: &'a Type,
    /// The type without `Option`.
    pub(super) base: &'a Type,
    /// Is it a column of values, as opposed to a relation?
    pub(super) plain: bool,
    /// Is its length given?
    pub(super) max_length: bool,
    /// Does the database compute it?
    pub(super) generated: bool,
}

/// The names of these options.
pub(super) const KNOWN: &str = "min, max, step, min_length, regex, email, url, slug, unicode_slug, error, blank, editable, \
                                on_save, upload_to, help_text";

/// The rules that a message can be given for.
pub(crate) const CODES: [&str; 14] = [
    "invalid",
    "required",
    "unique",
    "range",
    "max_length",
    "min_length",
    "min",
    "max",
    "step",
    "regex",
    "format",
    "choice",
    "digits",
    "unknown",
];

/// Words for what a text means, and the variants of `Format`.
pub(crate) const FORMATS: [(&str, &str); 4] =
    [("email", "Email"), ("url", "Url"), ("slug", "Slug"), ("unicode_slug", "UnicodeSlug")];

/// The types of columns that have no format of their own, so that nothing needs to be asked of them.
const PLAIN: [&str; 18] = [
    "bool",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "f32",
    "f64",
    "String",
    "Decimal",
    "Date",
    "Time",
    "Timestamp",
    "SignedDuration",
    "JsonValue",
    "Uuid",
];

impl Rules {
    /// Reads the option, if it is one of these.
    pub(super) fn read(&mut self, name: &str, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        match name {
            "min" => self.min = Some(meta.value()?.parse()?),
            "max" => self.max = Some(meta.value()?.parse()?),
            "step" => self.step = Some(meta.value()?.parse()?),
            "min_length" => self.min_length = Some(meta.value()?.parse()?),
            "regex" => self.regex = Some(meta.value()?.parse()?),
            "blank" => self.blank = true,
            "editable" => self.editable = Some(meta.value()?.parse()?),
            "on_save" => self.on_save = Some(meta.value()?.parse()?),
            "upload_to" => self.upload_to = Some(meta.value()?.parse()?),
            "help_text" => self.help_text = Some(meta.value()?.parse()?),
            "error" => meta.parse_nested_meta(|inner| self.message(&inner))?,
            _ => {
                let (Some((_, variant)), Some(ident)) =
                    (FORMATS.iter().find(|(known, _)| *known == name), meta.path.get_ident())
                else {
                    return Ok(false);
                };
                if let Some((first, _)) = &self.format {
                    return Err(meta.error(format!("the text is `{first}` already: it has one format")));
                }
                self.format = Some((ident.clone(), variant));
            }
        }
        Ok(true)
    }

    fn message(&mut self, inner: &ParseNestedMeta<'_>) -> Result<()> {
        let code = inner.path.require_ident()?.clone();
        if !CODES.contains(&code.to_string().as_str()) {
            let known = CODES.join(", ");
            return Err(inner.error(format!("there is no rule `{code}`; there are {known}")));
        }
        self.messages.push((code, inner.value()?.parse()?));
        Ok(())
    }

    /// What does not fit the field.
    pub(super) fn check(&self, base: &Type, column: bool, plain: bool) -> Result<()> {
        let of = last_name(base).unwrap_or_default();
        let text = plain && (of == "String" || (of != "Vec" && !PLAIN.contains(&of.as_str())));
        let file = matches!(of.as_str(), "StoredFile" | "StoredImage");
        let at =
            |span: Option<Span>, message: &str| span.map_or(Ok(()), |span| Err(Error::new(span, message)));
        if !text {
            at(self.regex.as_ref().map(Spanned::span), "regex is for text")?;
            at(
                self.min_length.as_ref().map(Spanned::span),
                "min_length is for text; for a number say min = …",
            )?;
            at(
                self.format.as_ref().map(|(ident, _)| ident.span()),
                "this is a format of text: use it on a String",
            )?;
        }
        if !plain {
            for bound in [&self.min, &self.max, &self.step] {
                at(bound.as_ref().map(Spanned::span), "bounds are for columns of values, not for relations")?;
            }
        }
        if !column {
            at(self.on_save.as_ref().map(Spanned::span), "on_save is for columns")?;
        }
        if !file {
            at(self.upload_to.as_ref().map(Spanned::span), "upload_to is for a StoredFile or a StoredImage")?;
        }
        if let Some(folder) = &self.upload_to {
            check_folder(folder)?;
        }
        Ok(())
    }

    /// Is it computed by the program?
    pub(super) fn is_made(&self) -> bool {
        self.on_save.is_some()
    }

    /// Is any of them given?
    pub(super) fn are_given(&self) -> bool {
        self.min.is_some()
            || self.max.is_some()
            || self.step.is_some()
            || self.min_length.is_some()
            || self.regex.is_some()
            || self.format.is_some()
            || self.on_save.is_some()
            || self.editable.is_some()
            || self.upload_to.is_some()
            || self.blank
            || !self.messages.is_empty()
    }

    /// The doc comment, unless there is a text of its own.
    pub(super) fn help(&self, doc: &str) -> String {
        self.help_text.as_ref().map_or_else(|| doc.to_owned(), LitStr::value)
    }

    /// Is an index the usual thing for it?
    pub(super) fn wants_index(&self) -> bool {
        matches!(self.format, Some((_, "Slug" | "UnicodeSlug")))
    }

    /// The fields of the metadata.
    pub(super) fn write(&self, orm: &TokenStream, of: Described<'_>) -> Vec<TokenStream> {
        let Described { ty, base, plain, max_length, generated } = of;
        let meta = quote!(#orm::rt::core::meta);
        let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
        let mut all = Vec::new();
        if let Some((ident, variant)) = &self.format {
            let variant = Ident::new(variant, ident.span());
            all.push(quote!(format: #meta::Format::#variant));
            if !max_length {
                all.push(quote!(max_length: #meta::Format::#variant.max_length()));
            }
        } else if plain
            && last_name(base).is_some_and(|name| !PLAIN.contains(&name.as_str()) && name != "Vec")
        {
            all.push(quote!(format: <#ty as #orm::rt::FieldType>::FORMAT));
            if !max_length {
                all.push(quote!(max_length: <#ty as #orm::rt::FieldType>::FORMAT.max_length()));
            }
        }
        if self.blank {
            all.push(quote!(blank: true));
        }
        let editable = self.editable.as_ref().map_or(self.on_save.is_none() && !generated, LitBool::value);
        if !editable {
            all.push(quote!(editable: false));
        }
        if let Some(make) = &self.on_save {
            let make = maker(orm, ty, make);
            all.push(quote!(on_save: ::core::option::Option::Some(#make)));
        }
        if let Some(folder) = &self.upload_to {
            all.push(quote!(upload_to: #folder));
        }
        let mut rules = Vec::new();
        let one = quote!(<#ty as #orm::rt::FieldType>::Base);
        for (name, bound) in [(quote!(min), &self.min), (quote!(max), &self.max), (quote!(step), &self.step)]
        {
            if let Some(bound) = bound {
                let make = some(maker(orm, &one, bound));
                rules.push(quote!(#name: #make));
            }
        }
        if let Some(least) = &self.min_length {
            let least = some(quote!(#least));
            rules.push(quote!(min_length: #least));
        }
        if let Some(pattern) = &self.regex {
            let pattern = some(quote!(#pattern));
            rules.push(quote!(regex: #pattern));
        }
        if !self.messages.is_empty() {
            let pairs = self.messages.iter().map(|(code, message)| {
                let code = code.to_string();
                quote!((#code, #message))
            });
            rules.push(quote!(messages: &[#(#pairs),*]));
        }
        if !rules.is_empty() {
            all.push(quote!(rules: #meta::Rules { #(#rules,)* ..#meta::Rules::NONE }));
        }
        all
    }
}

/// A value as written, or called where it is the name of a function (`Uuid::now_v7`): what begins with a capital letter is a
/// constant or a variant.
pub(super) fn called(value: &Expr) -> TokenStream {
    let begins = |name: String| name.trim_start_matches("r#").starts_with(char::is_lowercase);
    match value {
        Expr::Path(path) if path.path.segments.last().is_some_and(|last| begins(last.ident.to_string())) => {
            quote!(#value())
        }
        _ => quote!(#value),
    }
}

/// A function that makes a value of a column's type.
fn maker(orm: &TokenStream, ty: &impl quote::ToTokens, value: &Expr) -> TokenStream {
    let given = called(value);
    let made = quote_spanned!(value.span()=> #orm::rt::default_value::<#ty, _>(#given));
    quote!(|| #made)
}

fn check_folder(folder: &LitStr) -> Result<()> {
    let text = folder.value();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '%' && !matches!(rest.next(), Some('Y' | 'm' | 'd' | 'H' | 'M' | 'S')) {
            return Err(Error::new(folder.span(), "a folder knows %Y, %m, %d, %H, %M and %S"));
        }
    }
    let outside = text.starts_with('/')
        || text.contains('\\')
        || text.contains(':')
        || text.split('/').any(|part| part == ".." || part == ".");
    if outside {
        return Err(Error::new(folder.span(), "a folder inside the storage, such as \"posters/%Y\""));
    }
    Ok(())
}
