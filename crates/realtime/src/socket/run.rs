//! A handler and its connection, in one task.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use quintet_core::{BoxFuture, Error, Result};
use quintet_web::Stopping;

use super::{
    close_code,
    ending::{Closed, SocketError},
    engine::Drive,
    socket::Shared,
};
use crate::panicked;

/// So often handler and connection take turns before others get theirs.
const TURNS: usize = 32;

/// Ends when both have ended.
pub(super) struct Run {
    shared: Shared,
    handler: Option<BoxFuture<'static, Result>>,
    end: End,
    /// Is the connection closed as soon as the server stops?
    closes: bool,
    /// What the log calls it.
    path: Box<str>,
}

/// What is waited for of the server's end.
enum End {
    Stopping(BoxFuture<'static, ()>, Stopping),
    Over(BoxFuture<'static, ()>),
}

impl Run {
    pub(super) fn new(
        shared: Shared,
        handler: BoxFuture<'static, Result>,
        stopping: Stopping,
        closes: bool,
        path: Box<str>,
    ) -> Self {
        let wait = stopping.clone();
        let end = End::Stopping(Box::pin(async move { wait.wait().await }), stopping);
        Run { shared, handler: Some(handler), end, closes, path }
    }

    /// True if the server does not wait any longer.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if let End::Stopping(wait, stopping) = &mut self.end
            && wait.as_mut().poll(cx).is_ready()
        {
            let stopping = stopping.clone();
            self.end = End::Over(Box::pin(async move { stopping.over().await }));
            if self.closes {
                self.shared.lock().close(Closed::by_server(close_code::AWAY, "the server stops"));
            }
        }
        match &mut self.end {
            End::Over(over) => over.as_mut().poll(cx).is_ready(),
            End::Stopping(..) => false,
        }
    }

    fn handle(&mut self, cx: &mut Context<'_>) {
        let Some(handler) = &mut self.handler else { return };
        let Poll::Ready(ended) = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))).map_or_else(
            |panic| Poll::Ready(Err(Why::Panic(panic))),
            |polled| polled.map(|result| result.map_err(Why::Error)),
        ) else {
            return;
        };
        let handler = self.handler.take();
        // What it has kept may panic too when it is dropped.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(handler)));
        let ended = ended.and(dropped.map_err(Why::Panic));
        if let Err(why) = ended
            && let Some(closed) = why.told(&self.path)
        {
            self.shared.lock().close(closed);
        }
    }
}

impl Future for Run {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        for _ in 0..TURNS {
            this.shared.lock().begin(cx);
            this.handle(cx);
            if this.is_over(cx) {
                this.shared.lock().cut();
                return Poll::Ready(());
            }
            let mut engine = this.shared.lock();
            if this.handler.is_none() && !engine.is_wanted() {
                engine.close(Closed::by_server(close_code::NORMAL, ""));
            }
            match engine.drive(cx) {
                Drive::Again => {}
                Drive::Over if this.handler.is_none() => return Poll::Ready(()),
                Drive::Over | Drive::Rests => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

enum Why {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl Why {
    /// What the client is told, and the log.
    fn told(self, path: &str) -> Option<Closed> {
        let error = match self {
            Why::Error(error) => error,
            Why::Panic(panic) => {
                tracing::error!(path, "the handler of a WebSocket panicked: {}", panicked(&*panic));
                return Some(Closed::by_server(close_code::ERROR, "Internal Server Error"));
            }
        };
        match error.downcast_ref::<SocketError>() {
            Some(SocketError::Closed(closed)) => {
                tracing::debug!(path, "a WebSocket is {closed}");
                return None;
            }
            Some(SocketError::Unfit { code, reason }) => {
                tracing::debug!(path, code, "a WebSocket is closed: {reason}");
                return Some(Closed::by_server(*code, reason.clone()));
            }
            _ => {}
        }
        let code = if error.status().is_client_error() {
            tracing::debug!(path, "a WebSocket is closed: {error}");
            close_code::POLICY
        } else {
            tracing::error!(path, "the handler of a WebSocket failed: {error:?}");
            close_code::ERROR
        };
        Some(Closed::by_server(code, error.public_message().into_owned()))
    }
}
