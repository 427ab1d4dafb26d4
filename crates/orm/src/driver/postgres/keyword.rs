//! What sort of statement a text is, by the word it starts with: some would disturb a connection that others
//! share.

/// What a statement would do to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that outlasts it.
    None,
    /// It begins or ends a transaction or a savepoint.
    Transaction,
    /// It leaves something behind: a setting, a prepared statement, a temporary table, an open cursor.
    Session,
}

/// The effect of one statement.
pub(super) fn effect(sql: &str) -> Effect {
    let mut words = Words(sql);
    let first = words.next_word();
    let is = |word: &str| first.eq_ignore_ascii_case(word);
    let any = |all: &[&str]| all.iter().any(|word| is(word));
    if is("prepare") {
        let second = words.next_word();
        return if second.eq_ignore_ascii_case("transaction") {
            Effect::Transaction
        } else {
            Effect::Session
        };
    }
    if any(&["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"]) {
        return Effect::Transaction;
    }
    if is("set") {
        let second = words.next_word();
        let local =
            ["local", "transaction", "constraints"].iter().any(|word| second.eq_ignore_ascii_case(word));
        return if local { Effect::None } else { Effect::Session };
    }
    if is("create") {
        let second = [words.next_word(), words.next_word()];
        let temporary =
            second.iter().any(|w| w.eq_ignore_ascii_case("temp") || w.eq_ignore_ascii_case("temporary"));
        return if temporary { Effect::Session } else { Effect::None };
    }
    if any(&["reset", "listen", "unlisten", "discard", "declare", "execute", "deallocate", "load"]) {
        return Effect::Session;
    }
    Effect::None
}

/// Could one of several statements leave something behind? Looks at the start of what stands between
/// semicolons, so it may say yes about a text in quotes: that costs a connection, and nothing else.
pub(super) fn may_leave_something(batch: &str) -> bool {
    batch.split(';').any(|statement| effect(statement) == Effect::Session)
}

/// Words of a text, without comments.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next_word(&mut self) -> &'a str {
        self.skip_space();
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word
    }

    fn skip_space(&mut self) {
        loop {
            let text = self.0.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
            self.0 = if let Some(comment) = text.strip_prefix("--") {
                comment.split_once('\n').map_or("", |(_, rest)| rest)
            } else if let Some(comment) = text.strip_prefix("/*") {
                after_comment(comment)
            } else {
                self.0 = text;
                return;
            };
        }
    }
}

/// What follows a comment, inside which comments may stand.
fn after_comment(mut text: &str) -> &str {
    let mut depth = 1;
    while depth > 0 {
        let (close, open) = (text.find("*/"), text.find("/*"));
        let Some(close) = close else { return "" };
        let at = match open {
            Some(open) if open < close => {
                depth += 1;
                open
            }
            _ => {
                depth -= 1;
                close
            }
        };
        text = text.get(at + 2..).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells() {
        for (sql, wanted) in [
            ("SELECT 1", Effect::None),
            ("  begin", Effect::Transaction),
            ("-- a\n/* b /* c */ d */ Rollback to s1", Effect::Transaction),
            ("PREPARE TRANSACTION 'x'", Effect::Transaction),
            ("prepare x as select 1", Effect::Session),
            ("SET search_path TO x", Effect::Session),
            ("SET LOCAL lock_timeout = 5", Effect::None),
            ("set transaction isolation level serializable", Effect::None),
            ("CREATE TEMP TABLE x ()", Effect::Session),
            ("create unlogged table x ()", Effect::None),
            ("LISTEN x", Effect::Session),
            ("UPDATE x SET y = 1", Effect::None),
            ("", Effect::None),
            ("/* open", Effect::None),
        ] {
            assert_eq!(effect(sql), wanted, "{sql}");
        }
        assert!(may_leave_something("SELECT 1; SET x = 1"));
        assert!(!may_leave_something("ALTER TABLE x ADD y int; UPDATE x SET y = 1;"));
    }
}
