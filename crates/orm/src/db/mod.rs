//! The database handles: [`Db`], where each statement stands alone, and [`Tx`], where they stand or fall
//! together.
//!
//! A statement passes through once: handle → guard (is this handle free here?) → query log (does anyone record?) →
//! driver. The driver owns the connections; a handle only ever sends it messages, which is why dropping a future
//! or a transaction at any point leaves nothing half done.
#![cfg_attr(
    not(feature = "sqlite"),
    allow(dead_code, unreachable_code, unused_variables, reason = "no driver is built in")
)]

mod guard;
mod hooks;
mod log;
mod options;
pub(crate) mod patience;
mod tx;
pub(crate) mod url;

use std::{fmt, panic::Location, sync::Arc, time::Duration};

use quintet_core::{BoxFuture, Error, Result, Service, Services};

pub(crate) use guard::HandleId;
pub(crate) use hooks::Hooks;
pub(crate) use log::Pending;
pub use log::{QueryLog, QueryRecord, Recording};
pub use options::DbOptions;
pub use tx::Tx;

use crate::{
    dialect::Dialect,
    driver::{Begin, Driver, Job, Place},
    executor::{Executor, Transaction},
    row::RowSink,
    stmt::Stmt,
};

/// A database. Cheap to clone; all clones share its connections.
///
/// Each statement given to it stands alone: it is committed when its future is done. For several that belong
/// together there is [`Db::atomic`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use quintet_core::Value;
/// use quintet_orm::{Db, DbOptions, Executor, Stmt};
///
/// let db = Db::open("sqlite::memory:", DbOptions::default()).await?;
/// db.batch("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)".into()).await?;
/// db.atomic(async |tx| {
///     for text in ["a", "b"] {
///         let values = vec![Value::Text(text.into())];
///         tx.execute(Stmt::write("INSERT INTO note (text) VALUES (?1)", values)).await?;
///     }
///     Ok(())
/// })
/// .await?;
/// # Ok::<_, quintet_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    id: HandleId,
    /// The URL as it may be shown.
    url: String,
    recorders: Arc<log::Recorders>,
    /// How long to wait for what another holds.
    wait: Duration,
    driver: Box<dyn Driver>,
}

