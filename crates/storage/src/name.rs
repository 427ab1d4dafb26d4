//! Names under which files are stored.

use quintet_core::{Error, Result, valid};

/// So many names are tried before a folder counts as full of them.
const TRIES: u32 = 100;

/// Names for a new file: the wished one, then the same with a random ending of its stem, `alien_k3v9xq2.jpg`, as Django does.
#[derive(Debug, Clone)]
pub struct Names {
    wished: String,
    tried: u32,
}

impl Names {
    pub(crate) fn of(wished: &str) -> Self {
        Names { wished: wished.to_owned(), tried: 0 }
    }

    /// The error for the case that none of them was free.
    #[must_use]
    pub fn none_free(&self) -> Error {
        Error::internal(format!("no name like `{}` is free in the storage after {TRIES} tries", self.wished))
    }
}

impl Iterator for Names {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.tried += 1;
        match self.tried {
            1 => Some(self.wished.clone()),
            2..=TRIES => Some(with_ending(&self.wished, &random())),
            _ => None,
        }
    }
}

fn with_ending(name: &str, ending: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or((None, name), |(folder, file)| (Some(folder), file));
    let (stem, rest) = match file.find('.') {
        Some(point) if point > 0 => file.split_at(point),
        _ => (file, ""),
    };
    match folder {
        Some(folder) => format!("{folder}/{stem}_{ending}{rest}"),
        None => format!("{stem}_{ending}{rest}"),
    }
}

/// Seven letters and digits that nobody can guess.
fn random() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 7];
    // Without randomness the names are taken one after the other: a longer search, nothing worse.
    let _ = getrandom::fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
        .map(|byte| char::from(*byte))
        .collect()
}

/// Refuses what leads out of the storage, means something else on another system, or is hidden.
///
/// # Errors
/// With status 400 and what is wrong with the name.
#[track_caller]
pub(crate) fn checked(name: &str) -> Result {
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    match valid::file_name_problem(name) {
        Some(problem) => Err(Error::bad_request(format!("the file's name {name:?} {problem}"))),
        None if hidden => Err(Error::bad_request(format!(
            "the file's name {name:?} must have no part that begins with a dot"
        ))),
        None if name.split('/').any(|part| part.len() > 255) || name.len() > 1024 => {
            Err(Error::bad_request("the file's name is too long: 255 bytes a part, 1,024 in all"))
        }
        None => Ok(()),
    }
}

/// Is it in one of these folders, with or without a slash behind them? In capitals as well: to some file systems that is the same.
pub(crate) fn is_below(name: &str, folders: &[String]) -> bool {
    let name = name.to_lowercase();
    folders.iter().any(|folder| {
        let folder = folder.trim_end_matches('/').to_lowercase();
        name.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_an_ending() {
        assert_eq!(with_ending("a/b/c.tar.gz", "x"), "a/b/c_x.tar.gz");
        assert_eq!(with_ending("c", "x"), "c_x");
        let names: Vec<String> = Names::of("p/alien.jpg").collect();
        assert_eq!((names.len(), names[0].as_str()), (100, "p/alien.jpg"));
        assert!(
            names[1..]
                .iter()
                .all(|name| name.starts_with("p/alien_") && name.len() == "p/alien_1234567.jpg".len())
        );
        assert_ne!(names[1], names[2]);
    }

    #[test]
    fn names_stay_inside() {
        for bad in [
            "",
            "../a",
            "/a",
            "a/../b",
            "a\\b",
            "a\0",
            ".env",
            "a/.git/b",
            "c:/x",
            &"x".repeat(256),
            &"a/".repeat(600),
        ] {
            assert_eq!(checked(bad).unwrap_err().status(), 400, "{bad:?}");
        }
        for good in ["a", "a/b.jpg", "Élan 1.jpg", "你好/x", "a..b"] {
            assert!(checked(good).is_ok(), "{good}");
        }
    }
}
