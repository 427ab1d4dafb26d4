//! What a file may be called that somebody sent.

use quintet_core::valid::{clean_file_name, fit_file_name};
use unicode_normalization::UnicodeNormalization as _;

/// Characters of a name.
const LONGEST: usize = 100;
/// Bytes of a name: file systems take 255, and storages add an ending.
const MOST_BYTES: usize = 200;

/// Names that mean devices on Windows, whatever ending they have.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The name that a file gets of the one that was sent: its last part, in composed Unicode (NFC), of letters, digits, `-`, `_`
/// and `.`, not hidden, not a device, not too long. `ending` is the one that its content asks for, if it has another.
pub(super) fn clean(sent: &str, ending: Option<&str>) -> String {
    let composed: String = sent.nfc().collect();
    let mut name = clean_file_name(&composed).unwrap_or_default();
    if let Some(ending) = ending {
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        name = format!("{stem}.{ending}");
    }
    if name.is_empty() || name.starts_with('.') {
        name = format!("file{name}");
    }
    let first = name.split('.').next().unwrap_or_default();
    if is_device(first) {
        name.insert(0, '_');
    }
    let mut most = LONGEST;
    loop {
        let Some(fitting) = fit_file_name(&name, most) else { return "file".to_owned() };
        if fitting.len() <= MOST_BYTES {
            // A name that was cut behind a dot ends with none.
            return fitting.trim_end_matches('.').to_owned();
        }
        most -= 1;
    }
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_lowercase();
    let numbered = |kind: &str| {
        let mut rest = stem.strip_prefix(kind).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use quintet_core::valid::file_name_problem;

    use super::*;

    #[test]
    fn names_are_harmless_everywhere() {
        for (sent, name) in [
            ("poster.png", "poster.png"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\windows\\win.ini", "win.ini"),
            ("C:\\fakepath\\a b.JPG", "a_b.JPG"),
            ("/", "file"),
            ("", "file"),
            ("..", "file"),
            (".htaccess", "htaccess"),
            ("a\0.png", "a.png"),
            ("a\r\nSet-Cookie: x.png", "a__Set-Cookie_x.png"),
            ("\u{202e}gnp.exe", "gnp.exe"),
            ("e\u{301}.txt", "é.txt"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com1.tar.gz", "_com1.tar.gz"),
            ("LPT².x", "_LPT².x"),
            ("comet.txt", "comet.txt"),
            ("x.png:stream", "x.pngstream"),
            ("a.txt. . .", "a.txt._._"),
            ("<script>alert(1)</script>.svg", "script.svg"),
        ] {
            let found = clean(sent, None);
            assert_eq!(found, name, "{sent:?}");
            assert_eq!(file_name_problem(&found), None, "{sent:?}");
        }
    }

    #[test]
    fn names_are_short_and_keep_their_ending() {
        let long = clean(&format!("{}.png", "x".repeat(500)), None);
        assert!(long.ends_with("x.png") && long.chars().count() == 100);
        let wide = clean(&format!("{}.png", "你".repeat(500)), None);
        assert!(wide.ends_with("你.png") && wide.len() <= 200, "{wide}");
        assert_eq!(clean(&format!("a.{}", "x".repeat(500)), None), "file");
    }

    #[test]
    fn the_ending_is_that_of_the_content() {
        assert_eq!(clean("a.jpg", Some("webp")), "a.webp");
        assert_eq!(clean("a", Some("png")), "a.png");
        assert_eq!(clean("", Some("png")), "file.png");
    }
}
