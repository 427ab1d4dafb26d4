//! What SQLite reports, as errors that say what to do.

use std::path::Path;

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Value};
use rusqlite::{ErrorCode, ffi};

use crate::{empty::empty_column, stmt::Stmt};

/// The statement and the database that an error is about.
pub(super) struct Context<'a> {
    pub(super) stmt: &'a Stmt,
    /// The URL as it may be shown.
    pub(super) url: &'a str,
}

impl Context<'_> {
    /// SQLite's error about this statement.
    #[cold]
    pub(super) fn of(&self, error: rusqlite::Error) -> Error {
        let mapped = translate(&error, self.url);
        self.error(mapped.with_source(error))
    }

    /// Adds what developers need to any error about this statement. The parameters' values may be secret: only their
    /// kinds are told.
    #[cold]
    pub(super) fn error(&self, mut error: Error) -> Error {
        error = error.with_detail("SQL", self.stmt.sql.clone());
        if !self.stmt.params.is_empty() {
            let kinds: Vec<&str> = self.stmt.params.iter().map(Value::describe).collect();
            error = error.with_detail("parameters", kinds.join(", "));
        }
        match self.stmt.at {
            Some(at) => error.with_location(at),
            None => error,
        }
    }
}

/// An error of a step that is no statement of the program's: BEGIN, COMMIT, a savepoint.
#[cold]
pub(super) fn of_step(step: &str, error: rusqlite::Error, url: &str) -> Error {
    translate(&error, url).with_source(error).with_detail("SQL", step)
}

/// Busy, for as long as the driver was willing to wait.
pub(super) fn unavailable(message: String) -> Error {
    Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, message)
}

fn translate(error: &rusqlite::Error, url: &str) -> Error {
    let (code, text) = match error {
        rusqlite::Error::SqliteFailure(code, text) => (code, text.as_deref().unwrap_or_default()),
        rusqlite::Error::SqlInputError { error: code, msg, .. } => (code, msg.as_str()),
        rusqlite::Error::MultipleStatement => {
            return Error::database(
                "several statements were given as one: run them one by one, or with `batch`",
            );
        }
        other => return Error::database(other.to_string()),
    };
    let shown = if text.is_empty() { error.to_string() } else { text.to_owned() };
    match code.code {
        ErrorCode::ConstraintViolation => constraint(code.extended_code, &shown),
        // What it has read is no longer so. It can't come to that where transactions that write have the writer from their
        // beginning on; SQL of one's own may begin them otherwise.
        _ if code.extended_code == ffi::SQLITE_BUSY_SNAPSHOT => Error::of_kind(
            ErrorKind::Clash,
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{shown}: another transaction has written since this one began to read; run it again"),
        ),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            unavailable(format!(
                "the database `{url}` is locked by another process ({shown}): end its transaction, or raise `writer_wait`"
            ))
        }
        ErrorCode::ReadOnly => Error::database(format!(
            "the database `{url}` can't be written to ({shown}): the site's user needs write permission for the file and its \
             directory; `mode=ro` in the URL and a transaction that was begun as read-only refuse writes"
        )),
        ErrorCode::DiskFull => Error::database(format!(
            "the disk of the database `{url}` is full ({shown}): nothing of this statement was kept"
        )),
        ErrorCode::DatabaseCorrupt => Error::database(format!(
            "the database `{url}` is damaged ({shown}): stop the site, keep a copy, and restore a backup (or try \
             `sqlite3 FILE .recover`)"
        )),
        ErrorCode::NotADatabase => Error::database(format!(
            "the file of `{url}` is not a SQLite database (or is encrypted): check the path, or move the file away"
        )),
        ErrorCode::CannotOpen => Error::database(format!(
            "the database `{url}` can't be opened ({shown}): check its directory and permissions"
        )),
        ErrorCode::SystemIoFailure => {
            Error::database(format!("the disk failed under the database `{url}` ({shown})"))
        }
        _ if shown.starts_with("no such table") || shown.starts_with("no such column") => Error::database(
            format!("{shown}: have all migrations been made and applied? (`makemigrations`, `migrate`)"),
        ),
        _ => Error::database(shown),
    }
}

fn constraint(extended: std::ffi::c_int, text: &str) -> Error {
    let subject = text.split_once("constraint failed: ").map_or(text, |(_, subject)| subject);
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            let constraint = subject.strip_prefix("index ").map_or(subject, |index| index.trim_matches('\''));
            conflict(constraint, format!("there is already a row with the same {}", columns(constraint)))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER
            if text.contains("FOREIGN KEY") =>
        {
            Error::of_kind(
                ErrorKind::Protected,
                StatusCode::CONFLICT,
                "other rows point to this one, or it points to a row that does not exist",
            )
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let (table, column) = subject.rsplit_once('.').unwrap_or(("", subject));
            empty_column(table, column)
        }
        ffi::SQLITE_CONSTRAINT_CHECK => conflict(subject, format!("the value breaks the rule `{subject}`")),
        // STRICT tables, RAISE(ABORT) of a trigger, a virtual table.
        _ => conflict(subject, text.to_owned()),
    }
}

fn conflict(constraint: &str, message: String) -> Error {
    let kind = ErrorKind::Conflict { constraint: constraint.to_owned() };
    Error::of_kind(kind, StatusCode::CONFLICT, message)
}

/// `shop_user.email, shop_user.site` → `email, site`.
fn columns(subject: &str) -> String {
    let names: Vec<&str> =
        subject.split(", ").map(|c| c.rsplit_once('.').map_or(c, |(_, name)| name)).collect();
    names.join(", ")
}

/// Why a file could not be opened, as far as looking at it tells.
pub(super) fn cannot_open(url: &str, path: &Path, error: rusqlite::Error) -> Error {
    if path.is_dir() {
        return Error::settings(format!(
            "database URL `{url}`: {} is a directory; name a file in it",
            path.display()
        ));
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => Error::settings(format!(
            "database URL `{url}`: the directory {} does not exist; make it, or correct the URL",
            parent.display()
        )),
        _ => of_step("opening", error, url),
    }
}
