//! What a response says is wrong with the fields that it was sent.

use quintet_core::Value;

use crate::TestResponse;

impl TestResponse {
    /// The response refuses this field with a message that contains `message`. `""` as a field means the form as a whole.
    ///
    /// The messages are read where the site has them: in the forms that the page's template was given, or in its `errors`, a map
    /// of fields to their messages; else in the error that was answered (422).
    #[track_caller]
    pub fn field_error(self, field: &str, message: &str) -> Self {
        let found = self.field_errors(field);
        let holds = found.iter().any(|text| text.contains(message));
        self.check(holds, format_args!("the field {field:?} to be refused with {message:?}, not {found:?}"));
        self
    }

    /// The response has nothing against this field.
    #[track_caller]
    pub fn no_field_error(self, field: &str) -> Self {
        let found = self.field_errors(field);
        self.check(found.is_empty(), format_args!("nothing against the field {field:?}, not {found:?}"));
        self
    }

    /// The messages about one field: see [`field_error`](Self::field_error).
    #[must_use]
    pub fn field_errors(&self, field: &str) -> Vec<String> {
        let values = self.page.iter().flat_map(|page| page.values());
        let pieces = values.filter_map(|(_, value)| match value {
            Value::Piece(piece) => Some(piece),
            _ => None,
        });
        let told: Vec<String> = pieces.flat_map(|piece| piece.errors.of(field)).map(str::to_owned).collect();
        if !told.is_empty() {
            return told;
        }
        let shown = self.value("form").and_then(|form| form.get("errors")).or_else(|| self.value("errors"));
        if let Some(errors) = shown {
            let mut out = Vec::new();
            errors.get(field).into_iter().for_each(|value| messages(value, &mut out));
            return out;
        }
        let errors = self.error.as_ref().and_then(|error| error.field_errors());
        errors.map(|errors| errors.of(field).map(str::to_owned).collect()).unwrap_or_default()
    }
}

/// A text, a list of them, or maps that have it as their `message`.
fn messages(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Text(text) => out.push(text.clone()),
        Value::List(list) => list.iter().for_each(|value| messages(value, out)),
        Value::Map(_) => value.get("message").into_iter().for_each(|value| messages(value, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_in_every_form_that_a_template_may_have_them() {
        let text = |text: &str| Value::Text(text.to_owned());
        let coded = Value::Map(vec![("code".into(), text("required")), ("message".into(), text("c"))]);
        let mut out = Vec::new();
        messages(&Value::List(vec![text("a"), coded, Value::Null]), &mut out);
        messages(&text("b"), &mut out);
        assert_eq!(out, ["a", "c", "b"]);
    }
}
