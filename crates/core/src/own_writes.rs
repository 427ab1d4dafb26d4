//! Reading one's own writes, where a database has copies that follow it.
//!
//! A request, a command and a background task each are a [`scope`]. The database room [notes](note) in it which databases
//! were written to, and from then on reads those themselves and none of their copies, which may be a moment behind.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use quintet_core::own_writes;
//!
//! own_writes::scope(async {
//!     assert!(!own_writes::noted(7));
//!     own_writes::note(7);
//!     assert!(own_writes::noted(7) && !own_writes::noted(8));
//! })
//! .await;
//! assert!(!own_writes::noted(7));
//! # });
//! ```

use std::cell::RefCell;

use crate::local::{Local, Written, apart, local, own_zone, who_conceals, with_local};

/// Runs `work` as one that has written nothing so far.
pub fn scope<F: Future>(work: F) -> impl Future<Output = F::Output> {
    // Allocates nothing.
    with_local(Local::default(), work)
}

/// Runs `work`, a task of its own, as one that has written what the caller has.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    apart(who_conceals(), work)
}

/// Runs `work` as one that has written to every database: what follows a transaction.
pub fn after_all<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let written = RefCell::new(Written { all: true, databases: Vec::new() });
    with_local(Local { written, conceals: who_conceals(), zone: RefCell::new(own_zone()) }, work)
}

/// Notes that the database of this number was written to. Outside of every scope it is forgotten.
pub fn note(database: u64) {
    local(|local| {
        let mut written = local.written.borrow_mut();
        if !written.databases.contains(&database) {
            written.databases.push(database);
        }
    });
}

/// Was it written to in this scope?
#[must_use]
pub fn noted(database: u64) -> bool {
    let of_it = |local: &Local| {
        let written = local.written.borrow();
        written.all || written.databases.contains(&database)
    };
    local(of_it).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_takes_along_what_was_written_and_a_new_scope_does_not() {
        scope(async {
            note(1);
            let task = tokio::spawn(carried(async {
                let before = noted(1);
                note(2);
                before && noted(2)
            }));
            assert!(task.await.unwrap());
            assert!(noted(1) && !noted(2));
            assert!(!scope(async { noted(1) }).await);
            assert!(after_all(async { noted(3) }).await);
            note(1);
        })
        .await;
        note(1);
        assert!(!noted(1));
    }
}
