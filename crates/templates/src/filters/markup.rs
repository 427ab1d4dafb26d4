//! Filters that read HTML: Django's `striptags`, `truncatechars_html`, `truncatewords_html`.
//!
//! Only as much is read as they need: where tags begin and end. None of this makes hostile HTML safe.

use minijinja::{Environment, Error, value::Value};
use unicode_normalization::UnicodeNormalization;

use super::{
    pass,
    python::{self, count, escape_text, is_space, keep},
    references::unescape,
    text_of, wrong,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("striptags", striptags);
    env.add_filter("truncatechars_html", |value: &Value, length: Value| {
        truncate(value, &length, "truncatechars_html", |text, length| {
            Cutter::new(Unit::Letters { length }).read(&text.nfc().collect::<String>())
        })
    });
    env.add_filter("truncatewords_html", |value: &Value, length: Value| {
        truncate(value, &length, "truncatewords_html", |text, length| {
            Cutter::new(Unit::Words { length }).read(text)
        })
    });
}

/// A piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    /// The tag as it stands, and its name.
    Open(&'a str, &'a str),
    Close(&'a str),
    /// A comment, a declaration.
    Other,
}

/// What the text begins with, and the rest.
fn piece(text: &str) -> (Piece<'_>, &str) {
    let at = match text.find('<') {
        Some(0) => return tag(text).unwrap_or_else(|| until_next(text)),
        Some(at) => at,
        None => text.len(),
    };
    let (before, rest) = text.split_at(at);
    (Piece::Text(before), rest)
}

/// A `<` that begins no tag is text.
fn until_next(text: &str) -> (Piece<'_>, &str) {
    let next = text.get(1..).and_then(|rest| rest.find('<')).map_or(text.len(), |at| at + 1);
    let (before, rest) = text.split_at(next);
    (Piece::Text(before), rest)
}

fn tag(text: &str) -> Option<(Piece<'_>, &str)> {
    let inner = text.get(1..)?;
    let cut = |at: usize| text.get(at..).unwrap_or_default();
    if inner.starts_with("!--") {
        let end = text.get(4..)?.find("-->")? + 7;
        return Some((Piece::Other, cut(end)));
    }
    if inner.starts_with(['!', '?']) {
        return Some((Piece::Other, cut(text.find('>')? + 1)));
    }
    if let Some(closing) = inner.strip_prefix('/') {
        let end = text.find('>')?;
        if !closing.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some((Piece::Other, cut(end + 1)));
        }
        return Some((Piece::Close(name(closing)), cut(end + 1)));
    }
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = tag_end(text)?;
    Some((Piece::Open(text.get(..end)?, name(inner)), cut(end)))
}

fn name(inner: &str) -> &str {
    let end = inner.find(|c: char| is_space(c) || matches!(c, '/' | '>')).unwrap_or(inner.len());
    inner.get(..end).unwrap_or_default()
}

/// Behind the `>` that closes the tag: one in a quoted value does not.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && before == '=' => quote = Some(c),
            None if c == '>' => return Some(at + 1),
            None => {}
        }
        if !is_space(c) {
            before = c;
        }
    }
    // A quote that stays open: the first sign that could close the tag does.
    text.find('>').map(|at| at + 1)
}

/// Without what looks like tags. For reading, not for safety: the result is escaped where it is shown.
fn striptags(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut text = text_of(value).into_owned();
    // What was taken out may have stood in the middle of another tag. More rounds than this are an attack on the clock.
    for _ in 0..50 {
        if !text.contains('<') || !text.contains('>') {
            return Ok(keep(value, text));
        }
        let stripped = strip_once(&text);
        if stripped.matches('<').count() == text.matches('<').count() {
            return Ok(keep(value, text));
        }
        text = stripped;
    }
    Err(wrong("`striptags` was given tags within tags within tags, too deep for any page"))
}

fn strip_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, behind) = piece(rest);
        if let Piece::Text(text) = piece {
            out.push_str(text);
        }
        rest = behind;
    }
    out
}

fn truncate(
    value: &Value,
    length: &Value,
    filter: &str,
    cut: impl Fn(&str, usize) -> String,
) -> Result<Value, Error> {
    pass!(value);
    let length = usize::try_from(count(length, filter)?).unwrap_or(0);
    Ok(keep(value, if length == 0 { String::new() } else { cut(&text_of(value), length) }))
}

