//! The user's own derives and serde attributes, as far as `#[data]` must know them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path, Token, punctuated::Punctuated};

/// What stands at the type.
#[derive(Default)]
pub(super) struct Container {
    derived: Vec<String>,
    /// `crate = ".."` is given.
    own_crate: bool,
    /// `tag`, `untagged` or `content`: the user decides how variants are told apart.
    pub(super) own_tagging: bool,
    /// The name of the tag, if there is one.
    pub(super) tag: Option<String>,
    pub(super) rename_all: Option<String>,
    /// `#[serde(default)]` at the type: no field must be given.
    pub(super) default: bool,
}

/// What stands at a field or variant.
#[derive(Default)]
pub(super) struct Serde {
    pub(super) rename: Option<String>,
    pub(super) default: bool,
    pub(super) skips_reading: bool,
    pub(super) skips_writing: bool,
    /// Its own fields stand in its place.
    pub(super) flattened: bool,
    /// Reading goes another way than by the field's type.
    pub(super) own_reading: bool,
}

impl Container {
    pub(super) fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut container = Container::default();
        for attribute in attributes {
            if attribute.path().is_ident("derive") {
                let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
                container
                    .derived
                    .extend(paths.iter().filter_map(|p| Some(p.segments.last()?.ident.to_string())));
            }
        }
        for (key, value) in words(attributes)? {
            match key.as_str() {
                "crate" => container.own_crate = true,
                "tag" => (container.own_tagging, container.tag) = (true, value),
                "untagged" | "content" => container.own_tagging = true,
                "rename_all" => container.rename_all = value,
                "default" => container.default = true,
                _ => {}
            }
        }
        Ok(container)
    }

    /// The derives that are missing, and serde's settings; `extra` are more of those.
    pub(super) fn derives(&self, web: &TokenStream, extra: &TokenStream) -> TokenStream {
        let ours = [
            ("Debug", quote!(::core::fmt::Debug)),
            ("Clone", quote!(::core::clone::Clone)),
            ("Serialize", quote!(#web::rt::serde::Serialize)),
            ("Deserialize", quote!(#web::rt::serde::Deserialize)),
        ];
        let missing =
            ours.iter().filter(|(name, _)| !self.derived.iter().any(|d| d == name)).map(|(_, path)| path);
        let path = quote!(#web::rt::serde).to_string().replace(' ', "");
        let krate = (!self.own_crate).then(|| quote!(#[serde(crate = #path)]));
        quote!(#[derive(#(#missing),*)] #krate #extra)
    }
}

impl Container {
    /// Is it a shape too?
    pub(super) fn is_shape(&self) -> bool {
        self.derived.iter().any(|derived| derived == "Shape")
    }
}

impl Serde {
    pub(super) fn read(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut serde = Serde::default();
        for (key, value) in words(attributes)? {
            match key.as_str() {
                "rename" => serde.rename = value,
                "default" => serde.default = true,
                "skip" => (serde.skips_reading, serde.skips_writing) = (true, true),
                "skip_deserializing" => serde.skips_reading = true,
                "skip_serializing" => serde.skips_writing = true,
                "flatten" => serde.flattened = true,
                "with" | "deserialize_with" => serde.own_reading = true,
                _ => {}
            }
        }
        Ok(serde)
    }
}

/// Keys and texts of `#[serde(..)]`; of `rename(serialize = "a", deserialize = "b")` what is read.
fn words(attributes: &[Attribute]) -> syn::Result<Vec<(String, Option<String>)>> {
    let mut words = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        for meta in attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)? {
            let key = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
            let value = match &meta {
                Meta::Path(_) => None,
                Meta::NameValue(pair) => text(&pair.value),
                Meta::List(list) => list
                    .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?
                    .iter()
                    .find(|m| m.path().is_ident("deserialize"))
                    .and_then(|m| m.require_name_value().ok().and_then(|pair| text(&pair.value))),
            };
            words.push((key, value));
        }
    }
    Ok(words)
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// A field's name by a rule of serde's `rename_all`; the field's own names are in snake case.
pub(super) fn rename_field(name: &str, rule: Option<&str>) -> String {
    let pascal = || name.split('_').map(capital).collect::<String>();
    match rule {
        Some("lowercase" | "snake_case") | None => name.to_owned(),
        Some("UPPERCASE" | "SCREAMING_SNAKE_CASE") => name.to_uppercase(),
        Some("PascalCase") => pascal(),
        Some("camelCase") => uncapital(&pascal()),
        Some("kebab-case") => name.replace('_', "-"),
        Some("SCREAMING-KEBAB-CASE") => name.to_uppercase().replace('_', "-"),
        // serde itself refuses any other rule, at the user's attribute.
        Some(_) => name.to_owned(),
    }
}

/// A variant's name by such a rule; variants' own names are in Pascal case.
pub(super) fn rename_variant(name: &str, rule: Option<&str>) -> String {
    let snake = || {
        let mut snake = String::new();
        for (i, c) in name.chars().enumerate() {
            if c.is_uppercase() && i > 0 {
                snake.push('_');
            }
            snake.extend(c.to_lowercase());
        }
        snake
    };
    match rule {
        Some("lowercase") => name.to_lowercase(),
        Some("UPPERCASE") => name.to_uppercase(),
        Some("camelCase") => uncapital(name),
        Some("snake_case") => snake(),
        Some("SCREAMING_SNAKE_CASE") => snake().to_uppercase(),
        Some("kebab-case") => snake().replace('_', "-"),
        Some("SCREAMING-KEBAB-CASE") => snake().to_uppercase().replace('_', "-"),
        _ => name.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn uncapital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_serdes() {
        assert_eq!(rename_field("first_name", Some("camelCase")), "firstName");
        assert_eq!(rename_field("first_name", Some("kebab-case")), "first-name");
        assert_eq!(rename_field("first_name", None), "first_name");
        assert_eq!(rename_variant("NewReview", Some("snake_case")), "new_review");
        assert_eq!(rename_variant("NewReview", Some("camelCase")), "newReview");
        assert_eq!(rename_variant("NewReview", None), "NewReview");
    }
}
