//! Which names a package can have.

use quintet_core::{Error, Result};

/// Words of the language, and crates that every program knows.
const TAKEN: [&str; 62] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "quintet",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "build",
    "deps",
    "examples",
    "incremental",
    "doc",
];

/// Files that Windows can't have.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// # Errors
/// With the reason, if `name` can't be a package and a crate.
pub(super) fn check(name: &str) -> Result {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return Err(wrong(
            name,
            "a package's name",
            "it starts with a small letter; small letters, digits, `-` and `_` follow",
        ));
    }
    check_word(name, "a package's name")
}

/// # Errors
/// With the reason, if `label` can't be an app and a module.
pub(super) fn check_label(label: &str) -> Result {
    const WHAT: &str = "an app's label";
    if label.contains('-') && check(label).is_ok() {
        let better = label.replace('-', "_");
        return Err(wrong(
            label,
            WHAT,
            &format!("it is a module, too, and those have no hyphens: `{better}`"),
        ));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !label.starts_with(|c: char| c.is_ascii_lowercase()) || !label.chars().all(plain) {
        let why = "it starts with a small letter; small letters, digits and `_` follow";
        return Err(wrong(label, WHAT, why));
    }
    check_word(label, WHAT)
}

fn wrong(name: &str, what: &str, why: &str) -> Error {
    Error::bad_request(format!("`{name}` can't be {what}: {why}"))
}

fn check_word(name: &str, what: &str) -> Result {
    let wrong = |why: &str| Err(wrong(name, what, why));
    if name.ends_with(['-', '_']) || name.contains("--") || name.contains("__") {
        return wrong("a hyphen or underscore stands between two letters or digits");
    }
    // In the tables of a database the name is a prefix; PostgreSQL cuts names at 63 bytes.
    if name.len() > 30 {
        return wrong("it has more than 30 characters");
    }
    if TAKEN.contains(&name.replace('-', "_").as_str()) {
        return wrong("Rust or Cargo needs the word");
    }
    if DEVICES.contains(&name) {
        return wrong("Windows needs the word");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_work_are_taken() {
        for name in ["shop", "film-club", "a1", "my_site", "matches"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_would_not_work_are_refused_with_the_reason() {
        for (name, why) in [
            ("", "small letter"),
            ("1up", "small letter"),
            ("Shop", "small letter"),
            ("../x", "small letter"),
            ("a b", "small letter"),
            ("shop-", "between"),
            ("a--b", "between"),
            ("match", "Rust"),
            ("proc-macro", "Rust"),
            ("quintet", "Rust"),
            ("nul", "Windows"),
            ("a-name-that-goes-on-and-on-and-on", "30"),
        ] {
            let error = check(name).unwrap_err();
            assert!(error.status() == 400 && error.to_string().contains(why), "{name}: {error}");
        }
    }
}
