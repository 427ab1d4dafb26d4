//! Regular expressions of fields, compiled once.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use regex::Regex;

type Compiled = Arc<Result<Regex, String>>;

/// By the pattern's text, which is the program's own: there are as many as fields that have one.
static ALL: OnceLock<RwLock<HashMap<&'static str, Compiled>>> = OnceLock::new();

fn compiled(pattern: &'static str) -> Compiled {
    let all = ALL.get_or_init(RwLock::default);
    if let Some(found) = all.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return Arc::clone(found);
    }
    let made = Arc::new(Regex::new(pattern).map_err(|error| error.to_string()));
    all.write().unwrap_or_else(PoisonError::into_inner).insert(pattern, Arc::clone(&made));
    made
}

/// Is the regular expression found in the text? One that is none finds nothing ([`pattern_problem`] tells).
///
/// Patterns are the program's own and compiled once; matching takes a time that grows with the text and no faster.
///
/// ```
/// use quintet_core::valid::{fits_pattern, pattern_problem};
/// assert!(fits_pattern("^[A-Z]{2}$", "DE") && !fits_pattern("^[A-Z]{2}$", "Germany"));
/// assert!(pattern_problem("^[A-Z{2}$").is_some());
/// ```
#[must_use]
pub fn fits_pattern(pattern: &'static str, text: &str) -> bool {
    compiled(pattern).as_ref().as_ref().is_ok_and(|regex| regex.is_match(text))
}

/// What is wrong with a pattern, if it is no regular expression.
#[must_use]
pub fn pattern_problem(pattern: &'static str) -> Option<String> {
    compiled(pattern).as_ref().as_ref().err().cloned()
}
