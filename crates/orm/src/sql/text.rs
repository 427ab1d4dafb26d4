//! Searching text.

use quintet_core::{Result, Value};

use super::Render;
use crate::{
    ast::{Node, TextTest, Where},
    dialect::{Dialect, TextSearch},
    fold::{FOLD_FUNCTION, fold},
};

impl Render {
    pub(super) fn text(&mut self, test: TextTest, inner: &Node, part: &str) -> Result {
        if part.is_empty() && test.place != Where::Whole {
            // Every text has an empty part.
            self.operand(inner)?;
            self.push(" IS NOT NULL");
            return Ok(());
        }
        match self.dialect.text_search {
            TextSearch::Like => self.like(test, inner, part),
            TextSearch::Functions => self.by_functions(test, inner, part),
        }
    }

    fn by_functions(&mut self, test: TextTest, inner: &Node, part: &str) -> Result {
        let part = if test.fold { fold(part) } else { part.into() };
        match test.place {
            Where::Inside => {
                self.push("instr(");
                self.folded(inner, test.fold)?;
                self.push(", ");
                self.value(Value::Text(part.into_owned()));
                self.push(") > 0");
            }
            // A range can use an index, which a function of the column can't.
            Where::Start if !test.fold && matches!(inner, Node::Column(..)) => {
                self.push("(");
                self.node(inner)?;
                self.push(" >= ");
                let end = successor(&part);
                self.value(Value::Text(part.into_owned()));
                if let Some(end) = end {
                    self.push(" AND ");
                    self.node(inner)?;
                    self.push(" < ");
                    self.value(Value::Text(end));
                }
                self.push(")");
            }
            Where::Start => {
                self.push("instr(");
                self.folded(inner, test.fold)?;
                self.push(", ");
                self.value(Value::Text(part.into_owned()));
                self.push(") = 1");
            }
            // As bytes, because `substr` of a text ends at a NUL. No character's bytes end another's.
            Where::End => {
                self.push("substr(CAST(");
                self.folded(inner, test.fold)?;
                self.push(" AS BLOB), -");
                self.number(part.len());
                self.push(") = ");
                self.value(Value::Bytes(part.into_owned().into_bytes()));
            }
            Where::Whole => {
                self.folded(inner, test.fold)?;
                self.push(" = ");
                self.value(Value::Text(part.into_owned()));
            }
        }
        Ok(())
    }

    fn folded(&mut self, inner: &Node, fold: bool) -> Result {
        if !fold {
            return self.node(inner);
        }
        self.push(FOLD_FUNCTION);
        self.push("(");
        self.node(inner)?;
        self.push(")");
        Ok(())
    }

    fn like(&mut self, test: TextTest, inner: &Node, part: &str) -> Result {
        self.operand(inner)?;
        self.push(if test.fold { " ILIKE " } else { " LIKE " });
        self.value(Value::Text(pattern(test, part)));
        self.push(" ESCAPE '\\'");
        Ok(())
    }
}

/// The only parameter of a search whose text does not depend on the part; `None` where it does, or where there are others.
pub(super) fn searched(dialect: &Dialect, test: TextTest, inner: &Node, part: &str) -> Option<String> {
    if part.is_empty() {
        return None;
    }
    match (dialect.text_search, test.place) {
        (TextSearch::Like, _) => Some(pattern(test, part)),
        (TextSearch::Functions, Where::End) => None,
        (TextSearch::Functions, Where::Start) if !test.fold && matches!(inner, Node::Column(..)) => None,
        (TextSearch::Functions, _) if test.fold => Some(fold(part).into_owned()),
        (TextSearch::Functions, _) => Some(part.to_owned()),
    }
}

/// The pattern of LIKE.
fn pattern(test: TextTest, part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    if matches!(test.place, Where::Inside | Where::End) {
        pattern.push('%');
    }
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if matches!(test.place, Where::Inside | Where::Start) {
        pattern.push('%');
    }
    pattern
}

/// The least text that is greater than every text that starts with `part`; `None` if there is none.
fn successor(part: &str) -> Option<String> {
    let mut chars: Vec<char> = part.chars().collect();
    while let Some(last) = chars.pop() {
        // The code points of surrogates are no characters.
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_at_the_next_text() {
        for (part, next) in [
            ("ab", Some("ac")),
            ("a\u{D7FF}", Some("a\u{E000}")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{10FFFF}", None),
        ] {
            assert_eq!(successor(part).as_deref(), next, "{part:?}");
        }
    }
}
