//! The expressions of a tag, taken apart at brackets, commas and words such as `and`.

use super::{
    Edit,
    part::{Operator, Part},
};
use crate::scan::{Is, Tag, Token};

pub(super) fn read(tag: &Tag<'_>) -> Vec<Edit> {
    Reader::default().read(tag)
}

#[derive(Default)]
struct Reader {
    /// One for each open bracket.
    parts: Vec<Part>,
    edits: Vec<Edit>,
}

impl Reader {
    fn read(mut self, tag: &Tag<'_>) -> Vec<Edit> {
        let statement = tag.statement();
        let tokens = tag.tokens.get(usize::from(statement.is_some())..).unwrap_or_default();
        let mut part = Part::default();
        let mut i = 0;
        while let Some(token) = tokens.get(i) {
            let (start, end) = (token.range.start, token.range.end);
            let before = i.checked_sub(1).and_then(|i| tokens.get(i));
            match operator(tokens, i) {
                // `1e-7` is a number.
                Some(_) if before.is_some_and(|before| is_exponent(before, token)) => part.take(start, end),
                // Before a value, a minus is its sign and stars spread it.
                Some((Operator::Arithmetic("-"), _)) if part.is_empty() => {
                    part.last.minus.push(start);
                    part.take(start, end);
                    // The value is still to come.
                    i += 1;
                    i = self.signed(&mut part, tokens, i);
                    continue;
                }
                Some((Operator::Arithmetic(_), length)) if part.is_empty() => {
                    i += length;
                    continue;
                }
                Some((operator, length)) => {
                    let end = tokens.get(i + length - 1).map_or(end, |last| last.range.end);
                    part.operator(operator, start, end);
                    i += length;
                    continue;
                }
                None => self.token(&mut part, tokens, i, statement),
            }
            i += 1;
        }
        self.ends(&mut part);
        // Brackets that are not closed: the compiler tells.
        if self.parts.is_empty() { self.edits } else { Vec::new() }
    }

    /// Behind the sign of a value: further signs, and the value's first token.
    fn signed(&mut self, part: &mut Part, tokens: &[Token<'_>], mut i: usize) -> usize {
        while let Some(Token { is: Is::Mark('-'), range }) = tokens.get(i) {
            part.last.minus.push(range.start);
            part.take(range.start, range.end);
            i += 1;
        }
        part.last.literal =
            matches!(tokens.get(i), Some(Token { is: Is::Name(word), .. }) if is_number(word));
        i
    }

    fn token(&mut self, part: &mut Part, tokens: &[Token<'_>], i: usize, statement: Option<&str>) {
        let Some(token) = tokens.get(i) else { return };
        let (start, end) = (token.range.start, token.range.end);
        let before = i.checked_sub(1).and_then(|i| tokens.get(i)).map(|t| &t.is);
        match &token.is {
            Is::Mark('(' | '[' | '{') => {
                part.take(start, end);
                self.parts.push(std::mem::take(part));
            }
            Is::Mark(')' | ']' | '}') => {
                self.ends(part);
                *part = self.parts.pop().unwrap_or_default();
                part.take(start, end);
            }
            Is::Mark(',' | ':' | '=') => self.ends(part),
            Is::Mark('|') => {
                part.bar();
                part.take(start, end);
            }
            // A filter's, a test's or an attribute's name is none of these words.
            Is::Name(word) if !named(tokens, i, before) => match *word {
                "and" | "or" | "if" | "else" => self.ends(part),
                "recursive" if statement == Some("for") => self.ends(part),
                // Behind a value `not` is the half of `not in`.
                "not" => {}
                "in" => {
                    let not = matches!(before, Some(Is::Name("not")));
                    let from = if not { tokens.get(i - 1).map_or(start, |t| t.range.start) } else { start };
                    part.operator(Operator::In, from, end);
                }
                "is" => {
                    part.bar();
                    part.take(start, end);
                }
                _ => part.take(start, end),
            },
            _ => part.take(start, end),
        }
    }

    fn ends(&mut self, part: &mut Part) {
        self.edits.extend(std::mem::take(part).edits());
    }
}

/// The operator that begins at this token, and how many tokens it is.
fn operator(tokens: &[Token<'_>], i: usize) -> Option<(Operator, usize)> {
    let token = tokens.get(i)?;
    let Is::Mark(first) = token.is else { return None };
    let second = match tokens.get(i + 1)? {
        Token { is: Is::Mark(mark), range } if range.start == token.range.end => Some(*mark),
        _ => None,
    };
    Operator::at(first, second)
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn is_exponent(before: &Token<'_>, sign: &Token<'_>) -> bool {
    before.range.end == sign.range.start
        && matches!(before.is, Is::Name(word) if is_number(word) && word.ends_with(['e', 'E']) && !word.starts_with("0x"))
}

/// Does the word at `i` name a filter, a test or an attribute?
fn named(tokens: &[Token<'_>], i: usize, before: Option<&Is<'_>>) -> bool {
    match before {
        Some(Is::Mark('.' | '|')) | Some(Is::Name("is")) => true,
        // `is not in(..)`
        Some(Is::Name("not")) => {
            matches!(i.checked_sub(2).and_then(|i| tokens.get(i)).map(|t| &t.is), Some(Is::Name("is")))
        }
        _ => false,
    }
}
