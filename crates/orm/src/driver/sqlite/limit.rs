//! How much of a statement may run on the thread that asked for it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use rusqlite::Connection;

/// Steps of SQLite's machine between two looks at the limit.
const EVERY: i64 = 500;

/// The limit of the statement that a connection runs. It is used by one thread at a time, so that its order in memory
/// doesn't matter.
#[derive(Debug)]
pub(super) struct Limit {
    /// Steps that every statement may take.
    steps: i64,
    /// Steps that are left to this one; less than none while nothing is limited.
    left: AtomicI64,
    /// Was it too long?
    exceeded: AtomicBool,
}

const OFF: i64 = i64::MIN;

impl Limit {
    /// Puts a limit of so many steps on a connection; it is off.
    pub(super) fn install(connection: &mut Connection, steps: u32) -> rusqlite::Result<Arc<Limit>> {
        let steps = i64::from(steps);
        let limit = Arc::new(Limit { steps, left: AtomicI64::new(OFF), exceeded: AtomicBool::new(false) });
        if steps > 0 {
            let handler = limit.clone();
            let every = EVERY.min(steps);
            // It fits: the least of both is no more than `EVERY`.
            connection.progress_handler(
                i32::try_from(every).unwrap_or(i32::MAX),
                Some(move || handler.breaks_off(every)),
            )?;
        }
        Ok(limit)
    }

    /// May anything be tried where it was asked for?
    pub(super) fn is_there(&self) -> bool {
        self.steps > 0
    }

    /// From here on the steps are counted.
    pub(super) fn set(&self) {
        self.left.store(self.steps, Ordering::Relaxed);
    }

    /// The end of the limited part. Was it too long?
    pub(super) fn lift(&self) -> bool {
        self.left.store(OFF, Ordering::Relaxed);
        self.exceeded.swap(false, Ordering::Relaxed)
    }

    /// It is to be run elsewhere, whatever its steps: it would have to wait, or it is not known to be harmless.
    pub(super) fn exceed(&self) {
        self.exceeded.store(true, Ordering::Relaxed);
    }

    /// SQLite counts the steps of all runs of a prepared statement, so that the first call may come after any number of this
    /// run's steps.
    fn breaks_off(&self, every: i64) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        if left == OFF {
            return false;
        }
        if left <= 0 {
            self.exceed();
            return true;
        }
        self.left.store(left - every, Ordering::Relaxed);
        false
    }
}
