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

mod builder;
mod empty;
mod family;
mod guard;
mod guest;
mod hooks;
mod log;
mod notices;
mod options;
pub(crate) mod patience;
mod request;
mod retry;
mod router;
mod shell;
mod surroundings;
mod tx;
pub(crate) mod url;

use std::{
    borrow::Cow,
    fmt,
    panic::Location,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use quintet_core::{
    BoxFuture, Error, Result, Service, Services, WeakServices, meta::ModelMeta, signal::Signals,
};

pub use builder::TxBuilder;
pub use family::Databases;
pub(crate) use family::{DEFAULT, at_home, at_primary, home, primary, to_home};
pub(crate) use guard::HandleId;
pub(crate) use hooks::Hooks;
pub(crate) use log::Pending;
pub(crate) use log::QUERIES;
pub use log::{QueryLog, QueryRecord, Recording};
pub use notices::{Notice, Notices};
pub use options::DbOptions;
pub(crate) use request::Requests;
pub use router::DatabaseRouter;
pub use shell::Shell;
pub(crate) use surroundings::{Key, Surroundings};
pub use tx::Tx;

use crate::{
    change::{Change, Changes, Feed, FeedOwner, Keys, What},
    dialect::Dialect,
    driver::{Begin, Driver, Job, Opener, Place, Replicas},
    executor::{Executor, Inside, Transaction},
    model::Model,
    row::RowSink,
    stmt::{Access, Stmt},
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
    /// What the site calls the database.
    name: Arc<str>,
    /// Do migrations look after its tables?
    migrate: bool,
    /// The URL as it may be shown.
    url: Arc<str>,
    recorders: Arc<log::Recorders>,
    /// How long to wait for what another holds.
    wait: Duration,
    driver: Arc<dyn Driver>,
    /// The database itself, where `driver` sends reads to its copies.
    primary: Option<Arc<dyn Driver>>,
    /// Which of several databases it is.
    member: Option<family::Member>,
    /// The request whose transaction this is. Without, the handle is the database itself.
    request: Option<Arc<request::Request>>,
    feed: Arc<FeedOwner>,
    around: Arc<RwLock<Option<Arc<Surroundings>>>>,
}

impl Inner {
    /// Another handle to the same database.
    fn parts(&self) -> Inner {
        Inner {
            id: self.id,
            name: self.name.clone(),
            migrate: self.migrate,
            url: self.url.clone(),
            recorders: self.recorders.clone(),
            wait: self.wait,
            driver: self.driver.clone(),
            primary: self.primary.clone(),
            member: self.member.clone(),
            request: self.request.clone(),
            feed: self.feed.clone(),
            around: self.around.clone(),
        }
    }
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
        let (id, name, wait) = (HandleId::new(), options.name.as_str().into(), options.writer_wait);
        let mut driver = connect(url, &options).await?;
        let mut primary = None;
        if !options.replicas.is_empty() {
            primary = Some(driver.clone());
            driver = Arc::new(Replicas::open(id, driver, copies(&options)).await?);
        }
        let url = url::masked(url).into();
        let (recorders, feed, around) = (Arc::default(), Arc::default(), Arc::default());
        let (migrate, member, request) = (options.migrate, None, None);
        let inner =
            Inner { id, name, migrate, url, recorders, wait, driver, primary, member, request, feed, around };
        Ok(Db(Arc::new(inner)))
    }

    /// The URL that it was opened with, its password masked.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The URL, and the name where it has one of its own.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match self.name() {
            DEFAULT => self.url().into(),
            name => format!("{name}: {}", self.url()).into(),
        }
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
        self.run(Begin::PLAIN, Location::caller(), work)
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
        self.run(Begin::PLAIN, Location::caller(), work)
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

    /// A transaction with settings of its own: isolation, reading only, trying again, durability.
    ///
    /// ```
    /// # use quintet_orm::{Db, DbOptions, Executor, Isolation, Stmt};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let db = Db::open("sqlite::memory:", DbOptions::default()).await?;
    /// # db.batch("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)".into()).await?;
    /// db.transaction()
    ///     .isolation(Isolation::Serializable)
    ///     .retries(3)
    ///     .run(async |tx| tx.execute(Stmt::write("DELETE FROM note", vec![])).await)
    ///     .await?;
    /// # Ok::<_, quintet_core::Error>(()) }).unwrap();
    /// ```
    pub fn transaction(&self) -> TxBuilder<'_> {
        TxBuilder::new(self)
    }

    async fn run<T, E: From<Error>>(
        &self,
        how: Begin,
        at: Place,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.attempt(how, at, work).await.map_err(|failed| failed.error)
    }

    /// [`Db::run`], which tells whether another transaction got in its way.
    async fn attempt<T, E: From<Error>>(
        &self,
        how: Begin,
        at: Place,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, retry::Failed<E>> {
        let tx = self.start(how, Some(at)).await.map_err(retry::Failed::of)?;
        let shared = tx.shared.clone();
        match self.shadowed(at, work(&tx)).await {
            Ok(value) => match tx.commit().await {
                Ok(()) => Ok(value),
                Err(error) => Err(retry::Failed { error: error.into(), clash: shared.clashed() }),
            },
            Err(error) => {
                if let Err(second) = tx.rollback().await {
                    tracing::error!(error = ?second, "rolling back a failed transaction failed as well");
                }
                Err(retry::Failed { error, clash: shared.clashed() })
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
        self.start(Begin::PLAIN, Some(Location::caller()))
    }

    /// Runs `work` inside of a transaction of this handle.
    fn shadowed<F: Future>(&self, at: Place, work: F) -> impl Future<Output = F::Output> {
        guard::shadow((self.0.id, self.0.url.clone()), at, self.0.request.is_some(), work)
    }

    async fn start(&self, how: Begin, at: Option<Place>) -> Result<Tx> {
        guard::check(self.0.id, "db")?;
        match &self.0.request {
            Some(request) => request.savepoint(how, at, self.is_chosen()).await,
            None => {
                let session = self.0.driver.begin(how, at).await?;
                Tx::root(self.clone(), session, how.terms(), at)
            }
        }
    }

    /// Has `hook` run after the commit if this handle is a request's transaction ([`Tx::on_commit`]), and at once if it is
    /// the database itself, where each statement has committed when its future is done.
    ///
    /// It runs on its own. Its error is only logged.
    ///
    /// # Errors
    /// If the request's transaction has ended, or there is no tokio runtime.
    pub async fn on_commit<F, R>(&self, f: F) -> Result
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        guard::check(self.0.id, "db")?;
        match &self.0.request {
            Some(request) => request.on_commit(hooks::hook(f)).await,
            None => {
                Hooks { list: vec![hooks::hook(f)], runtime: tx::runtime()?, changes: None }.start();
                Ok(())
            }
        }
    }

    /// Is it the transaction of an atomic request?
    #[must_use]
    pub fn is_atomic_request(&self) -> bool {
        self.0.request.is_some()
    }

    /// The database itself, of a handle that is the transaction of an atomic request: for a task that outlives the request,
    /// or a body that is streamed after the handler has answered. Inside of the request it is refused.
    #[must_use]
    pub fn outside(&self) -> Db {
        self.0.request.as_ref().map_or_else(|| self.clone(), |request| request.database().clone())
    }

    /// Collects every statement that runs on this database until the answer is dropped.
    pub fn record(&self) -> Recording {
        Recording::of(vec![self.0.recorders.clone()])
    }

    /// [`record`](Self::record) of all databases that this handle leads to, in one list.
    pub fn record_all(&self) -> Recording {
        Recording::of(self.all().iter().map(|db| db.0.recorders.clone()).collect())
    }

    /// Ends the work that runs, refuses more and closes the connections. Dropping the last clone does the same
    /// without waiting for open transactions.
    pub async fn close(&self) {
        self.0.driver.close().await;
        self.0.feed.close();
    }

    /// Subscribes to what changes in this database: see [`Changes`]. What other programs write, and SQL of your own, is
    /// not seen: say [`touched`](Self::touched) after that.
    ///
    /// Transactions are told in the order in which they have committed, each as one batch; what a rolled back savepoint
    /// did is not in it. Nobody subscribed, nobody pays.
    pub fn changes(&self) -> Changes {
        Changes::to(&self.0.feed)
    }

    /// Says that rows of `M` may have changed in a way that the ORM did not see, as by SQL of your own. Inside a
    /// transaction it is [`Tx::touched`]; a handle that is a request's transaction says it when that commits.
    pub fn touched<M: Model>(&self) {
        let change = Change::new(M::meta(), What::Touched, Keys::Unknown, &[]);
        // Where there is no such database, nobody listens to it.
        let home = home(self, M::meta(), Access::Write).ok().flatten();
        let db = home.as_ref().unwrap_or(self);
        match &db.0.request {
            Some(request) => request.touched(change),
            None => db.0.feed.publish_one(change),
        }
    }

    /// Tells the handle which models there are, so that deleting a row finds all that point to it. In a site the room does
    /// it; a handle that knows of none leaves that to the database's own clauses.
    pub fn know(&self, models: impl IntoIterator<Item = &'static ModelMeta>) {
        self.surround(|around| around.with_models(models));
    }

    /// Sends this handle's signals to these receivers, instead of any given before. In a site the room does it.
    ///
    /// The services are not kept alive: receivers get those of whoever writes
    /// ([`Services::current`]), else these, else none.
    pub fn listen(&self, signals: Signals, services: &Services) {
        self.surround(|around| around.with_signals(signals, services.downgrade()));
    }

    /// [`listen`](Self::listen) before there are services.
    pub(crate) fn listen_to(&self, signals: Signals) {
        self.surround(|around| around.with_signals(signals, WeakServices::default()));
    }

    fn surround(&self, change: impl FnOnce(&Surroundings) -> Surroundings) {
        let mut around = self.0.around.write().unwrap_or_else(PoisonError::into_inner);
        let new = change(around.as_deref().unwrap_or(&Surroundings::default()));
        *around = Some(Arc::new(new));
    }

    /// What is known of the site.
    pub(crate) fn around(&self) -> Option<Arc<Surroundings>> {
        self.0.around.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn feed(&self) -> &Arc<Feed> {
        &self.0.feed
    }

    /// Runs a receiver, which has a transaction's handle: in it, this one is refused, and so is that of the request.
    pub(crate) async fn in_receiver<F: Future>(&self, at: Place, work: F) -> F::Output {
        let current = request::in_request(self);
        guard::shadow((current.0.id, current.0.url.clone()), at, true, async {
            guard::shadow((self.0.id, self.0.url.clone()), at, true, work).await
        })
        .await
    }

    fn job(&self, stmt: Stmt) -> Job {
        let log = self.0.recorders.pending(&stmt, &self.0.name);
        Job { stmt, log }
    }
}

/// Opens one database.
async fn connect(url: &str, options: &DbOptions) -> Result<Arc<dyn Driver>> {
    let parsed = url::DbUrl::parse(url)?;
    let options = options.clone();
    let driver: Box<dyn Driver> = match parsed.scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" => crate::driver::open_sqlite(url, &parsed, options).await?,
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => crate::driver::open_postgres(url, &parsed, options).await?,
        _ => return Err(parsed.unknown_scheme(url, DRIVERS)),
    };
    Ok(driver.into())
}

/// What opens each replica, with its URL as it may be shown.
fn copies(options: &DbOptions) -> Vec<(String, Opener)> {
    let copy = |(url, number): (&String, u16)| {
        let url: Arc<str> = url.as_str().into();
        let shown = url::masked(&url);
        let name = format!("{} (replica {number})", options.name);
        let options = Arc::new(DbOptions { name, replicas: Vec::new(), ..options.clone() });
        let open: Opener = Box::new(move || {
            let (url, options) = (url.clone(), options.clone());
            Box::pin(async move { connect(&url, &options).await })
        });
        (shown, open)
    };
    options.replicas.iter().zip(1..).map(copy).collect()
}

/// The schemes that this build has drivers for.
const DRIVERS: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite",
    #[cfg(feature = "postgres")]
    "postgres",
];

