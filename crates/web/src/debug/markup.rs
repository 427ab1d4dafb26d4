use std::cell::RefCell;

use quintet_core::{hidden::cover_all, html::write_escaped};

thread_local! {
    /// What the page that this thread writes must not show.
    static HIDDEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes a page on which none of these values stands as text.
pub(super) fn hiding<T>(values: &[String], write: impl FnOnce() -> T) -> T {
    let before = HIDDEN.replace(values.to_vec());
    let out = write();
    HIDDEN.set(before);
    out
}

/// HTML under way. Literals of this program go in as they are; all else goes in as text.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup.
    pub(super) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        // Writing to a String can't fail.
        let _ = HIDDEN.with_borrow(|hidden| write_escaped(&mut self.0, &cover_all(text, hidden)));
        self
    }

    /// Text, escaped; what stands between backticks is set as code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let parts: Vec<&str> = text.split('`').collect();
        // A lone backtick is just a backtick.
        let pairs = (parts.len() - 1) / 2 * 2;
        for (i, part) in parts.iter().enumerate() {
            self.raw(match i {
                0 => "",
                i if i > pairs => "`",
                i if i % 2 == 1 => "<code>",
                _ => "</code>",
            })
            .text(part);
        }
        self
    }

    pub(super) fn append(&mut self, other: &Html) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_sets_code_and_escapes_everything() {
        for (text, html) in [
            ("", ""),
            ("no code", "no code"),
            ("`a`", "<code>a</code>"),
            ("x `a` y `<b>` z", "x <code>a</code> y <code>&lt;b&gt;</code> z"),
            ("a ` b", "a ` b"),
            ("`a` b `", "<code>a</code> b `"),
            ("`<script>`</code>", "<code>&lt;script&gt;</code>&lt;/code&gt;"),
        ] {
            let mut out = Html::default();
            out.prose(text);
            assert_eq!(out.finish(), html, "{text}");
        }
    }
}
