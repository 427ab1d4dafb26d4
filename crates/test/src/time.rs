//! Time that passes when the test says so.

use std::time::Duration;

use jiff::SignedDuration;

use crate::TestSite;

impl TestSite {
    /// Lets time pass: moves the site's [clock](Self::clock), and in a test with `time = "paused"` tokio's too, so that
    /// whatever sleeps or has a time-out by then wakes up.
    ///
    /// # Panics
    /// If so much time can't pass.
    pub async fn advance(&self, by: Duration) {
        match SignedDuration::try_from(by) {
            Ok(span) => self.clock().advance(span),
            Err(error) => panic!("time can't pass by {by:?}: {error}"),
        }
        if self.paused {
            tokio::time::advance(by).await;
            // What has woken up gets its turn.
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps tokio from moving its paused clock by itself whenever nothing can go on: the database's threads may be at work.
/// It stands still until this is dropped.
pub(crate) struct StandStill(#[expect(dead_code, reason = "it is dropped")] std::sync::mpsc::Sender<()>);

impl StandStill {
    /// To be called inside of a runtime whose clock is paused.
    pub(crate) fn begin() -> Self {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        // tokio does not move its clock while such a task runs.
        tokio::task::spawn_blocking(move || held.recv());
        StandStill(hold)
    }
}
