//! A column's description, option by option.
//!
//! `#[model]` writes calls of these: to the compiler one call costs less than a struct whose every field is written or taken
//! from another one.

use super::{Choice, Digits, FieldDefault, FieldMeta, Relation};
use crate::value::Kind;

macro_rules! flags {
    ($($(#[$doc:meta])* $flag:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub const fn $flag(mut self) -> Self {
            self.$flag = true;
            self
        }
    )*};
}

impl FieldMeta {
    /// One without any option.
    ///
    /// ```
    /// use quintet_core::{meta::FieldMeta, value::Kind};
    ///
    /// const SLUG: FieldMeta =
    ///     FieldMeta::named("slug", "short name", "", "slug").of_kind(Kind::Text, false, &[]).unique().max_length(60);
    /// assert!(SLUG.unique && SLUG.max_length == Some(60) && SLUG.verbose_name == "short name");
    /// ```
    #[must_use]
    pub const fn named(
        name: &'static str,
        verbose_name: &'static str,
        help_text: &'static str,
        column: &'static str,
    ) -> Self {
        FieldMeta { name, verbose_name, help_text, column, ..FieldMeta::BASE }
    }

    /// What its values are, whether they may be NULL, and which there are.
    #[must_use]
    pub const fn of_kind(mut self, kind: Kind, null: bool, choices: &'static [Choice]) -> Self {
        (self.kind, self.null, self.choices) = (kind, null, choices);
        self
    }

    flags! {
        /// It is the key, or a part of it.
        primary_key;
        /// The database numbers it.
        auto;
        /// No two rows share its value.
        unique;
        /// It has an index.
        index;
        /// It is never shown.
        secret;
        /// It counts the row's changes.
        version;
    }

    /// The most characters of its text.
    #[must_use]
    pub const fn max_length(mut self, most: u32) -> Self {
        self.max_length = Some(most);
        self
    }

    /// The digits of its decimals, and how many of them are behind the point.
    #[must_use]
    pub const fn digits(mut self, digits: Digits) -> Self {
        self.digits = Some(digits);
        self
    }

    /// What it is where nothing is given.
    #[must_use]
    pub const fn default(mut self, default: FieldDefault) -> Self {
        self.default = default;
        self
    }

    /// Where it leads.
    #[must_use]
    pub const fn relation(mut self, relation: Relation) -> Self {
        self.relation = relation;
        self
    }
}