impl Db {
    /// Opens a database: `sqlite://site.db` (relative to [`DbOptions::root`]), `sqlite:///var/lib/site.db`,
    /// `sqlite::memory:`. A SQLite file that is missing is made; `?mode=ro` opens one for reading only.
    ///
    /// With the feature `postgres`: `postgres://user:password@host:5432/database`. Behind its `?` may stand `sslmode`
    /// (`disable`, `prefer`, `require`, `verify-full`; the latter two with the feature `postgres-tls`), `sslrootcert`,
    /// `application_name`, `connect_timeout` in seconds, `options` (`-c%20search_path%3Dshop`), `host` (also the
    /// directory of a Unix socket), `port`, `dbname`, `user`, `password`, and `prepare=off` for a pooler that gives each
    /// transaction another server.
    ///
    /// # Errors
    /// Kind `Settings` if the URL or its path is wrong, `Unavailable` if another process has the file locked, `Database` if the
    /// file is no database or can't be used. Each names the URL (its password masked) and what to do.
    pub async fn open(url: &str, options: DbOptions) -> Result<Db> {
        let parsed = url::DbUrl::parse(url)?;
        let wait = options.writer_wait;
        let driver: Box<dyn Driver> = match parsed.scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => crate::driver::open_sqlite(url, &parsed, options).await?,
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => crate::driver::open_postgres(url, &parsed, options).await?,
            _ => return Err(parsed.unknown_scheme(url, DRIVERS)),
        };
        let (id, url) = (HandleId::new(), url::masked(url));
        let inner = Inner { id, url, recorders: Arc::default(), wait, driver };
        Ok(Db(Arc::new(inner)))
    }

    /// The URL that it was opened with, its password masked.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Runs `work` in a transaction: commits if it ends with `Ok`, rolls back if it ends with `Err`, panics or is
    /// dropped.
    ///
    /// Inside it, use the handle that the closure is given; `self` is refused there. On SQLite the transaction has
    /// the only writer until it ends: keep it short, and keep mail and HTTP out of it ([`Tx::on_commit`]).
    ///
    /// # Errors
    /// Those of `work`, and those of beginning and committing.
    #[track_caller]
    pub fn atomic<'a, T: 'a>(
        &'a self,
        work: impl AsyncFnOnce(&Tx) -> Result<T> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.run(Begin::Data, Location::caller(), work)
    }

    /// [`Db::atomic`] with an error type of your own.
    ///
    /// # Errors
    /// Those of `work`, and those of beginning and committing.
    #[track_caller]
    pub fn try_atomic<'a, T: 'a, E: From<Error> + 'a>(
        &'a self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E> + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        self.run(Begin::Data, Location::caller(), work)
    }

    /// [`Db::atomic`] for changes to the schema: on SQLite, where a table is changed by building it anew, foreign
    /// keys are not enforced inside it; they are all checked before it commits.
    ///
    /// # Errors
    /// Those of `work`, and those of beginning and committing; a row that points nowhere is named.
    #[track_caller]
    pub fn atomic_schema<'a, T: 'a>(
        &'a self,
        work: impl AsyncFnOnce(&Tx) -> Result<T> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.run(Begin::Schema, Location::caller(), work)
    }

    async fn run<T, E: From<Error>>(
        &self,
        how: Begin,
        at: Place,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.start(how, Some(at)).await?;
        match guard::shadow(self.0.id, at, work(&tx)).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(second) = tx.rollback().await {
                    tracing::error!(error = ?second, "rolling back a failed transaction failed as well");
                }
                Err(error)
            }
        }
    }

    /// Begins a transaction that ends by [`Tx::commit`] or [`Tx::rollback`]; dropping it rolls back. Prefer
    /// [`Db::atomic`], which can't be forgotten.
    ///
    /// # Errors
    /// With 503 if the writer is not free in time.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Tx>> + '_ {
        self.start(Begin::Data, Some(Location::caller()))
    }

    async fn start(&self, how: Begin, at: Option<Place>) -> Result<Tx> {
        guard::check(self.0.id, "db")?;
        let session = self.0.driver.begin(how, at).await?;
        Tx::root(self.clone(), session, at)
    }

    /// Collects every statement that runs on this database until the answer is dropped.
    pub fn record(&self) -> Recording {
        self.0.recorders.record()
    }

    /// Ends the work that runs, refuses more and closes the connections. Dropping the last clone does the same
    /// without waiting for open transactions.
    pub async fn close(&self) {
        self.0.driver.close().await;
    }

    fn job(&self, stmt: Stmt) -> Job {
        let log = self.0.recorders.pending(&stmt);
        Job { stmt, log }
    }
}

/// The schemes that this build has drivers for.
const DRIVERS: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite",
    #[cfg(feature = "postgres")]
    "postgres",
];

impl Executor for Db {
    fn dialect(&self) -> &'static Dialect {
        self.0.driver.dialect()
    }

    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
        match guard::check(self.0.id, "db") {
            Ok(()) => self.0.driver.fetch(self.job(stmt), sink),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>> {
        match guard::check(self.0.id, "db") {
            Ok(()) => self.0.driver.execute(self.job(stmt)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result> {
        match guard::check(self.0.id, "db") {
            Ok(()) => self.0.driver.batch(self.job(Stmt::write(sql, Vec::new()))),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>>> {
        Box::pin(
            async move { Ok(Box::new(self.start(Begin::Data, None).await?) as Box<dyn Transaction + 'a>) },
        )
    }
}

impl Service for Db {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Db>().cloned()
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({})", self.0.url)
    }
}
