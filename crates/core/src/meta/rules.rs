use std::fmt;

use crate::value::Value;

/// A value of the field's type, made when it is asked for.
pub type MakeValue = fn() -> Value;

/// What a field asks of its values beyond its type and size. Checked by the program, told to forms and documents.
#[derive(Clone, Copy)]
pub struct Rules {
    /// The least value.
    pub min: Option<MakeValue>,
    /// The greatest value.
    pub max: Option<MakeValue>,
    /// Whole steps from `min`, or from 0.
    pub step: Option<MakeValue>,
    /// Fewest characters.
    pub min_length: Option<u32>,
    /// A regular expression that is found somewhere in the text: `^…$` for the whole.
    pub regex: Option<&'static str>,
    /// Messages instead of the usual ones, by code: `("unique", "this name is taken")`.
    pub messages: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// No rule.
    pub const NONE: Rules =
        Rules { min: None, max: None, step: None, min_length: None, regex: None, messages: &[] };

    /// The message for this code, where the field has its own.
    #[must_use]
    pub fn message(&self, code: &str) -> Option<&'static str> {
        self.messages.iter().find(|(known, _)| *known == code).map(|(_, message)| *message)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |make: Option<MakeValue>| make.map(|make| make());
        f.debug_struct("Rules")
            .field("min", &value(self.min))
            .field("max", &value(self.max))
            .field("step", &value(self.step))
            .field("min_length", &self.min_length)
            .field("regex", &self.regex)
            .field("messages", &self.messages)
            .finish()
    }
}
