use std::fmt;

/// What a transaction sees of others that run at the same time. Later ones are stronger; a database may give more than is
/// asked for, never less: SQLite's transactions are always serializable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Each statement sees what was committed before it began. PostgreSQL's transactions are like that unless they ask for
    /// more.
    ReadCommitted,
    /// All statements see what was committed before the first one. On PostgreSQL, changing a row that another transaction
    /// has changed since then fails with [`ErrorKind::Clash`](quintet_core::ErrorKind::Clash).
    RepeatableRead,
    /// As if one transaction ran after the other. On PostgreSQL one of those that can't be put in such an order fails with
    /// [`ErrorKind::Clash`](quintet_core::ErrorKind::Clash), at a statement or at its commit: have it run again
    /// ([`TxBuilder::retries`](crate::TxBuilder::retries)).
    Serializable,
}

impl Isolation {
    /// In SQL: `READ COMMITTED`.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        }
    }
}

/// `read committed`
impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Isolation::ReadCommitted => "read committed",
            Isolation::RepeatableRead => "repeatable read",
            Isolation::Serializable => "serializable",
        })
    }
}
