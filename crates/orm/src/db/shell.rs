//! The database's own program for people at a terminal.

use std::ffi::OsString;

use quintet_core::{Error, Result};

use super::{Db, DbOptions, url::DbUrl};

/// How the database's own program is started on a database.
///
/// Passwords are in the environment and never among the arguments, which everybody on the machine can read.
#[derive(Clone, PartialEq, Eq)]
pub struct Shell {
    /// `sqlite3`, `psql`.
    pub program: &'static str,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables of its environment; a value may be secret.
    pub env: Vec<(&'static str, OsString)>,
}

/// The environment's names only.
impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.env.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Shell")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &names)
            .finish()
    }
}

impl Db {
    /// The program for the database with this URL.
    ///
    /// # Errors
    /// Of kind `Settings` if the URL is wrong, or the database has no such program: one in memory.
    pub fn shell(url: &str, options: &DbOptions) -> Result<Shell> {
        let parsed = DbUrl::parse(url)?;
        match parsed.scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => crate::driver::sqlite_shell(url, &parsed, options),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => crate::driver::postgres_shell(url, &parsed, options),
            other => Err(Error::settings(format!("there is no program known for a database of `{other}`"))),
        }
    }
}
