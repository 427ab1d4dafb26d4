//! What the writers of all databases have in common: which indexes a model asks for, which questions are put to the
//! rows before a change, and where the values of a changed table come from.
//!
//! What differs is in [`Words`]: each writer has one.
mod change;
mod converted;
mod guard;
mod index;

use quintet_core::Result;
use quintet_orm::Dialect;

pub(super) use change::Rows;
pub(super) use converted::{Converted, EXACT_DOUBLE, EXACT_SINGLE, wider};
pub(super) use guard::{guard_rows, shared_in_index};
pub(super) use index::{Index, indexes};

use crate::state::FieldState;

/// How one database says what all of them can say.
pub(super) struct Words {
    pub(super) dialect: &'static Dialect,
    /// Its name for people.
    pub(super) name: &'static str,
    /// A text as a literal.
    pub(super) text: fn(&str) -> String,
    /// The text of a migration file as a field's value, as a literal.
    pub(super) literal: fn(&FieldState, &str) -> Result<String>,
    /// The aggregate that joins texts.
    pub(super) join: &'static str,
    /// The function that counts a text's characters.
    pub(super) length: &'static str,
    /// A column's value in words.
    pub(super) shown: fn(&FieldState) -> String,
    /// A row without a key in words.
    pub(super) no_key: &'static str,
    /// Can an index carry fields along?
    pub(super) include: bool,
    /// Can uniqueness be checked when a transaction commits?
    pub(super) deferrable: bool,
}

impl Words {
    /// A name as an identifier.
    pub(super) fn quoted(&self, name: &str) -> String {
        self.dialect.quoted(name)
    }

    /// Names as a list.
    pub(super) fn list(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.quoted(name)).collect::<Vec<_>>().join(", ")
    }
}

/// Is NULL refused?
pub(super) fn required(field: &FieldState) -> bool {
    !field.null || field.primary_key || field.auto
}
