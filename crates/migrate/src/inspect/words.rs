//! SQL text in pieces: enough to find the parts of a `CREATE` statement that SQLite's catalogue does not tell.

use std::ops::Range;

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A keyword or a bare name.
    Word,
    /// A name in quotes.
    Quoted,
    /// A text.
    Text,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// Anything else, a character each.
    Other,
}

/// A piece and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) piece: Piece,
    pub(super) at: Range<usize>,
    /// How many brackets are open around it; those of a pair count as outside.
    pub(super) depth: usize,
}

/// The pieces of a statement, without comments and spaces.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = sql.char_indices().peekable();
    let mut depth = 0usize;
    while let Some((start, c)) = chars.next() {
        let rest = sql.get(start..).unwrap_or_default();
        let end_of = |chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>| {
            chars.peek().map_or(sql.len(), |(at, _)| *at)
        };
        if c.is_whitespace() {
            continue;
        }
        if rest.starts_with("--") {
            while chars.next_if(|(_, c)| *c != '\n').is_some() {}
            continue;
        }
        if rest.starts_with("/*") {
            let end = start + rest.find("*/").map_or(rest.len(), |at| at + 2);
            while chars.next_if(|(at, _)| *at < end).is_some() {}
            continue;
        }
        let piece = match c {
            '\'' | '"' | '`' | '[' => {
                let close = if c == '[' { ']' } else { c };
                while let Some((_, next)) = chars.next() {
                    // Twice is the character itself.
                    let doubled = next == close && c != '[' && chars.next_if(|(_, c)| *c == close).is_some();
                    if next == close && !doubled {
                        break;
                    }
                }
                if c == '\'' { Piece::Text } else { Piece::Quoted }
            }
            '(' => Piece::Open,
            ')' => Piece::Close,
            ',' => Piece::Comma,
            c if is_word(c) => {
                while chars.next_if(|(_, c)| is_word(*c)).is_some() {}
                Piece::Word
            }
            _ => Piece::Other,
        };
        if piece == Piece::Close {
            depth = depth.saturating_sub(1);
        }
        found.push(Token { piece, at: start..end_of(&mut chars), depth });
        if piece == Piece::Open {
            depth += 1;
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// A statement and a run of its pieces.
#[derive(Clone, Copy)]
pub(super) struct Clause<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> Clause<'a> {
    pub(super) fn text(&self, token: &Token) -> &'a str {
        self.sql.get(token.at.clone()).unwrap_or_default()
    }

    /// Is it this keyword?
    pub(super) fn is(&self, token: &Token, word: &str) -> bool {
        token.piece == Piece::Word && self.text(token).eq_ignore_ascii_case(word)
    }

    /// A name without its quotes.
    pub(super) fn name(&self, token: &Token) -> String {
        let text = self.text(token);
        let inner = |text: &str| text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_owned();
        match (token.piece, text.chars().next()) {
            (Piece::Word, _) => text.to_owned(),
            (_, Some('[')) => inner(text),
            (_, Some(quote)) => inner(text).replace(&format!("{quote}{quote}"), &quote.to_string()),
            (_, None) => String::new(),
        }
    }

    /// What stands in the brackets that open at this piece, and the number of the piece that closes them.
    pub(super) fn inside(&self, open: usize) -> Option<(Clause<'a>, usize)> {
        let first = self.tokens.get(open).filter(|token| token.piece == Piece::Open)?;
        let closes = |token: &Token| token.piece == Piece::Close && token.depth == first.depth;
        let length = self.tokens.get(open..)?.iter().position(closes)?;
        let tokens = self.tokens.get(open + 1..open + length)?;
        Some((Clause { sql: self.sql, tokens }, open + length))
    }

    /// Its text as it was written.
    pub(super) fn whole(&self) -> &'a str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => self.sql.get(first.at.start..last.at.end).unwrap_or_default(),
            _ => "",
        }
    }

    /// Its parts between the commas that no further brackets hold.
    pub(super) fn parts(&self) -> impl Iterator<Item = Clause<'a>> + use<'a> {
        let (sql, tokens) = (self.sql, self.tokens);
        let depth = tokens.iter().map(|token| token.depth).min().unwrap_or_default();
        tokens
            .split(move |token| token.piece == Piece::Comma && token.depth == depth)
            .map(move |tokens| Clause { sql, tokens })
    }

    /// The number of the first piece that is this keyword, outside of further brackets.
    pub(super) fn find(&self, word: &str) -> Option<usize> {
        let depth = self.tokens.iter().map(|token| token.depth).min()?;
        self.tokens.iter().position(|token| token.depth == depth && self.is(token, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_and_brackets_are_kept_apart() {
        let sql = "CREATE TABLE \"a(\"\"b\" (x INT /* , ( */ CHECK (x IN (1, 2)), -- y,\n [y z] TEXT DEFAULT 'it''s, (')";
        let tokens = tokens(sql);
        let all = Clause { sql, tokens: &tokens };
        let open = tokens.iter().position(|t| t.piece == Piece::Open).unwrap();
        assert_eq!(all.name(&tokens[2]), "a(\"b");
        let (body, _) = all.inside(open).unwrap();
        let parts: Vec<Clause<'_>> = body.parts().collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1].name(&parts[1].tokens[0]), "y z");
        let check = parts[0].find("check").unwrap();
        assert_eq!(parts[0].inside(check + 1).unwrap().0.whole(), "x IN (1, 2)");
        assert!(parts[1].whole().ends_with("'it''s, ('"));
    }
}
