//! Opening a connection: the file, the pragmas, the functions.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result, near::did_you_mean};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{errors, functions};
use crate::db::{
    DbOptions,
    url::{DbUrl, masked},
};

/// A database file and how to connect to it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The URL as it may be shown.
    pub(super) url: Arc<str>,
    /// The file; none for a database in memory.
    pub(super) path: Option<PathBuf>,
    pub(super) read_only: bool,
    statement_cache: usize,
    /// How long to wait for other processes.
    pub(super) busy: Duration,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

impl Target {
    pub(super) fn new(url: &str, parsed: &DbUrl<'_>, options: &DbOptions) -> Result<Target> {
        let shown = masked(url);
        let mut read_only = false;
        for (key, value) in &parsed.options {
            read_only = match (*key, *value) {
                ("mode", "ro") => true,
                ("mode", "rw") => false,
                ("mode", other) => {
                    return Err(Error::settings(format!(
                        "database URL `{shown}`: mode is `ro` or `rw`, not `{other}`"
                    )));
                }
                (other, _) => {
                    return Err(Error::settings(format!(
                        "database URL `{shown}`: SQLite has no option `{other}` here, only `mode`{}",
                        did_you_mean(other, ["mode"])
                    )));
                }
            };
        }
        let path = match parsed.rest {
            ":memory:" => None,
            "" => {
                return Err(Error::settings(format!(
                    "database URL `{shown}` names no file: write `sqlite://site.db`"
                )));
            }
            path => {
                let decoded = percent_decode_str(path).decode_utf8().map_err(|_| {
                    Error::settings(format!(
                        "database URL `{shown}`: the path is not UTF-8 after decoding its `%`"
                    ))
                })?;
                Some(options.root.join(&*decoded))
            }
        };
        if path.is_none() && read_only {
            return Err(Error::settings(format!(
                "database URL `{shown}`: a database in memory can't be read-only"
            )));
        }
        let (statement_cache, busy) = (options.statement_cache, options.writer_wait);
        Ok(Target { url: shown.into(), path, read_only, statement_cache, busy })
    }

    /// Opens a connection on the calling thread.
    pub(super) fn connect(&self, role: Role) -> Result<Connection> {
        // One thread at a time uses a connection, so SQLite needs no mutex of its own. URIs are off: `file:` in a path
        // is a file's name.
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= match (self.read_only, role) {
            (true, _) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            (false, Role::Writer) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            // Not READ_ONLY: a reader of a WAL file takes part in its shared memory.
            (false, Role::Reader) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = match &self.path {
            Some(path) => Connection::open_with_flags(path, flags).map_err(|e| self.cannot_open(path, e))?,
            None => Connection::open_in_memory_with_flags(flags)
                .map_err(|e| errors::of_step("opening", e, &self.url))?,
        };
        self.prepare(&connection, role).map_err(|e| self.step_failed("opening", e))?;
        self.check_writable(&connection, role)?;
        Ok(connection)
    }

    fn prepare(&self, connection: &Connection, role: Role) -> rusqlite::Result<()> {
        connection.busy_timeout(self.busy)?;
        // A misspelt column in double quotes is an error, not a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_prepared_statement_cache_capacity(self.statement_cache);
        functions::register(connection)?;
        connection.execute_batch(PRAGMAS)?;
        if role == Role::Reader || self.read_only {
            return connection.execute_batch("PRAGMA query_only = ON");
        }
        if self.path.is_some() && !connection.is_readonly(c"main")? {
            // Readers and the writer don't wait for each other in this mode. It is a property of the file.
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// SQLite opens a file that it may not write to for reading without a word.
    fn check_writable(&self, connection: &Connection, role: Role) -> Result {
        let read_only = connection.is_readonly(c"main").map_err(|e| self.step_failed("opening", e))?;
        if role == Role::Reader || self.read_only || !read_only {
            return Ok(());
        }
        Err(Error::settings(format!(
            "database URL `{}`: the file can be read but not written to; give the site's user write permission for it and \
             its directory, or add `?mode=ro` to the URL to open it for reading only",
            self.url
        )))
    }

    fn step_failed(&self, step: &str, error: rusqlite::Error) -> Error {
        errors::of_step(step, error, &self.url)
    }

    fn cannot_open(&self, path: &Path, error: rusqlite::Error) -> Error {
        errors::cannot_open(&self.url, path, error)
    }
}

/// For every connection. `foreign_keys` is off by default in SQLite; in WAL mode `synchronous = NORMAL` can lose the last
/// commits at a power cut but never damages the file. `cache_size` is in KiB when negative, the others in bytes.
const PRAGMAS: &str = "
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = NORMAL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA mmap_size = 134217728;
    PRAGMA journal_size_limit = 67108864;
";
