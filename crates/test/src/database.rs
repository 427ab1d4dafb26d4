//! The databases that a test runs on: SQLite in memory always; a database of its own on a real server where the
//! environment names one.
//!
//! On PostgreSQL the site is migrated once in a process, into a template; each test gets a copy of it, which the
//! server makes in milliseconds, and which is dropped when the test is over.
use quintet_core::Result;

/// Where a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// SQLite in memory.
    Sqlite,
    /// A database of its own on the server that `QUINTET_TEST_POSTGRES` names.
    Postgres,
}

/// What a test may run on: `#[quintet::test(site, on = "…")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// SQLite, and each server that the environment names.
    All,
    /// One of them only.
    Only(On),
}

impl Choice {
    /// The databases to run on, in order; SQLite first.
    pub(crate) fn list(self) -> Vec<On> {
        let all = [On::Sqlite, On::Postgres].into_iter();
        let wanted = all.filter(|on| self == Choice::All || self == Choice::Only(*on));
        wanted.filter(|on| on.is_there(self)).collect()
    }
}

impl On {
    /// Can tests run there? Tells why not if it was asked for by name.
    fn is_there(self, choice: Choice) -> bool {
        let missing = match self {
            On::Sqlite => return true,
            On::Postgres if !cfg!(feature = "postgres") => "the feature `postgres` is off",
            On::Postgres if server().is_none() => "QUINTET_TEST_POSTGRES is not set",
            On::Postgres => return true,
        };
        if choice == Choice::Only(self) {
            println!("skipped: {missing}");
        }
        false
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            On::Sqlite => "SQLite",
            On::Postgres => "PostgreSQL",
        }
    }
}

fn server() -> Option<String> {
    std::env::var("QUINTET_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A database for one test.
pub(crate) struct Own {
    /// Where the site finds it.
    pub(crate) url: String,
    #[cfg(feature = "postgres")]
    server: Option<postgres::Copy>,
}

impl Own {
    /// SQLite in memory.
    pub(crate) fn in_memory() -> Own {
        Own {
            url: "sqlite::memory:".into(),
            #[cfg(feature = "postgres")]
            server: None,
        }
    }

    /// A database on `on`. `migrate` brings the database with the URL that it is given up to date; it is called once for
    /// all tests of `key` in this process.
    pub(crate) async fn make(
        on: On,
        key: &'static str,
        migrate: impl AsyncFnOnce(String) -> Result,
    ) -> Result<Own> {
        match on {
            On::Sqlite => {
                // Nothing is shared between databases in memory: each is migrated when its site starts.
                drop((key, migrate));
                Ok(Own::in_memory())
            }
            #[cfg(feature = "postgres")]
            On::Postgres => {
                let Some(url) = server() else { return Ok(Own::in_memory()) };
                let copy = postgres::copy(&url, key, migrate).await?;
                Ok(Own { url: copy.url.clone(), server: Some(copy) })
            }
            #[cfg(not(feature = "postgres"))]
            On::Postgres => Ok(Own::in_memory()),
        }
    }

    /// Drops it, when the site has let go of it.
    pub(crate) async fn clear(self) -> Result {
        #[cfg(feature = "postgres")]
        if let Some(copy) = self.server {
            copy.drop_it().await?;
        }
        Ok(())
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::{
        collections::HashMap,
        sync::atomic::{AtomicU32, Ordering},
        time::{SystemTime, UNIX_EPOCH},
    };

    use quintet_core::{Error, Result, Value};
    use quintet_orm::{Db, DbOptions, Executor, Stmt};
    use tokio::sync::Mutex;

    /// What all test databases are called, before the second they were made in.
    const PREFIX: &str = "quintet_test_";
    /// Databases of processes that were killed are dropped after this many seconds by whoever comes next.
    const LEFT_BEHIND: u64 = 3600;

    /// The templates of this process, by the site they are of.
    static TEMPLATES: Mutex<Option<HashMap<&'static str, String>>> = Mutex::const_new(None);

    /// A copy of a template.
    pub(super) struct Copy {
        pub(super) url: String,
        name: String,
        admin: Db,
    }

    pub(super) async fn copy(
        server: &str,
        key: &'static str,
        migrate: impl AsyncFnOnce(String) -> Result,
    ) -> Result<Copy> {
        let options = DbOptions { connections: 1, lanes: 1, ..DbOptions::default() };
        let admin = Db::open(server, options).await?;
        // One at a time: the server refuses a copy while somebody else is connected to the template.
        let mut templates = TEMPLATES.lock().await;
        if templates.is_none() {
            sweep(&admin).await?;
        }
        let templates = templates.get_or_insert_default();
        let template = match templates.get(key) {
            Some(name) => name.clone(),
            None => {
                let name = new_name();
                admin.batch(format!("CREATE DATABASE {}", quoted(&admin, &name))).await?;
                migrate(with_database(server, &name)?).await?;
                templates.insert(key, name.clone());
                name
            }
        };
        let name = new_name();
        let sql = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&admin, &name), quoted(&admin, &template));
        admin.batch(sql).await?;
        Ok(Copy { url: with_database(server, &name)?, name, admin })
    }

    impl Copy {
        pub(super) async fn drop_it(self) -> Result {
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.admin, &self.name));
            let dropped = self.admin.batch(sql).await;
            self.admin.close().await;
            dropped
        }
    }

    fn quoted(db: &Db, name: &str) -> String {
        db.dialect().quoted(name)
    }

    /// `quintet_test_<second>_<process>_<number>`.
    fn new_name() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("{PREFIX}{}_{}_{number}", now(), std::process::id())
    }

    fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Drops what earlier processes have left behind, templates among it.
    async fn sweep(admin: &Db) -> Result {
        let sql = "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)";
        let db: &dyn Executor = admin;
        for row in db.rows(Stmt::read(sql, vec![Value::Text(PREFIX.into())])).await? {
            let Some(Value::Text(name)) = row.into_iter().next() else { continue };
            let made = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()?.parse::<u64>().ok());
            if made.is_some_and(|made| made + LEFT_BEHIND < now()) {
                // Another process may be sweeping, too.
                admin.batch(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(admin, &name))).await?;
            }
        }
        Ok(())
    }

    /// The URL with another database.
    pub(super) fn with_database(url: &str, name: &str) -> Result<String> {
        let wrong = || {
            Error::settings(
                "QUINTET_TEST_POSTGRES is no URL of a server: write postgres://user:password@host:5432/database",
            )
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let authority = place.rsplit_once('/').map_or(place, |(authority, _)| authority);
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{scheme}://{authority}/{name}{query}"))
    }

    #[cfg(test)]
    mod tests {
        use super::with_database;

        #[test]
        fn another_database_on_the_same_server() {
            for (url, expected) in [
                ("postgres://a:b@h:1/site", "postgres://a:b@h:1/t"),
                ("postgres://a:b%2F@h:1/site?sslmode=disable", "postgres://a:b%2F@h:1/t?sslmode=disable"),
                ("postgres://h", "postgres://h/t"),
            ] {
                assert_eq!(with_database(url, "t").unwrap(), expected);
            }
            assert!(with_database("site.db", "t").unwrap_err().to_string().contains("QUINTET_TEST_POSTGRES"));
        }
    }
}
