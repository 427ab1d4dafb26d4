//! Names that are made once and kept: of routes.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The text for as long as the program runs. A site that is put together again, as each test does, gets the same.
pub(crate) fn kept(text: &str) -> &'static str {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.get(text) {
        Some(known) => known,
        None => {
            let new: &'static str = Box::leak(text.to_owned().into_boxed_str());
            kept.insert(new);
            new
        }
    }
}

/// `FilmClub` is `film_club`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = letter.is_lowercase() || letter.is_ascii_digit();
        out.extend(letter.to_lowercase());
    }
    out
}

/// The names of the parameters of a path.
pub(crate) fn parameters(path: &str) -> Vec<&'static str> {
    let parts = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    parts.map(|name| kept(name.trim_start_matches('*'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let (first, again) = (kept("a name of a test"), kept(&String::from("a name of a test")));
        assert!(std::ptr::eq(first, again));
    }

    #[test]
    fn a_path_has_parameters() {
        assert_eq!(parameters("/studios/{studio}/films/{*rest}"), ["studio", "rest"]);
        assert!(parameters("/films").is_empty());
    }

    #[test]
    fn names_of_types_become_names_of_routes() {
        for (name, expected) in
            [("Film", "film"), ("FilmClub", "film_club"), ("URL", "url"), ("Top10Film", "top10_film")]
        {
            assert_eq!(snake(name), expected);
        }
    }
}
