//! What was probably meant where a template can't be read: habits of Django's and other languages, and tags without an end.
//!
//! It looks at the template as it is in the file: what is compiled is written otherwise.

use quintet_core::SourcePlace;

use crate::{
    scan::{Is, Tag, TagKind, Token, tags},
    tags::{Form, Tags},
};

/// Statements of the language, and of ours, that have an end.
const BLOCKS: &[&str] = &[
    "for",
    "if",
    "with",
    "block",
    "filter",
    "macro",
    "call",
    "autoescape",
    "spaceless",
    "cache",
    "ifchanged",
];

/// What to say behind the language's own words about this line.
pub(crate) fn hint(text: &str, line: usize, detail: &str, own: &Tags) -> Option<String> {
    let found = tags(text);
    let of_line = |tag: &&Tag<'_>| {
        let first = line_of(text, tag.range.start);
        (first..=line_of(text, tag.range.end)).contains(&line)
    };
    found.iter().filter(of_line).find_map(|tag| habit(text, tag)).or_else(|| {
        let ends = detail.contains("end of input") || detail.starts_with("unknown statement end");
        ends.then(|| without_end(text, &found, own)).flatten()
    })
}

fn line_of(text: &str, at: usize) -> usize {
    SourcePlace::line_column(text, at).0
}

/// What other languages write otherwise.
fn habit(text: &str, tag: &Tag<'_>) -> Option<String> {
    let tokens = &tag.tokens;
    let joined = |i: usize| matches!((tokens.get(i), tokens.get(i + 1)), (Some(a), Some(b)) if a.range.end == b.range.start);
    let mark = |i: usize| match tokens.get(i).map(|token| &token.is) {
        Some(Is::Mark(mark)) => Some(*mark),
        _ => None,
    };
    for (i, token) in tokens.iter().enumerate() {
        match token.is {
            // `|date:"Y"`
            Is::Name(filter) if i > 0 && mark(i - 1) == Some('|') && mark(i + 1) == Some(':') => {
                let value = tokens.get(i + 2).and_then(|token| text.get(token.range.clone())).unwrap_or("…");
                return Some(format!("; a filter takes its argument in brackets: `|{filter}({value})`"));
            }
            Is::Mark('&') if mark(i + 1) == Some('&') && joined(i) => {
                return Some("; write `and`".to_owned());
            }
            Is::Mark('|') if mark(i + 1) == Some('|') && joined(i) => return Some("; write `or`".to_owned()),
            Is::Mark('!') if mark(i + 1) != Some('=') => return Some("; write `not`".to_owned()),
            Is::Mark('?') => return Some("; write `a if condition else b`".to_owned()),
            Is::Mark('=') if asks(tag) && depth(tokens, i) == 0 => {
                let near = |at: Option<usize>| at.and_then(mark).is_some_and(|c| "=!<>".contains(c));
                if !near(i.checked_sub(1)) && !near(Some(i + 1)) {
                    return Some("; write `==` to compare".to_owned());
                }
            }
            Is::Name("if") if i == 1 && tag.statement() == Some("else") => {
                return Some("; write `{% elif … %}`".to_owned());
            }
            _ => {}
        }
    }
    None
}

/// `{% if .. %}`, `{% elif .. %}`
fn asks(tag: &Tag<'_>) -> bool {
    matches!(tag.statement(), Some("if" | "elif"))
}

/// How many brackets are open before this token.
fn depth(tokens: &[Token<'_>], before: usize) -> usize {
    tokens.iter().take(before).fold(0usize, |depth, token| match token.is {
        Is::Mark('(' | '[' | '{') => depth + 1,
        Is::Mark(')' | ']' | '}') => depth.saturating_sub(1),
        _ => depth,
    })
}

/// The tag that has no end, or the end that has no tag.
fn without_end(text: &str, found: &[Tag<'_>], own: &Tags) -> Option<String> {
    let mut open: Vec<(&str, &Tag<'_>)> = Vec::new();
    for tag in found {
        let Some(name) = tag.statement() else { continue };
        let opens = BLOCKS.contains(&name)
            || own.form(name) == Some(Form::Block)
            || (name == "set" && !tag.tokens.iter().any(|token| token.is == Is::Mark('=')));
        if opens {
            open.push((name, tag));
            continue;
        }
        let Some(ended) = name.strip_prefix("end") else { continue };
        match open.last() {
            Some((last, _)) if *last == ended => drop(open.pop()),
            Some(_) => break,
            None if BLOCKS.contains(&ended) => {
                let line = line_of(text, tag.range.start);
                return Some(format!("; nothing is open that `{{% {name} %}}` of line {line} could end"));
            }
            None => {}
        }
    }
    let (name, tag) = open.last()?;
    let line = line_of(text, tag.range.start);
    let shown =
        text.get(tag.range.clone()).filter(|shown| shown.len() <= 60 && tag.kind == TagKind::Statement);
    let shown = shown.map_or_else(|| format!("{{% {name} … %}}"), str::to_owned);
    Some(format!("; `{shown}` of line {line} has no `{{% end{name} %}}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_no_habit() {
        for source in [
            "{{ a|date('Y')|slice('a:b') }}{{ {'a': 1}[b] }}{{ a[1:2] }}{{ a or b and not c }}",
            "{% if a == b and f(c=1) and a != b and a <= b and a >= b %}{% else %}{% endif %}",
            "{% set a = 1 %}{{ 'what? a && b || !c' }}",
        ] {
            assert_eq!(hint(source, 1, "", &Tags::default()), None, "{source}");
        }
    }
}
