use std::{sync::Arc, time::Duration};

use crate::db::DbOptions;

/// What is logged as slow, and of which database.
#[derive(Debug, Clone)]
pub(super) struct Slow {
    /// What the site calls it.
    pub(super) database: Arc<str>,
    /// Statements that take longer.
    pub(super) query: Duration,
    /// Transactions that take longer.
    pub(super) transaction: Duration,
}

impl Slow {
    pub(super) fn of(options: &DbOptions) -> Slow {
        let DbOptions { name, slow_query, slow_transaction, .. } = options;
        Slow { database: name.as_str().into(), query: *slow_query, transaction: *slow_transaction }
    }
}
