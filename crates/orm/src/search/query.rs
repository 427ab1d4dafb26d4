//! What somebody typed into a search box.

use crate::ast::{Group, Query, Term};

/// More words than anybody looks for.
const MOST: usize = 32;

impl Query {
    /// Reads what was typed. Words beyond the 32nd are left out.
    #[must_use]
    pub fn parse(typed: &str) -> Query {
        let (mut groups, mut group, mut count) = (Vec::new(), Group::default(), 0);
        let mut rest = typed;
        while let Some((token, after)) = next(rest) {
            rest = after;
            match token {
                Token::Or => groups.push(std::mem::take(&mut group)),
                Token::Term { not, term } if count < MOST => {
                    count += 1;
                    if not { &mut group.not } else { &mut group.all }.push(term);
                }
                Token::Term { .. } => {}
            }
        }
        groups.push(group);
        // Beside others, a group of nothing but what must not be there would be nearly everything.
        let several = groups.iter().filter(|group| !group.all.is_empty()).count() > 0;
        groups.retain(|group| !group.all.is_empty() || (!several && !group.not.is_empty()));
        Query { groups }
    }

    /// Is anything looked for?
    #[must_use]
    pub fn has_words(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Is only said what must not be there? Then this is it, to be looked for and left out.
    pub(crate) fn unwanted(&self) -> Option<Query> {
        if self.groups.iter().any(|group| !group.all.is_empty()) {
            return None;
        }
        let terms = self.groups.iter().flat_map(|group| &group.not);
        let groups = terms.map(|term| Group { all: vec![term.clone()], not: Vec::new() }).collect();
        Some(Query { groups })
    }

    /// In the words of FTS5: every term is a string in quotes, so that nothing in it is an operator.
    pub(crate) fn fts5(&self) -> String {
        let term = |term: &Term| {
            format!("\"{}\"{}", term.text.replace('"', "\"\""), if term.prefix { " *" } else { "" })
        };
        let join = |terms: &[Term], word: &str| terms.iter().map(term).collect::<Vec<_>>().join(word);
        let group = |group: &Group| match group.not.is_empty() {
            true => format!("({})", join(&group.all, " AND ")),
            false => format!("(({}) NOT ({}))", join(&group.all, " AND "), join(&group.not, " OR ")),
        };
        let groups: Vec<String> =
            self.groups.iter().filter(|group| !group.all.is_empty()).map(group).collect();
        // Nothing in quotes matches nothing.
        if groups.is_empty() { "\"\"".to_owned() } else { groups.join(" OR ") }
    }

    /// In the words of PostgreSQL's `to_tsquery`: every term is a string in quotes.
    pub(crate) fn tsquery(&self) -> String {
        let term = |term: &Term| {
            let text = term.text.replace('\\', "\\\\").replace('\'', "''");
            format!("'{text}'{}", if term.prefix { ":*" } else { "" })
        };
        let group = |group: &Group| {
            let not = group.not.iter().map(|unwanted| format!("!{}", term(unwanted)));
            let parts: Vec<String> = group.all.iter().map(term).chain(not).collect();
            format!("({})", parts.join(" & "))
        };
        self.groups.iter().map(group).collect::<Vec<_>>().join(" | ")
    }
}

enum Token {
    Or,
    Term { not: bool, term: Term },
}

/// The next token and what follows it. What has no letter or digit is none.
fn next(mut rest: &str) -> Option<(Token, &str)> {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\0');
        if rest.is_empty() {
            return None;
        }
        let (not, body) = match rest.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (text, after, quoted) = match body.strip_prefix('"') {
            Some(inner) => {
                let (text, after) = inner.split_once('"').unwrap_or((inner, ""));
                (text, after, true)
            }
            None => {
                let end =
                    body.find(|c: char| c.is_whitespace() || c == '"' || c == '\0').unwrap_or(body.len());
                let (text, after) = body.split_at(end);
                (text, after, false)
            }
        };
        if !quoted && !not && text == "OR" {
            return Some((Token::Or, after));
        }
        let prefix = !quoted && text.ends_with('*');
        let text: String = text.trim_end_matches('*').chars().filter(|c| *c != '\0').take(200).collect();
        if text.chars().any(char::is_alphanumeric) {
            return Some((Token::Term { not, term: Term { text, prefix } }, after));
        }
        // A lone sign: at least one character further, so that it ends.
        rest = if after.len() < rest.len() { after } else { rest.get(1..).unwrap_or_default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_words_phrases_and_beginnings() {
        for (typed, fts5, tsquery) in [
            ("space ship", r#"("space" AND "ship")"#, "('space' & 'ship')"),
            ("\"no one\" al*", r#"("no one" AND "al" *)"#, "('no one' & 'al':*)"),
            (
                "space -\"no one\" -x*",
                r#"(("space") NOT ("no one" OR "x" *))"#,
                "('space' & !'no one' & !'x':*)",
            ),
            ("a OR b c", r#"("a") OR ("b" AND "c")"#, "('a') | ('b' & 'c')"),
            // As those who write queries of the databases would like it.
            (
                "NEAR(a b) AND c",
                r#"("NEAR(a" AND "b)" AND "AND" AND "c")"#,
                "('NEAR(a' & 'b)' & 'AND' & 'c')",
            ),
            ("title:x ^y a:b", r#"("title:x" AND "^y" AND "a:b")"#, "('title:x' & '^y' & 'a:b')"),
            ("it's \\ 'x'", r#"("it's" AND "'x'")"#, "('it''s' & '''x''')"),
            ("un\"closed quote", r#"("un" AND "closed quote")"#, "('un' & 'closed quote')"),
            ("a\\b", r#"("a\b")"#, "('a\\\\b')"),
            ("OR a OR", r#"("a")"#, "('a')"),
            ("a OR -b", r#"("a")"#, "('a')"),
            ("a\0b *", r#"("a" AND "b")"#, "('a' & 'b')"),
        ] {
            let query = Query::parse(typed);
            assert_eq!(query.fts5(), fts5, "{typed:?}");
            assert_eq!(query.tsquery(), tsquery, "{typed:?}");
        }
    }

    #[test]
    fn nothing_may_be_asked_for_and_only_what_must_not_be() {
        for nothing in ["", "  ", "-", "--", "\"", "\"\"", "* - OR \"!?\"", "\0"] {
            assert!(!Query::parse(nothing).has_words(), "{nothing:?}");
        }
        let not = Query::parse("-a -\"b c\"");
        assert_eq!((not.fts5().as_str(), not.tsquery().as_str()), ("\"\"", "(!'a' & !'b c')"));
        let unwanted = not.unwanted().unwrap();
        assert_eq!(
            (unwanted.fts5().as_str(), unwanted.tsquery().as_str()),
            (r#"("a") OR ("b c")"#, "('a') | ('b c')")
        );
        assert_eq!(Query::parse("a -b").unwanted(), None);
        assert_eq!(Query::parse(&"x ".repeat(50)).groups[0].all.len(), MOST);
    }
}
