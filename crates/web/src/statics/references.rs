//! Where a style sheet or a script names other files: `url(..)`, `@import`, source maps.

use std::ops::Range;

/// What is looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Css,
    Script,
}

impl Kind {
    /// By the name's ending; `None` if the file names no others.
    pub(super) fn of(name: &str) -> Option<Kind> {
        let (_, ending) = name.rsplit_once('.')?;
        match () {
            () if ending.eq_ignore_ascii_case("css") => Some(Kind::Css),
            () if ending.eq_ignore_ascii_case("js") || ending.eq_ignore_ascii_case("mjs") => {
                Some(Kind::Script)
            }
            () => None,
        }
    }
}

const MAP: &str = "sourceMappingURL=";

/// The places of all addresses in `text`, in order.
pub(super) fn find(kind: Kind, text: &str) -> Vec<Range<usize>> {
    match kind {
        Kind::Css => Css { text, bytes: text.as_bytes(), at: 0, found: Vec::new() }.run(),
        Kind::Script => script(text).into_iter().collect(),
    }
}

/// The last line that begins with `//# sourceMappingURL=`.
fn script(text: &str) -> Option<Range<usize>> {
    let comments = ["//# ", "//@ "].map(|start| format!("{start}{MAP}"));
    let mut end = text.len();
    for line in text.rsplit('\n') {
        let start = end - line.len();
        if let Some(comment) = comments.iter().find(|comment| line.starts_with(comment.as_str())) {
            let address = line.get(comment.len()..)?.trim_end();
            let from = start + comment.len();
            return (!address.is_empty()).then_some(from..from + address.len());
        }
        end = start.saturating_sub(1);
    }
    None
}

struct Css<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    found: Vec<Range<usize>>,
}

impl Css<'_> {
    fn run(mut self) -> Vec<Range<usize>> {
        while let Some(byte) = self.peek() {
            match byte {
                b'/' if self.starts("/*") => self.comment(),
                b'"' | b'\'' => {
                    self.string();
                }
                b'@' if self.starts("@import") => {
                    self.at += "@import".len();
                    self.blanks();
                    if matches!(self.peek(), Some(b'"' | b'\'')) {
                        let address = self.string();
                        self.found.push(address);
                    }
                }
                b'u' | b'U' if self.starts("url(") && !self.inside_a_word() => self.url(),
                _ => self.at += 1,
            }
        }
        self.found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn starts(&self, word: &str) -> bool {
        let here = self.bytes.get(self.at..self.at + word.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn inside_a_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|i| self.bytes.get(i));
        before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'\\') || *b >= 0x80)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        let from = self.at + 2;
        let rest = self.text.get(from..).unwrap_or_default();
        let length = rest.find("*/").unwrap_or(rest.len());
        self.at = (from + length + 2).min(self.bytes.len());
        let inside = rest.get(..length).unwrap_or_default();
        let Some(address) = inside.strip_prefix("# ").or_else(|| inside.strip_prefix("@ ")) else { return };
        let Some(address) = address.strip_prefix(MAP).map(str::trim_end) else { return };
        let start = from + 2 + MAP.len();
        if !address.is_empty() {
            self.found.push(start..start + address.len());
        }
    }

    /// Reads a string; gives what is between its quotes. It ends at the end of the line at the latest.
    fn string(&mut self) -> Range<usize> {
        let quote = self.peek();
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at += 1,
                b'\n' => break,
                _ if Some(byte) == quote => break,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.bytes.len());
        self.at += 1;
        start..end
    }

    fn url(&mut self) {
        self.at += "url(".len();
        self.blanks();
        if matches!(self.peek(), Some(b'"' | b'\'')) {
            let address = self.string();
            self.found.push(address);
            return;
        }
        let start = self.at;
        while self.peek().is_some_and(|b| b != b')' && !b.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.found.push(start..self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind, text: &str) -> Vec<&str> {
        find(kind, text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn addresses_in_style_sheets() {
        for (text, expected) in [
            ("a { background: url(a.png) }", vec!["a.png"]),
            ("a{background:URL( 'a b.png' ) no-repeat,url(\"c.png\")}", vec!["a b.png", "c.png"]),
            ("@import 'base.css'; @IMPORT\n\"more.css\" screen;", vec!["base.css", "more.css"]),
            ("@import url(base.css);@import url(\"x.css\") layer(a);", vec!["base.css", "x.css"]),
            ("/* url(no.png) @import 'no.css' */ a{}", vec![]),
            ("a { content: \"url(no.png)\" } b { background: url(b.png) }", vec!["b.png"]),
            ("a { content: 'it\\'s'; src: url(f.woff2#x) }", vec!["f.woff2#x"]),
            ("--my-url(no.png) my_url(no.png)", vec![]),
            ("a{}\n/*# sourceMappingURL=app.css.map */", vec!["app.css.map"]),
            ("/*# sourceMappingURL= */ /* sourceMappingURL=x */", vec![]),
            ("@import", vec![]),
            ("url(", vec![""]),
            ("url('a", vec!["a"]),
            ("/* open", vec![]),
            ("é url(ü.png) \"ö\\", vec!["ü.png"]),
        ] {
            assert_eq!(found(Kind::Css, text), expected, "{text}");
        }
    }

    #[test]
    fn source_maps_of_scripts() {
        for (text, expected) in [
            ("let a;\n//# sourceMappingURL=app.js.map\n", vec!["app.js.map"]),
            ("//@ sourceMappingURL=a.map", vec!["a.map"]),
            ("//# sourceMappingURL=old.map\nlet a;\n//# sourceMappingURL=new.map\r\n\n", vec!["new.map"]),
            ("let s = '//# sourceMappingURL=no.map'", vec![]),
            ("import './x.js'; url(x.png)", vec![]),
            ("//# sourceMappingURL=", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(Kind::Script, text), expected, "{text}");
        }
    }

    #[test]
    fn kinds_by_ending() {
        assert_eq!(Kind::of("a/b.CSS"), Some(Kind::Css));
        assert_eq!((Kind::of("a.js"), Kind::of("a.mjs")), (Some(Kind::Script), Some(Kind::Script)));
        assert_eq!((Kind::of("a.css.map"), Kind::of("css")), (None, None));
    }
}
