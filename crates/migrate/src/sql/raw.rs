//! The developer's own SQL.

use quintet_core::Result;
use quintet_orm::Dialect;

use crate::{error::refuse, operation::SqlByDialect, sql::Step};

/// Statements that would end the migration's transaction and with it the promise of all or nothing.
const ENDS_TRANSACTION: [&str; 7] = ["COMMIT", "END", "ROLLBACK", "BEGIN", "VACUUM", "ABORT", "START"];

pub(super) fn steps(dialect: &Dialect, sql: &SqlByDialect) -> Result<Vec<Step>> {
    let name = dialect.name;
    let Some(text) = sql.get(name).or_else(|| sql.get("all")) else {
        return Err(refuse(format!("run_sql has no SQL for {name}: give it under `{name}`, or under `all`")));
    };
    if let Some(word) = statements(text).iter().find_map(|words| ends_transaction(words)) {
        return Err(refuse(format!(
            "run_sql can't have `{word}`: a migration is one transaction, which ends after its last operation"
        )));
    }
    Ok(if text.trim().is_empty() { Vec::new() } else { vec![Step::Sql(text.trim().to_owned())] })
}

fn ends_transaction(words: &[String]) -> Option<&str> {
    let first = words.first()?;
    // ROLLBACK TO belongs to a savepoint.
    let to_savepoint = first == "ROLLBACK" && words.iter().any(|w| w == "TO");
    (ENDS_TRANSACTION.contains(&first.as_str()) && !to_savepoint).then_some(first)
}

/// The bare words of each statement, in capitals; text, quoted names, comments and trigger bodies left out.
fn statements(sql: &str) -> Vec<Vec<String>> {
    let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), String::new());
    // Inside a trigger's body a semicolon ends no statement; CASE has an END of its own.
    let mut open = 0usize;
    let mut rest = sql.chars().peekable();
    let end_word = |word: &mut String, words: &mut Vec<String>, open: &mut usize| {
        if word.is_empty() {
            return;
        }
        let text = std::mem::take(word).to_ascii_uppercase();
        let trigger = words.first().is_some_and(|w| w == "CREATE") && words.iter().any(|w| w == "TRIGGER");
        match text.as_str() {
            "BEGIN" | "CASE" if trigger => *open += 1,
            "END" if trigger => *open = open.saturating_sub(1),
            _ => {}
        }
        words.push(text);
    };
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        end_word(&mut word, &mut words, &mut open);
        match c {
            '\'' | '"' | '`' => while rest.next().is_some_and(|d| d != c) {},
            '[' => while rest.next().is_some_and(|d| d != ']') {},
            '$' => skip_dollars(&mut rest),
            '-' if rest.peek() == Some(&'-') => while rest.next().is_some_and(|d| d != '\n') {},
            '/' if rest.peek() == Some(&'*') => {
                let mut last = ' ';
                rest.next();
                for d in rest.by_ref() {
                    if last == '*' && d == '/' {
                        break;
                    }
                    last = d;
                }
            }
            ';' if open == 0 => all.push(std::mem::take(&mut words)),
            _ => {}
        }
    }
    end_word(&mut word, &mut words, &mut open);
    all.push(words);
    all
}

/// PostgreSQL's `$tag$ … $tag$`, where a function's body stands; after its first `$`. A parameter (`$1`) is left alone.
fn skip_dollars(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut ahead = rest.clone();
    let mut tag = String::from("$");
    loop {
        match ahead.next() {
            Some('$') => break,
            Some(c) if c == '_' || c.is_alphabetic() || (tag.len() > 1 && c.is_ascii_digit()) => tag.push(c),
            _ => return,
        }
    }
    tag.push('$');
    *rest = ahead;
    let mut seen = String::new();
    while !seen.ends_with(&tag) {
        let Some(c) = rest.next() else { return };
        seen.push(c);
    }
}

#[cfg(test)]
mod tests {
    use quintet_orm::dialect::{POSTGRES, SQLITE};

    use super::*;

    #[test]
    fn only_statements_that_end_the_transaction_are_refused() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE y WHEN 1 THEN 2 END; SELECT 1; END;";
        for (sql, refused) in [
            ("UPDATE a SET x = 'COMMIT; commit'", false),
            ("-- COMMIT;\nSELECT 1 /* ; ROLLBACK; */", false),
            (trigger, false),
            ("SAVEPOINT s; ROLLBACK TO s; RELEASE s", false),
            ("UPDATE a SET x = 1; commit", true),
            ("BEGIN IMMEDIATE; SELECT 1", true),
            ("VACUUM", true),
            ("DO $$ BEGIN PERFORM 1; END $$; SELECT $1", false),
            ("DO $a$ BEGIN PERFORM $$;END$$; END $a$; COMMIT", true),
        ] {
            let all = SqlByDialect::from([("all".to_owned(), sql.to_owned())]);
            assert_eq!(steps(&POSTGRES, &all).is_err(), refused, "{sql}");
        }
        let after = SqlByDialect::from([("all".to_owned(), format!("{trigger} COMMIT"))]);
        assert!(steps(&SQLITE, &after).is_err());
    }

    #[test]
    fn sql_for_another_database_only_is_refused() {
        let other = SqlByDialect::from([("postgres".to_owned(), "SELECT 1".to_owned())]);
        assert!(steps(&SQLITE, &other).unwrap_err().to_string().contains("no SQL for sqlite"));
    }
}
