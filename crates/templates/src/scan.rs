//! The tags of a template, read without compiling it: what `fragment` cuts along and `check` looks through.
//!
//! Only as much of the language as both need: which tags there are, where they stand, and their tokens.

use std::{borrow::Cow, ops::Range};

/// `{{ … }}` or `{% … %}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    Expression,
    Statement,
}

/// One tag.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    pub(crate) kind: TagKind,
    /// With its delimiters.
    pub(crate) range: Range<usize>,
    pub(crate) tokens: Vec<Token<'a>>,
}

impl<'a> Tag<'a> {
    /// `block` in `{% block title %}`.
    pub(crate) fn statement(&self) -> Option<&'a str> {
        match (self.kind, self.tokens.first().map(|t| &t.is)) {
            (TagKind::Statement, Some(Is::Name(name))) => Some(name),
            _ => None,
        }
    }

    /// `title` in `{% block title %}`.
    pub(crate) fn subject(&self) -> Option<&'a str> {
        match self.tokens.get(1).map(|t| &t.is) {
            Some(Is::Name(name)) => Some(name),
            _ => None,
        }
    }
}

/// One token.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) is: Is<'a>,
    pub(crate) range: Range<usize>,
}

/// What a token is.
#[derive(Debug, PartialEq)]
pub(crate) enum Is<'a> {
    Name(&'a str),
    Text(Cow<'a, str>),
    Mark(char),
}

/// What is put into a template before it is compiled stands between two of these, white space to the language, so that
/// the column of an error can be told as it is in the file.
pub(crate) const EDGE: char = '\x0c';

/// A comment in place of `removed`, so that lines (and, where it is long enough, columns) stay.
pub(crate) fn blank(out: &mut String, removed: &str) {
    if removed.is_empty() {
        return;
    }
    let lines = removed.matches('\n').count();
    let last = removed.rsplit('\n').next().unwrap_or_default().chars().count();
    let delimiters = if lines == 0 { 4 } else { 2 };
    out.push_str("{#");
    out.push_str(&"\n".repeat(lines));
    out.push_str(&" ".repeat(last.saturating_sub(delimiters)));
    out.push_str("#}");
}

/// All tags of `source`, in order; none from comments, `{% raw %}` and the like. What is broken is left out: compiling
/// tells.
pub(crate) fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    // The statement that ends what is not read.
    let mut hidden: Option<&str> = None;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + found;
        let kind = match source.as_bytes().get(start + 1) {
            Some(b'#') if hidden.is_none() => {
                let Some(end) = source.get(start..).and_then(|rest| rest.find("#}")) else { break };
                at = start + end + 2;
                continue;
            }
            Some(b'{') if hidden.is_none() => TagKind::Expression,
            Some(b'%') => TagKind::Statement,
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some((tokens, end)) = tokens(source, start + 2, kind) else {
            at = start + 2;
            continue;
        };
        let tag = Tag { kind, range: start..end, tokens };
        match (tag.statement(), hidden) {
            (Some(found), Some(end)) if found == end => hidden = None,
            (_, Some(_)) => {
                at = start + 2;
                continue;
            }
            (Some("raw"), None) => hidden = Some("endraw"),
            (Some("verbatim"), None) => hidden = Some("endverbatim"),
            (Some("comment"), None) => hidden = Some("endcomment"),
            _ => {}
        }
        // The language knows this one itself.
        if !matches!(tag.statement(), Some("raw" | "endraw")) {
            tags.push(tag);
        }
        at = end;
    }
    tags
}

fn tokens(source: &str, start: usize, kind: TagKind) -> Option<(Vec<Token<'_>>, usize)> {
    let closing = if kind == TagKind::Expression { "}}" } else { "%}" };
    let bytes = source.as_bytes();
    let (mut found, mut at, mut depth) = (Vec::new(), start, 0usize);
    // Whitespace control right behind the opening.
    at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
    loop {
        let rest = source.get(at..)?;
        let first = rest.chars().next()?;
        let trimmed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if depth == 0 && trimmed.starts_with(closing) {
            return Some((found, source.len() - trimmed.len() + 2));
        }
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            c if c.is_alphanumeric() || c == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                found.push(Token { is: Is::Name(rest.get(..length)?), range: at..at + length });
                length
            }
            '"' | '\'' => {
                let length = text_length(rest, first)?;
                let inner = rest.get(1..length - 1)?;
                found.push(Token { is: Is::Text(unescape(inner)), range: at..at + length });
                length
            }
            c => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                found.push(Token { is: Is::Mark(c), range: at..at + c.len_utf8() });
                c.len_utf8()
            }
        };
        at += length;
    }
}

fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(i + 1),
            _ => {}
        }
    }
    None
}

fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tags(source).into_iter().map(|t| source.get(t.range).unwrap()).collect()
    }

    #[test]
    fn tags_are_found_and_nothing_else() {
        for (source, expected) in [
            ("a {{ b }} {% if c %}", vec!["{{ b }}", "{% if c %}"]),
            ("{# {{ no }} #}{{ yes }}", vec!["{{ yes }}"]),
            ("{% raw %}{{ no }}{% endraw %}{{ yes }}", vec!["{{ yes }}"]),
            (
                "{% verbatim %}{{ no }}{% endraw %}{% endverbatim %}{{ yes }}",
                vec!["{% verbatim %}", "{% endverbatim %}", "{{ yes }}"],
            ),
            ("{% comment 'it' %}{% if ' %}{% endcomment %}", vec!["{% comment 'it' %}", "{% endcomment %}"]),
            (r#"{{ "}}" }}{{ '%}' }}"#, vec![r#"{{ "}}" }}"#, "{{ '%}' }}"]),
            ("{{ {'a': {'b': 1}} }}x", vec!["{{ {'a': {'b': 1}} }}"]),
            ("{%- set x = 1 -%}{{- x +}}", vec!["{%- set x = 1 -%}", "{{- x +}}"]),
            ("{ { css { } } {{ broken", vec![]),
            ("{{ 'broken }} {% ok %}", vec!["{% ok %}"]),
        ] {
            assert_eq!(texts(source), expected, "{source}");
        }
    }

    #[test]
    fn tokens_know_what_and_where_they_are() {
        let source = r#"é{% extends "ba\"se.html" %}"#;
        let tags = tags(source);
        assert_eq!(tags[0].statement(), Some("extends"));
        assert_eq!(tags[0].tokens[1].is, Is::Text("ba\"se.html".into()));
        assert_eq!(&source[tags[0].tokens[1].range.clone()], r#""ba\"se.html""#);
    }
}
