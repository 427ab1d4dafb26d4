//! Rust's source as words, texts and marks: as much of it as finding attributes takes. Comments are gone, doc comments among
//! them, and what stands in a string is a string.

/// What stands in a line of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is<'a> {
    /// A word: `fn`, `home`, `r#type` without its `r#`.
    Word(&'a str),
    /// A string, as it is written between its quotes.
    Text(&'a str),
    /// Any other character that means something.
    Mark(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) is: Is<'a>,
    /// From 1.
    pub(super) line: u32,
}

/// The tokens of a source file. What is no Rust gives what it gives; it never fails.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { rest: source, line: 1, out: Vec::new() };
    while lexer.step() {}
    lexer.out
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    out: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.take(comment(self.rest));
        } else if let Some((quote, hashes)) = raw_string(self.rest) {
            self.raw(quote, hashes);
        } else if let Some(quote) = string(self.rest) {
            self.text(quote);
        } else if first == '\'' {
            self.quoted();
        } else if first.is_alphanumeric() || first == '_' {
            self.word();
        } else {
            self.push(Is::Mark(first));
            self.take(first.len_utf8());
        }
        true
    }

    fn push(&mut self, is: Is<'a>) {
        self.out.push(Token { is, line: self.line });
    }

    /// Goes on behind these bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let rest = self.rest;
        let (taken, rest) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
        self.line += u32::try_from(taken.matches('\n').count()).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn word(&mut self) {
        if self.rest.starts_with("r#") {
            self.take(2);
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default();
        self.push(Is::Word(word));
        self.take(end);
    }

    /// `"…"`, whose quote stands at this byte.
    fn text(&mut self, quote: usize) {
        let body = self.rest.get(quote + 1..).unwrap_or_default();
        let mut escaped = false;
        let end = body.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap_or(body.len());
        self.push(Is::Text(body.get(..end).unwrap_or_default()));
        self.take(quote + 1 + end + 1);
    }

    /// `r#"…"#`, whose quote stands at this byte.
    fn raw(&mut self, quote: usize, hashes: usize) {
        let body = self.rest.get(quote + 1..).unwrap_or_default();
        let end = body.find(&format!("\"{}", "#".repeat(hashes))).unwrap_or(body.len());
        self.push(Is::Text(body.get(..end).unwrap_or_default()));
        self.take(quote + 1 + end + 1 + hashes);
    }

    /// `'x'`, `'\n'`, or the lifetime `'a`.
    fn quoted(&mut self) {
        let body = self.rest.get(1..).unwrap_or_default();
        let mut chars = body.chars();
        let bytes = match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) => {
                let behind = 1 + escaped.len_utf8();
                let end = body.get(behind..).and_then(|rest| rest.find('\''));
                end.map_or(behind, |end| behind + end + 1)
            }
            (Some(one), Some('\'')) => one.len_utf8() + 1,
            // A lifetime: its name is a word of no interest.
            _ => body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len()),
        };
        self.take(1 + bytes);
    }
}

/// The length of a comment, with those inside it.
fn comment(source: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(rest) = source.get(at..) {
        let Some(found) = rest.find(['/', '*']) else { break };
        at += found;
        let here = source.get(at..).unwrap_or_default();
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    source.len()
}

/// Where the quote of a raw string that begins here stands, and its hashes.
fn raw_string(source: &str) -> Option<(usize, usize)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        source.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let behind = source.get(prefix.len()..)?;
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    Some((prefix.len() + hashes, hashes))
}

/// Where the quote of a string that begins here stands.
fn string(source: &str) -> Option<usize> {
    ["\"", "b\"", "c\""].into_iter().find(|start| source.starts_with(start)).map(|start| start.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        let one = |token: Token<'_>| match token.is {
            Is::Word(word) => word.to_owned(),
            Is::Text(text) => format!("<{text}>"),
            Is::Mark(mark) => mark.to_string(),
        };
        tokens(source).into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_texts_and_lifetimes_are_told_apart() {
        for (source, expected) in [
            ("a // \"b\nc /* d /* e */ \"f */ g", "a c g"),
            ("/// #[get(\"/\")]\nfn x", "fn x"),
            (r#"get("/\"x\\")"#, r#"get ( </\"x\\> )"#),
            ("r#\"a\"b\"# b\"c\" br\"d\" r#type", "<a\"b> <c> <d> type"),
            ("'\"' 'a '\\'' '\\u{1F600}' 'é' b'x' &'static str", "b & str"),
            ("é = 1.5e3_u8;", "é = 1 . 5e3_u8 ;"),
            ("\"never ended", "<never ended>"),
            ("/* never ended", ""),
        ] {
            assert_eq!(shown(source), expected, "{source}");
        }
    }

    #[test]
    fn lines_are_counted_in_all_of_them() {
        let source = "/* 1\n2 */ \"3\n4\" r\"5\n6\" x";
        let lines: Vec<u32> = tokens(source).iter().map(|t| t.line).collect();
        assert_eq!(lines, [2, 3, 4]);
    }
}
