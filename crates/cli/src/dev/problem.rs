//! What is wrong with the site that is worked on.

use serde_json::json;

use crate::style::Style;

/// Longer texts are cut: the first error is the one that counts.
const LONGEST: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    title: String,
    /// As a terminal shows it, with colours.
    text: String,
    /// Has the terminal had it already?
    shown: bool,
}

impl Problem {
    pub(super) fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().find(|(i, _)| *i >= LONGEST) {
            text.truncate(end);
            text.push_str("\n…");
        }
        Problem { title: title.into(), text, shown: false }
    }

    /// The text went to the terminal as it came.
    pub(super) fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Without colours.
    pub(super) fn plain(&self) -> String {
        plain(&self.text)
    }

    pub(super) fn for_terminal(&self) -> String {
        let title = format!("  {} {}", Style::stderr().red("✗"), self.title);
        if self.shown { title } else { format!("{}\n{title}", self.text.trim_end()) }
    }

    /// In one line.
    pub(super) fn json(&self) -> String {
        json!({ "title": self.title, "text": self.plain() }).to_string()
    }
}

/// A text without what makes it coloured in a terminal.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            out.push(letter);
            continue;
        }
        // CSI: `[`, numbers, and the letter that ends it. Others have one letter.
        if letters.next() == Some('[') {
            let _ = letters.by_ref().find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(plain("\u{1b}[1;31merror\u{1b}[0m: é\u{1b}[38;5;9m!\u{1b}[m"), "error: é!");
        assert_eq!(plain("\u{1b}[1"), "");
        let problem = Problem::new("It does not compile", "\u{1b}[1merror\u{1b}[0m\n  \"x\"");
        assert_eq!(problem.json(), r#"{"text":"error\n  \"x\"","title":"It does not compile"}"#);
        assert!(!problem.json().contains('\n'));
    }

    #[test]
    fn long_texts_are_cut_at_a_letter() {
        let problem = Problem::new("x", "é".repeat(LONGEST));
        assert!(problem.plain().len() < LONGEST + 10 && problem.plain().ends_with("é\n…"));
    }
}
