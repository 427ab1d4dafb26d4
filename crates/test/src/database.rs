//! The databases that a test runs on: SQLite in memory always; a database of its own on a real server where the
//! environment names one.
//!
//! On PostgreSQL the site is migrated once in a process, into a template; each test gets a copy of it, which the
//! server makes in milliseconds, and which is dropped when the test is over.
use std::collections::BTreeMap;

use quintet_cli::boot;
use quintet_core::{Result, Site};

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

/// The URLs of a site's databases, by name.
#[derive(Clone, Debug)]
pub(crate) struct Urls(BTreeMap<String, String>);

impl Urls {
    /// SQLite in memory for each of these.
    pub(crate) fn in_memory(names: &[String]) -> Urls {
        Urls(names.iter().map(|name| (name.clone(), "sqlite::memory:".to_owned())).collect())
    }

    /// The settings that make a site use them, and no replicas.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let of = |(name, url): (&String, &String)| match name.as_str() {
            DEFAULT => vec![("database.url".to_owned(), url.clone())],
            name => {
                let replicas = (format!("databases.{name}.replicas"), String::new());
                vec![(format!("databases.{name}.url"), url.clone()), replicas]
            }
        };
        self.0.iter().flat_map(of).collect()
    }
}

/// What the database of `[database]` is called.
const DEFAULT: &str = "default";

/// The names of a site's databases: `default`, and those of `[databases.NAME]` in its `quintet.toml`.
pub(crate) fn names(site: &Site) -> Result<Vec<String>> {
    let root = boot::directory(site)?;
    let mut names = boot::read_sources(&root)?.names("databases");
    // It is refused when the site starts.
    names.retain(|name| name != DEFAULT);
    names.insert(0, DEFAULT.to_owned());
    Ok(names)
}

/// The databases for one test.
pub(crate) struct Own {
    /// Where the site finds them.
    pub(crate) urls: Urls,
    #[cfg(feature = "postgres")]
    copies: Vec<postgres::Copy>,
}

impl Own {
    /// SQLite in memory.
    pub(crate) fn in_memory(names: &[String]) -> Own {
        Own {
            urls: Urls::in_memory(names),
            #[cfg(feature = "postgres")]
            copies: Vec::new(),
        }
    }

    /// Databases on `on` of these names. `migrate` brings those with the URLs that it is given up to date; it is called once
    /// for all tests of `key` in this process.
    pub(crate) async fn make(
        on: On,
        key: &'static str,
        names: &[String],
        migrate: impl AsyncFnOnce(Urls) -> Result,
    ) -> Result<Own> {
        match on {
            On::Sqlite => {
                // Nothing is shared between databases in memory: each is migrated when its site starts.
                drop((key, migrate));
                Ok(Own::in_memory(names))
            }
            #[cfg(feature = "postgres")]
            On::Postgres => {
                let Some(url) = server() else { return Ok(Own::in_memory(names)) };
                let copies = postgres::copies(&url, key, names, migrate).await?;
                let urls = copies.iter().map(|copy| (copy.of.clone(), copy.url.clone())).collect();
                Ok(Own { urls: Urls(urls), copies })
            }
            #[cfg(not(feature = "postgres"))]
            On::Postgres => Ok(Own::in_memory(names)),
        }
    }

    /// Drops them, when the site has let go of them.
    pub(crate) async fn clear(self) -> Result {
        #[cfg(feature = "postgres")]
        for copy in self.copies {
            copy.drop_it().await?;
        }
        Ok(())
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::{
        collections::{BTreeMap, HashMap},
        sync::atomic::{AtomicU32, Ordering},
        time::{SystemTime, UNIX_EPOCH},
    };

    use quintet_core::{Error, Result, Value};
    use quintet_orm::{Db, DbOptions, Executor, Stmt};
    use tokio::sync::Mutex;

    use super::Urls;

    /// What all test databases are called, before the second they were made in.
    const PREFIX: &str = "quintet_test_";
    /// Databases of processes that were killed are dropped after this many seconds by whoever comes next.
    const LEFT_BEHIND: u64 = 3600;

    /// The templates of this process, one for each database, by the site they are of.
    static TEMPLATES: Mutex<Option<HashMap<&'static str, Vec<String>>>> = Mutex::const_new(None);

    /// A copy of a template.
    pub(super) struct Copy {
        /// What the site calls the database.
        pub(super) of: String,
        pub(super) url: String,
        name: String,
        admin: Db,
    }

    pub(super) async fn copies(
        server: &str,
        key: &'static str,
        databases: &[String],
        migrate: impl AsyncFnOnce(Urls) -> Result,
    ) -> Result<Vec<Copy>> {
        let options = DbOptions { connections: 1, lanes: 1, ..DbOptions::default() };
        let admin = Db::open(server, options).await?;
        // One at a time: the server refuses a copy while somebody else is connected to the template.
        let mut templates = TEMPLATES.lock().await;
        if templates.is_none() {
            sweep(&admin).await?;
        }
        let templates = templates.get_or_insert_default();
        let from = match templates.get(key) {
            Some(names) => names.clone(),
            None => {
                let (mut names, mut urls) = (Vec::new(), BTreeMap::new());
                for database in databases {
                    let name = new_name();
                    admin.batch(format!("CREATE DATABASE {}", quoted(&admin, &name))).await?;
                    urls.insert(database.clone(), with_database(server, &name)?);
                    names.push(name);
                }
                migrate(Urls(urls)).await?;
                templates.insert(key, names.clone());
                names
            }
        };
        let mut copies = Vec::with_capacity(databases.len());
        for (of, template) in databases.iter().zip(from) {
            let name = new_name();
            let sql =
                format!("CREATE DATABASE {} TEMPLATE {}", quoted(&admin, &name), quoted(&admin, &template));
            admin.batch(sql).await?;
            let url = with_database(server, &name)?;
            copies.push(Copy { of: of.clone(), url, name, admin: admin.clone() });
        }
        Ok(copies)
    }

    impl Copy {
        pub(super) async fn drop_it(self) -> Result {
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.admin, &self.name));
            self.admin.batch(sql).await
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
