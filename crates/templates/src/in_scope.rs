//! What the names held where a rendering failed: for the debug page, with secrets masked. Values are in no log and in no error's text.

use std::error::Error as StdError;

use quintet_core::{
    Error,
    debug::{MASK, is_secret},
};

/// Names and values at the line of the error, if the template language failed.
pub(crate) fn of(error: &Error) -> Vec<(String, String)> {
    let Some(error) = error.downcast_ref::<minijinja::Error>() else { return Vec::new() };
    let sources = std::iter::successors(Some(error), |error| StdError::source(*error)?.downcast_ref());
    // The innermost knows the names of the line at fault.
    let found =
        sources.map(|error| shown(&error.display_debug_info().to_string())).filter(|rows| !rows.is_empty());
    found.last().unwrap_or_default()
}

/// The list at the end of what the language tells of an error: a name, a colon and a value, over several lines where it is long.
fn shown(told: &str) -> Vec<(String, String)> {
    let Some((_, list)) = told.split_once("Referenced variables: {\n") else { return Vec::new() };
    let mut rows: Vec<(String, String)> = Vec::new();
    // How far in the value stands that is left out.
    let mut hidden: Option<usize> = None;
    for line in list.lines().take_while(|line| *line != "}") {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some(of) = hidden {
            if indent == of {
                hidden = None;
            }
            continue;
        }
        let masked = match entry(text) {
            Some((name, value)) if is_secret(name) => {
                if value.ends_with(['{', '[', '(']) {
                    hidden = Some(indent);
                }
                let start = text.len() - value.len();
                format!("{}{MASK},", text.get(..start).unwrap_or_default())
            }
            _ => text.to_owned(),
        };
        match (indent, rows.last_mut()) {
            (4, _) if entry(&masked).is_some() => {
                if let Some((name, value)) = entry(&masked) {
                    rows.push((name.to_owned(), value.to_owned()));
                }
            }
            (_, Some((_, value))) => {
                value.push(' ');
                value.push_str(&masked);
            }
            (_, None) => {}
        }
    }
    for (_, value) in &mut rows {
        *value = value.trim_end_matches(',').to_owned();
    }
    // What the language puts in itself is nobody's.
    rows.retain(|(name, _)| !name.starts_with("__") && name != "loop");
    rows
}

/// `'title': 'Alien',` as name and value.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, value) = match line.strip_prefix(['\'', '"']) {
        Some(rest) => rest.split_once("': ").or_else(|| rest.split_once("\": "))?,
        None => line.split_once(": ")?,
    };
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_however_deep_they_lie() {
        let told = "~~~\nReferenced variables: {\n    api_token: 'hunter2',\n    film: {\n        'title': 'password: x',\n        \
                    'secret_notes': {\n            'a': 'hunter2',\n        },\n        'n': 1,\n    },\n    keys: [\n        \
                    'hunter2',\n    ],\n    n: 5,\n}\n----";
        assert_eq!(
            shown(told),
            [
                ("api_token".to_owned(), MASK.to_owned()),
                ("film".to_owned(), format!("{{ 'title': 'password: x', 'secret_notes': {MASK}, 'n': 1, }}")),
                ("keys".to_owned(), MASK.to_owned()),
                ("n".to_owned(), "5".to_owned()),
            ]
        );
        assert!(shown("nothing").is_empty());
    }
}
