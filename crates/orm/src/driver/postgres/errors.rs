//! What PostgreSQL reports, as errors that say what to do.

use http::StatusCode;
use quintet_core::{Error, ErrorKind, FieldErrors, Value};

use super::reader::{Malformed, Reader};
use crate::{empty::empty_column, stmt::Stmt};

/// An ErrorResponse.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    /// The SQLSTATE.
    pub(super) code: String,
    pub(super) message: String,
    severity: String,
    detail: String,
    hint: String,
    constraint: String,
    table: String,
    column: String,
    position: Option<usize>,
}

impl Report {
    pub(super) fn read(body: &[u8]) -> Result<Report, Malformed> {
        let (mut report, mut reader) = (Report::default(), Reader(body));
        loop {
            let field = reader.u8()?;
            if field == 0 {
                return Ok(report);
            }
            let text = reader.text()?.into_owned();
            match field {
                b'V' => report.severity = text,
                b'C' => report.code = text,
                b'M' => report.message = text,
                b'D' => report.detail = text,
                b'H' => report.hint = text,
                b'n' => report.constraint = text,
                b't' => report.table = text,
                b'c' => report.column = text,
                b'P' => report.position = text.parse().ok(),
                _ => {}
            }
        }
    }

    /// Does the server close the connection after it?
    pub(super) fn is_fatal(&self) -> bool {
        matches!(&*self.severity, "FATAL" | "PANIC")
    }

    /// Does the statement as it was prepared no longer fit the schema? Then it was not carried out, and may
    /// fit once it is prepared anew.
    pub(super) fn is_about_the_plan(&self) -> bool {
        // "cached plan must not change result type", a prepared statement that is gone, another number of
        // columns.
        matches!(&*self.code, "0A000" | "26000" | "08P01") || self.code.starts_with("42")
    }

    /// May the same be tried later, with success?
    pub(super) fn is_passing(&self) -> bool {
        self.code.starts_with("08") && self.code != "08P01"
            || matches!(&*self.code, "53300" | "57P01" | "57P02" | "57P03")
    }

    /// As an error.
    #[cold]
    pub(super) fn error(&self, url: &str) -> Error {
        let mut error = self.translate(url).with_detail("SQLSTATE", self.code.clone());
        if !self.hint.is_empty() {
            error = error.with_detail("hint", self.hint.clone());
        }
        // Elsewhere it tells the values of the row, which may be secret.
        if !self.detail.is_empty() && (self.code.starts_with("42") || self.code == "40P01") {
            error = error.with_detail("detail", self.detail.clone());
        }
        error
    }

    fn translate(&self, url: &str) -> Error {
        let message = &self.message;
        match &*self.code {
            "23505" => self.taken(),
            "23503" => Error::of_kind(
                ErrorKind::Protected,
                StatusCode::CONFLICT,
                format!(
                    "other rows point to this one, or it points to a row that does not exist (rule `{}` of `{}`)",
                    self.constraint, self.table
                ),
            ),
            "23502" => empty_column(&self.table, &self.column),
            "23514" if self.constraint.is_empty() => conflict("", message.clone()),
            "23514" | "23P01" => {
                conflict(&self.constraint, format!("the value breaks the rule `{}`", self.constraint))
            }
            "22001" => {
                let mut fields = FieldErrors::new();
                fields.push("", message.clone());
                Error::invalid(fields)
            }
            "40001" | "40P01" => {
                clash(format!("{message}: everything of this transaction was undone, run it again"))
            }
            "55P03" => {
                unavailable(format!("{message}: another transaction holds it; keep transactions short"))
            }
            "57014" => Error::of_kind(
                ErrorKind::Timeout,
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{message}: make it faster, mark it with `Stmt::long`, or raise `statement_timeout`"),
            ),
            "25P02" => Error::database(
                "an earlier statement of this transaction failed, so PostgreSQL takes no further ones: end it, or wrap what \
                 may fail in a savepoint (`tx.atomic(..)`)",
            ),
            "28P01" | "28000" => {
                Error::settings(format!("database URL `{url}`: {message}; check user and password"))
            }
            "3D000" => Error::settings(format!(
                "database URL `{url}`: {message}; make it with `createdb`, or correct the URL"
            )),
            "42501" => {
                Error::database(format!("{message}: the user of `{url}` needs the right to do this (GRANT)"))
            }
            "42P01" | "42703" => Error::database(format!(
                "{message}: have all migrations been made and applied? (`makemigrations`, `migrate`)"
            )),
            "25006" => Error::database(format!(
                "{message}: it was begun as one that only reads, or `{url}` is a replica or set to read-only"
            )),
            "53100" => Error::database(format!("the disk of the database `{url}` is full ({message})")),
            "53300" => unavailable(format!(
                "the database `{url}` takes no more connections ({message}): lower `connections`, or raise the server's \
                 `max_connections`"
            )),
            _ if self.is_passing() => {
                unavailable(format!("the database `{url}` is away ({message}): try again later"))
            }
            _ => Error::database(message.clone()),
        }
    }

