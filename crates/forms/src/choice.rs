//! What lists offer.

use quintet_core::{TemplateValue, meta::Choice};

use crate::text::plain;

/// One entry of a list: what is sent, and what people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) value: String,
    pub(crate) label: String,
    /// The group that it stands in; empty for none.
    pub(crate) group: String,
}

impl Offer {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Offer { value: value.into(), label: label.into(), group: String::new() }
    }

    pub(crate) fn of(choice: &Choice) -> Self {
        Offer::new(choice.value, choice.label)
    }

    pub(crate) fn within(self, group: &str) -> Self {
        Offer { group: group.to_owned(), ..self }
    }
}

/// An entry of a list that is made while the site runs: a value, or a value and what people read.
pub trait IntoChoice {
    /// The value as text, and the label.
    fn into_choice(self) -> (String, String);
}

impl<V: TemplateValue, L: Into<String>> IntoChoice for (V, L) {
    fn into_choice(self) -> (String, String) {
        (plain(&self.0.to_value()), self.1.into())
    }
}

impl IntoChoice for &str {
    fn into_choice(self) -> (String, String) {
        (self.to_owned(), self.to_owned())
    }
}

impl IntoChoice for String {
    fn into_choice(self) -> (String, String) {
        (self.clone(), self)
    }
}
