//! A connection whose client must go on reading.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use crate::deadline::Deadline;

/// Fails with `TimedOut` if a write makes no progress for a while. Reads have their own limits higher up: the
/// head's in hyper, the body's in the middleware.
pub(super) struct WriteTimeout<S, K> {
    inner: S,
    limit: Duration,
    connection: Arc<Deadline>,
    waits: bool,
    /// Only while a write waits, so that a connection at rest costs no timer.
    timer: Option<Pin<Box<Sleep>>>,
    /// What the connection has for as long as it is open, whatever it is upgraded to.
    _kept: K,
}

impl<S, K> WriteTimeout<S, K> {
    /// A limit of zero is no limit. `kept` is dropped with it.
    pub(super) fn new(inner: S, limit: Duration, connection: Arc<Deadline>, kept: K) -> Self {
        WriteTimeout { inner, limit, connection, waits: false, timer: None, _kept: kept }
    }
}

impl<S: AsyncWrite + Unpin, K> WriteTimeout<S, K> {
    /// Runs a write; while it waits the clock ticks.
    fn timed<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let polled = write(Pin::new(&mut self.inner), cx);
        if polled.is_pending() != self.waits {
            self.waits = polled.is_pending();
            self.connection.blocked(self.waits);
        }
        if let Poll::Ready(done) = polled {
            self.timer = None;
            return Poll::Ready(done);
        }
        if self.limit.is_zero() {
            return Poll::Pending;
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes no more of the response")))
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for WriteTimeout<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin, K: Unpin> AsyncWrite for WriteTimeout<S, K> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.timed(cx, |s, cx| s.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.timed(cx, |s, cx| s.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.timed(cx, |s, cx| s.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.timed(cx, |s, cx| s.poll_shutdown(cx))
    }
}

/// When a deadline is, if there is one.
pub(super) fn deadline(limit: Duration) -> Instant {
    Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_is_given_up() {
        // Room for 8 bytes, and nobody reads.
        let (ours, _theirs) = tokio::io::duplex(8);
        let mut stream = WriteTimeout::new(ours, Duration::from_secs(5), Deadline::new(), ());
        stream.write_all(b"12345678").await.unwrap();
        let error = stream.write_all(b"9").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