impl Executor for Db {
    fn inside(&self) -> Inside<'_> {
        let log = self.0.request.as_ref().map(|request| request.log());
        Inside { db: Some(self), tx: None, log, chosen: self.is_chosen() }
    }

    fn dialect(&self) -> &'static Dialect {
        self.0.driver.dialect()
    }

    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
        match guard::check(self.0.id, "db") {
            Ok(()) => match &self.0.request {
                Some(request) => Box::pin(async move { request.tx().await?.fetch(stmt, sink).await }),
                None => self.0.driver.fetch(self.job(stmt), sink),
            },
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>> {
        match guard::check(self.0.id, "db") {
            Ok(()) => match &self.0.request {
                Some(request) => Box::pin(async move { request.tx().await?.execute(stmt).await }),
                None => self.0.driver.execute(self.job(stmt)),
            },
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result> {
        match guard::check(self.0.id, "db") {
            Ok(()) => match &self.0.request {
                Some(request) => Box::pin(async move { request.tx().await?.batch(sql).await }),
                None => self.0.driver.batch(self.job(Stmt::write(sql, Vec::new()))),
            },
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>>> {
        Box::pin(
            async move { Ok(Box::new(self.start(Begin::PLAIN, None).await?) as Box<dyn Transaction + 'a>) },
        )
    }
}

/// The site's database; inside of an atomic request, that request's transaction.
impl Service for Db {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Db>().map(request::in_request)
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.request {
            Some(request) => write!(f, "Db({}, in the transaction of {})", self.shown(), request.route()),
            None => write!(f, "Db({})", self.shown()),
        }
    }
}
