//! Who has the writer, for those who wait for it in vain.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use quintet_core::Error;

use super::errors::unavailable;
use crate::{driver::Place, stmt::Stmt};

/// What the writer is doing.
#[derive(Debug, Default)]
pub(super) struct Holder(Mutex<Option<Held>>);

#[derive(Debug)]
struct Held {
    since: Instant,
    by: By,
}

#[derive(Debug)]
enum By {
    Transaction(Option<Place>),
    StatementAt(Place),
    /// A statement that does not know who asked for it: how its text begins.
    Statement(String),
}

impl Holder {
    pub(super) fn transaction(&self, at: Option<Place>) {
        self.set(Some(By::Transaction(at)));
    }

    /// Where the transaction that has the writer was begun, as its first statement tells.
    pub(super) fn transaction_is_at(&self, place: Place) {
        if let Some(held) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            held.by = By::Transaction(Some(place));
        }
    }

    pub(super) fn statement(&self, stmt: &Stmt) {
        self.set(Some(match stmt.at {
            Some(at) => By::StatementAt(at),
            None => By::Statement(stmt.sql.chars().take(60).collect()),
        }));
    }

    pub(super) fn free(&self) {
        self.set(None);
    }

    fn set(&self, by: Option<By>) {
        let held = by.map(|by| Held { since: Instant::now(), by });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// The error of one who waited for `waited`.
    #[cold]
    pub(super) fn busy(&self, waited: Duration, at: Option<Place>) -> Error {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let who = match &*held {
            Some(Held { since, by }) => {
                let by = match by {
                    By::Transaction(Some(at)) => format!("the transaction begun at {at}"),
                    By::Transaction(None) => "a transaction".to_owned(),
                    By::StatementAt(at) => format!("a statement from {at}"),
                    By::Statement(sql) => format!("the statement `{sql}`"),
                };
                format!("{by} has had it for {}", seconds(since.elapsed()))
            }
            None => "many others were before this one".to_owned(),
        };
        let error = unavailable(format!(
            "the database's writer was not free within {}: {who}. Keep transactions short, with no mail or HTTP inside, or \
             raise `writer_wait`",
            seconds(waited)
        ));
        match at {
            Some(at) => error.with_location(at),
            None => error,
        }
    }
}

/// `5.0 s`
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
