use std::{
    pin::pin,
    time::{Duration, Instant},
};

/// Waits for `work` until `deadline`, by the machine's clock: where a test holds tokio's clock, that clock jumps
/// ahead whenever all tasks wait for a thread of the database, and the wait would be over in no time.
pub(crate) async fn until<F: Future>(deadline: Instant, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Ok(done) = tokio::time::timeout(left, &mut work).await {
            return Some(done);
        }
        if left.is_zero() || deadline <= Instant::now() {
            return None;
        }
    }
}

/// [`until`], from now on.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    until(Instant::now() + limit, work).await
}
