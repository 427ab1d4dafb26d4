//! Bodies that are too large or too slow, and handlers that take too long.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
};
use http::{Request, StatusCode, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Limited;
use quintet_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, Sleep, sleep};

use crate::{deadline::Deadline, errors::Stalled, facts::Head};

/// Refuses a head that is too large. hyper reads up to twice as much: further it closes the connection, with a status
/// and no word.
pub(super) fn check_head(uri: &Uri, head: Head, max: usize) -> Result {
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > max {
        let text = format!("The address has {target} bytes; at most {max} are taken.");
        return Err(Error::new(StatusCode::URI_TOO_LONG, text));
    }
    let size = target + head.size();
    if size > max {
        let text = format!("The head of the request has {size} bytes; at most {max} are taken.");
        return Err(Error::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, text));
    }
    Ok(())
}

/// Bounds the body in bytes and in the time between two pieces of it.
#[inline]
pub(super) fn limit_body(request: Request<Body>, max: u64, pause: Duration) -> Request<Body> {
    if request.body().is_end_stream() {
        return request;
    }
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let mut request = request.map(|body| Body::new(Limited::new(Patience::new(body, pause), max)));
    // axum's extractors have a limit of their own, of 2 MB; ours stands in its place.
    DefaultBodyLimit::disable().apply(&mut request);
    request
}

/// The error for a client whose handler took too long.
fn timed_out(limit: Duration) -> Error {
    Error::of_kind(
        ErrorKind::Timeout,
        StatusCode::SERVICE_UNAVAILABLE,
        format!("no answer within {limit:?} (`request_timeout` in [server])"),
    )
}

pin_project_lite::pin_project! {
    /// Work that may take so long and no longer. What is ready at once costs no clock and no timer.
    pub(super) struct Bounded<F> {
        #[pin]
        work: F,
        limit: Duration,
        waits: bool,
        timer: Timer,
    }
}

enum Timer {
    /// The connection wakes us.
    Connection(Arc<Deadline>),
    /// There is none, in tests.
    Own(Option<Pin<Box<Sleep>>>),
}

/// Gives up on `work` after `limit`; zero is no limit.
pub(super) fn bounded<F>(work: F, limit: Duration, connection: Option<Arc<Deadline>>) -> Bounded<F> {
    let timer = connection.map_or(Timer::Own(None), Timer::Connection);
    Bounded { work, limit, waits: false, timer }
}

impl<T, F: Future<Output = Result<T>>> Future for Bounded<F> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = self.project();
        let polled = this.work.poll(cx);
        let first = polled.is_pending() && !std::mem::replace(this.waits, true);
        if this.limit.is_zero() || !*this.waits {
            return polled;
        }
        let (limit, over) = (*this.limit, polled.is_ready());
        let late = match this.timer {
            Timer::Connection(deadline) => {
                let late = deadline.passed();
                if over || late {
                    deadline.clear();
                } else if first {
                    deadline.allow(limit);
                }
                late
            }
            Timer::Own(timer) => {
                !over && timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx).is_ready()
            }
        };
        if late && !over { Poll::Ready(Err(timed_out(limit))) } else { polled }
    }
}

pin_project_lite::pin_project! {
    /// A body that fails if its sender pauses for too long.
    struct Patience {
        #[pin]
        body: Body,
        pause: Duration,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl Patience {
    /// A pause of zero is no limit.
    fn new(body: Body, pause: Duration) -> Self {
        Patience { body, pause, timer: None }
    }
}

impl HttpBody for Patience {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let mut this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            this.timer.set(None);
            return Poll::Ready(frame.map(|f| f.map_err(Into::into)));
        }
        if this.pause.is_zero() {
            return Poll::Pending;
        }
        if this.timer.is_none() {
            this.timer.set(Some(sleep(*this.pause)));
        }
        if let Some(timer) = this.timer.as_mut().as_pin_mut() {
            ready!(timer.poll(cx));
        }
        let after = Instant::now() + *this.pause;
        if let Some(timer) = this.timer.as_pin_mut() {
            timer.reset(after);
        }
        Poll::Ready(Some(Err(Stalled.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn request(body: Body) -> Request<Body> {
        Request::builder().body(body).unwrap()
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_cut_at_the_limit() {
        let endless =
            futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"0123456789")));
        let limited = limit_body(request(Body::from_stream(endless)), 25, Duration::ZERO);
        assert!(limited.into_body().collect().await.unwrap_err().to_string().contains("length limit"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_pauses_is_given_up() {
        let silent = futures_util::stream::pending::<std::io::Result<Bytes>>();
        let limited = limit_body(request(Body::from_stream(silent)), 25, Duration::from_secs(5));
        assert!(limited.into_body().collect().await.unwrap_err().to_string().contains("no more of the body"));
    }
}
