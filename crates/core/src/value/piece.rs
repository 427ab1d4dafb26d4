use std::borrow::Cow;

use super::{TemplateValue, Value};
use crate::error::FieldErrors;

/// A part of a page that knows the template which shows it: a form, one of its fields, the control of a field.
///
/// `{{ form.title }}` renders that template, which finds the piece under its [`name`](Self::name), beside what the request
/// brings along. A template may as well look into it (`{{ form.title.help }}`), or give it something more
/// (`{{ form.title(class="wide") }}`). As JSON it is its [`value`](Self::value).
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The template, by its name below `templates/`.
    pub template: Cow<'static, str>,
    /// The name by which that template knows it.
    pub name: &'static str,
    /// What templates find in it: a map, or a list.
    pub value: Value,
    /// What is wrong with it. A page that is given a piece with errors answers 422; to a client that reads JSON, with these.
    pub errors: FieldErrors,
}

impl TemplateValue for Piece {
    fn to_value(&self) -> Value {
        Value::Piece(std::sync::Arc::new(self.clone()))
    }
}
