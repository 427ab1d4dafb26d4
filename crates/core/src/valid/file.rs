//! Names under which files are stored: relative, and without tricks.

/// What is wrong with the name of a stored file, if anything.
///
/// A name is a relative path with `/` between folders. What would lead out of the storage's folder, or mean something else
/// on another system, is refused.
///
/// ```
/// use quintet_core::valid::file_name_problem;
/// assert_eq!(file_name_problem("posters/2026/alien.jpg"), None);
/// assert!(file_name_problem("../secret").is_some() && file_name_problem("/etc/passwd").is_some());
/// ```
#[must_use]
pub fn file_name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("needs a name");
    }
    if name.chars().any(char::is_control) {
        return Some("must hold no control characters");
    }
    if name.contains('\\') {
        return Some("must hold no backslash");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Some("must be relative to the storage's folder");
    }
    for part in name.split('/') {
        match part {
            "" => return Some("must not have an empty part between slashes"),
            "." | ".." => return Some("must not lead to another folder"),
            part if part.trim() != part || part.ends_with('.') => {
                return Some("must have no part that begins or ends with a blank, or ends with a dot");
            }
            _ => {}
        }
    }
    None
}

/// The name that an uploaded file can be stored under: its last part, with `_` for blanks, without anything but letters,
/// digits, `-`, `_` and `.`. `None` if nothing is left.
///
/// ```
/// use quintet_core::valid::clean_file_name;
/// assert_eq!(clean_file_name("C:\\fake path\\Élan (1).JPG").as_deref(), Some("Élan_1.JPG"));
/// assert_eq!(clean_file_name("../.."), None);
/// ```
#[must_use]
pub fn clean_file_name(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let kept: String = last
        .chars()
        .map(|c| if c.is_whitespace() { '_' } else { c })
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    // A name that begins with a dot is hidden, and may be a server's settings.
    let kept = kept.trim_matches('.');
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// `name` with at most `most` characters: its stem is cut, its folders and its ending stay. `None` if they alone are too
/// long.
#[must_use]
pub fn fit_file_name(name: &str, most: usize) -> Option<String> {
    let length = name.chars().count();
    if length <= most {
        return Some(name.to_owned());
    }
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let (stem, ending) = match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => file.split_at(stem.len()),
        _ => (file, ""),
    };
    let kept = stem.chars().count().checked_sub(length - most).filter(|kept| *kept > 0)?;
    let stem: String = stem.chars().take(kept).collect();
    let slash = if folder.is_empty() { "" } else { "/" };
    Some(format!("{folder}{slash}{stem}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for good in ["a", "a.jpg", "a/b/c.tar.gz", "Élan 1.jpg", "a/.hidden", "...a", "2026/é.png"] {
            assert_eq!(file_name_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "/a",
            "a//b",
            "a/",
            "..",
            "a/../b",
            "./a",
            "a\\b",
            "c:a",
            "a\0b",
            "a\nb",
            " a",
            "a/b ",
            "a./b",
            "a/b.",
            "\\\\server\\share",
        ] {
            assert!(file_name_problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn an_uploaded_name_becomes_a_plain_one() {
        for (given, clean) in [
            ("/etc/passwd", Some("passwd")),
            ("..\\..\\boot.ini", Some("boot.ini")),
            (".htaccess", Some("htaccess")),
            ("a b\tc.txt", Some("a_b_c.txt")),
            ("x<script>.svg", Some("xscript.svg")),
            ("你好.png", Some("你好.png")),
            ("a/", None),
            ("...", None),
            ("<>", None),
        ] {
            assert_eq!(clean_file_name(given).as_deref(), clean, "{given}");
            assert!(clean.is_none_or(|clean| file_name_problem(clean).is_none()));
        }
    }

    #[test]
    fn a_long_name_is_cut_in_its_stem() {
        assert_eq!(fit_file_name("a/b.txt", 7).as_deref(), Some("a/b.txt"));
        assert_eq!(fit_file_name("a/üüüüü.txt", 9).as_deref(), Some("a/üüü.txt"));
        assert_eq!(fit_file_name("longname", 4).as_deref(), Some("long"));
        assert_eq!(fit_file_name("folder/a.txt", 8), None);
    }
}