    /// Names the columns, as `table.column, table.column`, where they can be told from `Key (email,
    /// site)=(…)`; the values stay out of it.
    fn taken(&self) -> Error {
        let key = self.detail.split_once('(').and_then(|(_, rest)| rest.split_once(")=("));
        let columns: Option<Vec<String>> = key.map(|(columns, _)| {
            columns.split(", ").map(|column| column.trim_matches('"').replace("\"\"", "\"")).collect()
        });
        match columns {
            // `lower(email)` is no column.
            Some(columns) if !columns.iter().any(|column| column.contains('(')) => {
                let full: Vec<String> =
                    columns.iter().map(|column| format!("{}.{column}", self.table)).collect();
                conflict(
                    &full.join(", "),
                    format!("there is already a row with the same {}", columns.join(", ")),
                )
                .with_detail("constraint", self.constraint.clone())
            }
            _ => {
                let message =
                    format!("there is already a row with the same values (rule `{}`)", self.constraint);
                conflict(&self.constraint, message)
            }
        }
    }
}

fn conflict(constraint: &str, message: String) -> Error {
    let kind = ErrorKind::Conflict { constraint: constraint.to_owned() };
    Error::of_kind(kind, StatusCode::CONFLICT, message)
}

/// Busy or away.
pub(super) fn unavailable(message: String) -> Error {
    Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, message)
}

/// Undone because of another transaction.
pub(super) fn clash(message: String) -> Error {
    Error::of_kind(ErrorKind::Clash, StatusCode::SERVICE_UNAVAILABLE, message)
}

/// What the server reported about a statement.
#[cold]
pub(super) fn of_report(report: &Report, stmt: &Stmt, url: &str) -> Error {
    let mut error = report.error(url);
    if let Some(near) =
        report.position.filter(|_| stmt.copy.is_none()).and_then(|position| near(&stmt.sql, position))
    {
        error = error.with_detail("near", near);
    }
    of_stmt(error, stmt)
}

/// The part of the text that the server points at.
fn near(sql: &str, position: usize) -> Option<String> {
    let part: String = sql.chars().skip(position.checked_sub(1)?).take(40).collect();
    (!part.is_empty()).then_some(part)
}

/// Adds what developers need to any error about a statement. The parameters' values may be secret: only their
/// kinds are told.
#[cold]
pub(super) fn of_stmt(mut error: Error, stmt: &Stmt) -> Error {
    error = error.with_detail("SQL", stmt.sql.clone());
    if !stmt.params.is_empty() {
        let kinds: Vec<&str> = stmt.params.iter().map(Value::describe).collect();
        error = error.with_detail("parameters", kinds.join(", "));
    }
    match stmt.at {
        Some(at) => error.with_location(at),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(fields: &[(u8, &str)]) -> Report {
        let mut body = Vec::new();
        for (field, text) in fields {
            body.push(*field);
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
        body.push(0);
        Report::read(&body).unwrap()
    }

    #[test]
    fn a_conflict_names_the_columns_and_keeps_the_values() {
        let twice = report(&[
            (b'C', "23505"),
            (b'M', "duplicate key value violates unique constraint \"user_email_key\""),
            (b'D', "Key (email, \"Site\")=(ann@secret, 5) already exists."),
            (b'n', "user_email_key"),
            (b't', "user"),
        ]);
        let error = twice.error("postgres://db");
        assert_eq!(*error.kind(), ErrorKind::Conflict { constraint: "user.email, user.Site".into() });
        assert_eq!(error.to_string(), "there is already a row with the same email, Site");
        let index = report(&[
            (b'C', "23505"),
            (b'D', "Key (lower(email))=(ann@secret) already exists."),
            (b'n', "user_lower"),
        ]);
        let error = index.error("postgres://db");
        assert_eq!(*error.kind(), ErrorKind::Conflict { constraint: "user_lower".into() });
        assert!(!format!("{error:?}").contains("ann@secret"));
    }

    #[test]
    fn states_have_their_kinds() {
        for (code, kind, status) in [
            ("23503", ErrorKind::Protected, 409),
            ("40001", ErrorKind::Clash, 503),
            ("40P01", ErrorKind::Clash, 503),
            ("57014", ErrorKind::Timeout, 503),
            ("57P01", ErrorKind::Unavailable, 503),
            ("08006", ErrorKind::Unavailable, 503),
            ("53300", ErrorKind::Unavailable, 503),
            ("28P01", ErrorKind::Settings, 500),
            ("42P01", ErrorKind::Database, 500),
            ("XX000", ErrorKind::Database, 500),
        ] {
            let error = report(&[(b'C', code), (b'M', "m")]).error("postgres://db");
            assert_eq!((error.kind(), error.status().as_u16()), (&kind, status), "{code}");
        }
        let empty = report(&[(b'C', "23502"), (b't', "shop_film"), (b'c', "title")]).error("postgres://db");
        assert!(empty.status() == 500 && empty.to_string().contains("`shop_film.title`"), "{empty}");
    }

    #[test]
    fn the_place_in_the_text_is_shown() {
        assert_eq!(near("SELECT ä FROM x", 10).unwrap(), "FROM x");
        assert!(near("x", 0).is_none() && near("x", 9).is_none());
    }

    #[test]
    fn a_message_cut_short_is_noticed() {
        assert!(Report::read(b"C42").is_err());
    }
}
