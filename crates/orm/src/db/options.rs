use std::{path::PathBuf, time::Duration};

/// How a database is opened. Start from the default and change what differs.
///
/// ```
/// use quintet_orm::DbOptions;
///
/// let options = DbOptions { readers: 2, ..DbOptions::default() };
/// assert_eq!(options.writer_wait.as_secs(), 5);
/// ```
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// What the site calls the database, in logs and for [`Db::using`](crate::Db::using). By default `default`.
    pub name: String,
    /// URLs of copies that the server keeps up to date: they take over reads outside of transactions. By default none.
    pub replicas: Vec<String>,
    /// Do migrations look after its tables? Not where others do. By default they do.
    pub migrate: bool,
    /// The directory that relative paths in the URL start from: the site's. By default the working directory.
    pub root: PathBuf,
    /// SQLite: most threads that read at the same time. By default the number of cores, at most 4.
    pub readers: usize,
    /// SQLite: how much of a query is run on the thread that asks for it, in steps of SQLite's machine (`EXPLAIN` shows them;
    /// reading a row takes one for each column and a few more). One that takes more is broken off and run anew by a thread of
    /// the database, so that it holds up no other task. With 0 all is run by those threads, for files on slow disks. By default
    /// 4000, which takes about 50 µs.
    pub inline_steps: u32,
    /// How long a write waits for others before it fails with 503. By default 5 s.
    pub writer_wait: Duration,
    /// Statements that take longer are logged as warnings. By default 200 ms.
    pub slow_query: Duration,
    /// Transactions that take longer are logged as warnings. By default 1 s.
    pub slow_transaction: Duration,
    /// PostgreSQL: connections that all single statements share. By default the number of cores, between 2 and 4.
    pub lanes: usize,
    /// PostgreSQL: most connections for transactions and long statements. By default 10.
    pub connections: usize,
    /// PostgreSQL: how long to wait for a connection before failing with 503. By default 5 s.
    pub connection_wait: Duration,
    /// PostgreSQL: how long a statement may take before the server ends it; zero is as long as it likes. By default 30 s.
    /// Behind a pooler (`?prepare=off`) it holds inside transactions only: set it there with `ALTER ROLE … SET
    /// statement_timeout`.
    pub statement_timeout: Duration,
    /// PostgreSQL: the same for statements marked with [`Stmt::long`](crate::Stmt::long). By default 10 minutes.
    pub long_timeout: Duration,
    /// Prepared statements kept by each connection. By default 256.
    pub statement_cache: usize,
}

impl Default for DbOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        DbOptions {
            name: super::DEFAULT.to_owned(),
            replicas: Vec::new(),
            migrate: true,
            root: PathBuf::from("."),
            readers: cores.min(4),
            inline_steps: 4000,
            writer_wait: Duration::from_secs(5),
            slow_query: Duration::from_millis(200),
            slow_transaction: Duration::from_secs(1),
            lanes: cores.clamp(2, 4),
            connections: 10,
            connection_wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            long_timeout: Duration::from_secs(600),
            statement_cache: 256,
        }
    }
}