const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "frame", "spacer",
];

enum Unit {
    Letters { length: usize },
    Words { length: usize },
}

/// Copies HTML until so much of its text was there, then closes what is open.
struct Cutter<'a> {
    unit: Unit,
    out: String,
    open: Vec<&'a str>,
    seen: usize,
    remaining: usize,
}

impl<'a> Cutter<'a> {
    fn new(unit: Unit) -> Self {
        let remaining = match unit {
            // The last letter is the sign that something was cut off.
            Unit::Letters { length } => length - 1,
            Unit::Words { length } => length,
        };
        Cutter { unit, out: String::new(), open: Vec::new(), seen: 0, remaining }
    }

    fn read(mut self, html: &'a str) -> String {
        let mut rest = html;
        while !rest.is_empty() {
            let (piece, behind) = piece(rest);
            rest = behind;
            match piece {
                Piece::Text(text) => {
                    if self.text(&unescape(text), html.len()) {
                        while let Some(tag) = self.open.pop() {
                            self.close(tag);
                        }
                        break;
                    }
                }
                Piece::Open(tag, name) => {
                    self.out.push_str(tag);
                    if !VOID.contains(&name.to_ascii_lowercase().as_str()) {
                        self.open.push(name);
                        if tag.ends_with("/>") {
                            self.end(name);
                        }
                    }
                }
                Piece::Close(name) => self.end(name),
                Piece::Other => {}
            }
        }
        self.out
    }

    fn close(&mut self, name: &str) {
        self.out.push_str(&format!("</{}>", name.to_ascii_lowercase()));
    }

    fn end(&mut self, name: &str) {
        if VOID.contains(&name.to_ascii_lowercase().as_str()) {
            return;
        }
        self.close(name);
        self.open.pop_if(|open| open.eq_ignore_ascii_case(name));
    }

    /// Is it full now?
    fn text(&mut self, text: &str, whole: usize) -> bool {
        let (length, kept) = match self.unit {
            Unit::Letters { length } => {
                self.seen += text.chars().count();
                if self.seen == length && self.out.len() + text.len() == whole {
                    self.out.push_str(&escape_text(text));
                    return true;
                }
                (text.chars().count(), text.chars().take(self.remaining).collect::<String>())
            }
            Unit::Words { .. } => {
                let words = words(text);
                (words.len(), words.into_iter().take(self.remaining).collect::<Vec<_>>().join(" "))
            }
        };
        let kept = escape_text(&kept);
        if self.remaining >= length {
            self.remaining -= length;
            self.out.push_str(&kept);
            return false;
        }
        let sign = if matches!(self.unit, Unit::Words { .. }) { " …" } else { "…" };
        self.out.push_str(&kept);
        if !kept.ends_with(sign) {
            self.out.push_str(sign);
        }
        true
    }
}

/// Words; the blanks at the text's start and end are parts of the first and the last.
fn words(text: &str) -> Vec<String> {
    let inner = text.trim_matches(is_space);
    if inner.is_empty() {
        return vec![text.to_owned()];
    }
    let start = text.len() - text.trim_start_matches(is_space).len();
    let mut found: Vec<String> = python::words(inner).map(str::to_owned).collect();
    if let Some(first) = found.first_mut() {
        first.insert_str(0, text.get(..start).unwrap_or_default());
    }
    if let Some(last) = found.last_mut() {
        last.push_str(text.get(start + inner.len()..).unwrap_or_default());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_out() {
        let mut env = Environment::new();
        add(&mut env);
        for (given, expected) in [
            ("<p class='x'>a <b>b</b></p> 1 < 2", "a b 1 < 2"),
            ("<<b>script>alert(1)<</b>/script>", "alert(1)"),
            ("<a title='>'>x</a><!-- > <b> -->y<?php 1 ?>", "xy"),
            ("<br", "<br"),
        ] {
            let shown = env.render_str("{{ v|striptags }}", minijinja::context! { v => given }).unwrap();
            assert_eq!(shown, expected, "{given}");
        }
        let deep = (0..60).fold("<b>".to_owned(), |inner, _| format!("<{inner}b>"));
        let error = env.render_str("{{ v|striptags }}", minijinja::context! { v => deep }).unwrap_err();
        assert!(error.to_string().contains("too deep"), "{error}");
    }
}
