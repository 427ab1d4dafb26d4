//! A form's work as one transaction.

use std::sync::Arc;

use http::Method;
use quintet_core::{Result, Service as _, Services, atomic::AtomicRequests};
use quintet_orm::Db;

use crate::hook::Instead;

/// Does the work in one transaction, whose statements are those of any `Db` that is taken in it. It is kept if the work says so. Where
/// the request is a transaction already, it is that one's work; where it only reads, there is none.
///
/// # Errors
/// What the work answers instead; if the transaction can't be kept.
pub(crate) async fn whole<T: Send>(
    services: &Services,
    (name, method): (&'static str, &Method),
    work: impl Future<Output = Result<(T, bool), Instead>> + Send,
) -> Result<T, Instead> {
    let runner = services.get::<Arc<dyn AtomicRequests>>().filter(|_| !method.is_safe());
    let (Some(runner), false) = (runner, Db::of(services)?.is_atomic_request()) else {
        return Ok(work.await?.0);
    };
    let mut done = None;
    let watched = async {
        let answer = work.await;
        let keep = matches!(&answer, Ok((_, true)));
        done = Some(answer);
        keep
    };
    runner.run(Arc::new(name), Box::pin(watched)).await?;
    match done {
        Some(answer) => Ok(answer?.0),
        None => unreachable!("`AtomicRequests::run` did not do the work"),
    }
}
