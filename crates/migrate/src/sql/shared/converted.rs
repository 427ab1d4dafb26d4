//! A converted expression, and what no row may hold for it to be exact.

use super::Words;
use crate::state::FieldState;
use quintet_core::value::Kind;

/// The largest whole number below which every one is a double.
pub(in crate::sql) const EXACT_DOUBLE: i64 = 9_007_199_254_740_992;

/// The largest whole number below which every one is a single.
pub(in crate::sql) const EXACT_SINGLE: i64 = 16_777_216;

/// Is every number of `from` one of `to` as well?
pub(in crate::sql) fn wider(from: Kind, to: Kind) -> bool {
    matches!((from.range(), to.range()), (Some((a, b)), Some((least, most))) if a >= least && b <= most)
}

/// A converted expression.
pub(in crate::sql) struct Converted {
    pub(in crate::sql) value: String,
    /// What must be there before the conditions are asked.
    pub(in crate::sql) prepare: Option<&'static str>,
    /// Conditions on the old value that no row may meet, and what is wrong with a row that does. They are asked one after
    /// the other, so that a later one may rely on what an earlier one refuses.
    pub(in crate::sql) refused: Vec<(String, String)>,
}

impl Converted {
    pub(in crate::sql) fn to(value: impl Into<String>) -> Self {
        Converted { value: value.into(), prepare: None, refused: Vec::new() }
    }

    pub(in crate::sql) fn unless(mut self, condition: String, wrong: impl Into<String>) -> Self {
        self.refused.push((condition, wrong.into()));
        self
    }

    /// Unless the number `e` is too large for `kind`.
    pub(in crate::sql) fn within(self, e: &str, kind: Kind, name: &str) -> Self {
        let (least, most) = kind.range().unwrap_or((i64::MIN, i64::MAX));
        let wrong = format!("have a `{name}` that is out of the range of {kind}");
        self.unless(format!("({e}) NOT BETWEEN {least} AND {most}"), wrong)
    }

    /// Unless the new value is too long for the new field, or none of its choices.
    pub(in crate::sql) fn fitting(mut self, words: &Words, old: &FieldState, new: &FieldState) -> Self {
        let name = &new.name;
        let short = old.kind == Kind::Text
            && old.max_length.is_some_and(|n| new.max_length.is_some_and(|longest| n <= longest));
        if let (Kind::Text, Some(longest), false) = (new.kind, new.max_length, short) {
            let condition = format!("{}({}) > {longest}", words.length, self.value);
            self = self.unless(condition, format!("have a `{name}` of more than {longest} characters"));
        }
        let known = !old.choices.is_empty() && old.choices.iter().all(|c| new.choices.contains(c));
        if !new.choices.is_empty() && !known {
            let choices: Vec<String> = new.choices.iter().map(|c| (words.text)(c)).collect();
            let condition = format!("({}) NOT IN ({})", self.value, choices.join(", "));
            self =
                self.unless(condition, format!("have a `{name}` that is none of {}", new.choices.join(", ")));
        }
        self
    }
}
