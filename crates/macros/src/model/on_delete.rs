//! `#[field(on_delete = ..)]`: what happens to the rows that point to a deleted one.

use proc_macro2::Span;
use quote::format_ident;
use syn::{
    Error, Expr, Ident, Result, parenthesized,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

/// The rule, as written.
pub(super) struct OnDelete {
    name: Ident,
    /// What stands in the brackets of `set(..)`.
    pub(super) value: Option<Expr>,
}

/// The rules and their names in the metadata.
const KNOWN: [(&str, &str); 7] = [
    ("cascade", "Cascade"),
    ("protect", "Protect"),
    ("restrict", "Restrict"),
    ("set_null", "SetNull"),
    ("set_default", "SetDefault"),
    ("set", "Set"),
    ("do_nothing", "DoNothing"),
];

impl Parse for OnDelete {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        let value = if input.peek(syn::token::Paren) {
            let inner;
            parenthesized!(inner in input);
            Some(inner.parse()?)
        } else {
            None
        };
        Ok(OnDelete { name, value })
    }
}

impl OnDelete {
    fn span(&self) -> Span {
        self.name.span()
    }

    /// The variant of `OnDelete` in the metadata.
    pub(super) fn variant(&self) -> Result<Ident> {
        let name = self.name.to_string();
        match KNOWN.iter().find(|(known, _)| *known == name) {
            Some((_, variant)) => Ok(format_ident!("{variant}", span = self.span())),
            None => Err(Error::new(
                self.span(),
                format!(
                    "on_delete can't be `{name}`: it is cascade, protect, restrict, set_null, set_default, set(value) or \
                     do_nothing"
                ),
            )),
        }
    }

    /// What the field must be for this rule: a key that can be empty or not, with a default or without.
    pub(super) fn check(&self, key: Option<bool>, has_default: bool) -> Result<()> {
        let Some(optional) = key else {
            return Err(Error::new(self.span(), "on_delete is for foreign keys"));
        };
        self.variant()?;
        let wrong = match (self.name.to_string().as_str(), &self.value) {
            ("set", None) => Some((self.span(), "set needs the value: on_delete = set(1)")),
            ("set", Some(_)) => None,
            (_, Some(value)) => Some((value.span(), "only set(..) takes a value")),
            ("set_null", None) if !optional => Some((
                self.span(),
                "on_delete = set_null needs a key that can be empty: Option<ForeignKey<..>>",
            )),
            ("set_default", None) if !has_default => {
                Some((self.span(), "on_delete = set_default needs a default: #[field(default = 1)]"))
            }
            _ => None,
        };
        wrong.map_or(Ok(()), |(span, message)| Err(Error::new(span, message)))
    }
}
