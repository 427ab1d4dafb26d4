//! Bodies that are too large or too slow, and handlers that take too long.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
};
use http::{Request, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Limited;
use quintet_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, Sleep, sleep};

/// Refuses a body that is said to be too large before a byte of it is read.
pub(super) fn check_length<B>(request: &Request<B>, max: u64) -> Result {
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > max => Err(Error::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body has {length} bytes; at most {max} are taken."),
        )),
        _ => Ok(()),
    }
}

/// Bounds the body in bytes and in the time between two pieces of it.
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

/// The answer to a client whose handler took too long.
pub(super) fn timed_out(limit: Duration) -> Response {
    Error::of_kind(
        ErrorKind::Timeout,
        StatusCode::SERVICE_UNAVAILABLE,
        format!("no answer within {limit:?} (`request_timeout` in [server])"),
    )
    .into_response()
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
        Poll::Ready(Some(Err("the client sends no more of the body".into())))
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

    #[test]
    fn a_length_above_the_limit_is_refused_unread() {
        let announced = |n: &str| Request::builder().header("content-length", n).body(()).unwrap();
        assert_eq!(check_length(&announced("11"), 10).unwrap_err().status(), 413);
        assert!(check_length(&announced("10"), 10).is_ok());
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
