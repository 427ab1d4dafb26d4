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

/// Is the pattern found in the text? One that is no regular expression finds nothing; the checks of the site's start tell
/// that.
pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    compiled(pattern).as_ref().as_ref().is_ok_and(|regex| regex.is_match(text))
}

/// What is wrong with a pattern.
pub(crate) fn problem(pattern: &'static str) -> Option<String> {
    compiled(pattern).as_ref().as_ref().err().cloned()
}
