use std::{borrow::Cow, fmt};

/// One message about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as declared; empty for the whole object.
    pub field: Cow<'static, str>,
    /// What is wrong and how to mend it, for the person who typed it.
    pub message: String,
    /// Which rule it breaks, for programs: `required`, `max_length`, `unique`, …; `invalid` where nothing says more.
    pub code: Cow<'static, str>,
}

/// Validation messages, in the order in which the fields were checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No message yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message about `field`; an empty name means the whole object.
    pub fn push(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.push_coded(field, "invalid", message);
    }

    /// Adds a message about `field`, with the code of the rule that it breaks.
    pub fn push_coded(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) {
        self.0.push(FieldError { field: field.into(), message: message.into(), code: code.into() });
    }

    /// The codes of what is wrong with one field.
    pub fn codes<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |e| e.field == field).map(|e| &*e.code)
    }

    /// Adds those of another check.
    pub fn extend(&mut self, more: FieldErrors) {
        self.0.extend(more.0);
    }

    /// Says the messages from the `first` on in other words, those whose code has some: `[("required", "who are you?")]`.
    pub fn reword(&mut self, first: usize, messages: &[(&'static str, &'static str)]) {
        for error in self.0.iter_mut().skip(first) {
            if let Some((_, message)) = messages.iter().find(|(code, _)| *code == error.code) {
                (*message).clone_into(&mut error.message);
            }
        }
    }

    /// Leaves out what is not to be kept.
    pub fn retain(&mut self, keep: impl FnMut(&FieldError) -> bool) {
        self.0.retain(keep);
    }

    /// Is everything in order?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All messages.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// The messages about one field.
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |e| e.field == field).map(|e| e.message.as_str())
    }

    /// `Err` with status 422 if there is any message.
    ///
    /// # Errors
    /// An [`Error`](super::Error) of kind `Invalid`.
    #[track_caller]
    pub fn into_result(self) -> super::Result {
        if self.is_empty() { Ok(()) } else { Err(super::Error::invalid(self)) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, e) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            if !e.field.is_empty() {
                write!(f, "{}: ", e.field)?;
            }
            f.write_str(&e.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_by_field_and_read_in_order() {
        let mut errors = FieldErrors::new();
        errors.push("title", "at most 5 characters");
        errors.push("", "dates overlap");
        errors.push_coded("title", "unique", "must be unique");
        assert_eq!(errors.codes("title").collect::<Vec<_>>(), ["invalid", "unique"]);
        assert_eq!(errors.of("title").collect::<Vec<_>>(), ["at most 5 characters", "must be unique"]);
        assert_eq!(errors.to_string(), "title: at most 5 characters; dates overlap; title: must be unique");
        assert_eq!(errors.into_result().unwrap_err().status(), 422);
    }
}
