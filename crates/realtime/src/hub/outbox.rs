//! What waits to be sent to one client: bounded, so that a client that reads slowly never costs the others anything.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::wire::Bye;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// The queue of one connection. Whoever has something for it pushes, its task takes.
pub(crate) struct Outbox {
    bounds: Bounds,
    state: Mutex<State>,
    /// Told when something was taken.
    room: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Bytes>,
    bytes: usize,
    end: End,
    reader: Option<Waker>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// What waits is sent, then this.
    Ending(Bye),
    /// Nothing comes any more.
    Over,
}

/// What a connection's task has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send this.
    Messages(VecDeque<Bytes>),
    /// Say why, and close.
    Bye(Bye),
    /// Nothing is left.
    Over,
}

impl Outbox {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Outbox { bounds, state: Mutex::default(), room: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a message wait. A client for whom too much waits is sent away, and what waited is forgotten: it asks for it again. False
    /// if the message was not taken.
    pub(crate) fn push(&self, message: Bytes) -> bool {
        let mut state = self.state();
        if state.end != End::Open {
            return false;
        }
        state.bytes += message.len();
        let fits = state.queue.len() < self.bounds.messages && state.bytes <= self.bounds.bytes;
        // One message alone may be larger than all that may wait.
        if !fits && !state.queue.is_empty() {
            state.queue = VecDeque::new();
            state.bytes = 0;
            state.end = End::Ending(Bye::Slow);
        } else {
            state.queue.push_back(message);
        }
        let taken = state.end == End::Open;
        wake(state);
        taken
    }

    /// Lets a message wait once less than half of what may wait does: for what can be had again as fast as the client reads it.
    pub(crate) async fn push_when_room(&self, message: Bytes) -> bool {
        loop {
            let told = self.room.notified();
            let full = {
                let state = self.state();
                let most = self.bounds.messages / 2;
                let open = state.end == End::Open && !state.queue.is_empty();
                open && (state.queue.len() > most || state.bytes > self.bounds.bytes / 2)
            };
            if !full {
                return self.push(message);
            }
            told.await;
        }
    }

    /// Ends it after what waits; the first reason counts.
    pub(crate) fn end(&self, why: Bye) {
        let mut state = self.state();
        if state.end == End::Open {
            state.end = End::Ending(why);
            self.room.notify_waiters();
            wake(state);
        }
    }

    /// Ends it at once: the client has gone.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.end = End::Over;
        state.queue = VecDeque::new();
        self.room.notify_waiters();
        wake(state);
    }

    /// Has it ended, or is it about to?
    pub(crate) fn is_ending(&self) -> bool {
        self.state().end != End::Open
    }

    /// All that waits.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut state = self.state();
        if !state.queue.is_empty() {
            state.bytes = 0;
            self.room.notify_waiters();
            return Poll::Ready(Next::Messages(std::mem::take(&mut state.queue)));
        }
        match state.end {
            End::Over => Poll::Ready(Next::Over),
            End::Ending(why) => {
                state.end = End::Over;
                Poll::Ready(Next::Bye(why))
            }
            End::Open => {
                if !state.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    state.reader = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    /// The same, waited for.
    pub(crate) async fn next(&self) -> Next {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }
}

fn wake(state: MutexGuard<'_, State>) {
    let reader = state.reader.clone();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(messages: usize, bytes: usize) -> Outbox {
        Outbox::new(Bounds { messages, bytes })
    }

    fn text(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[tokio::test]
    async fn messages_wait_in_order_and_the_end_comes_last() {
        let outbox = outbox(10, 100);
        assert!(outbox.push(text("one")) && outbox.push(text("two")));
        outbox.end(Bye::Restart);
        outbox.end(Bye::Logout);
        assert!(!outbox.push(text("three")), "after the end");
        assert_eq!(outbox.next().await, Next::Messages([text("one"), text("two")].into()));
        assert_eq!(outbox.next().await, Next::Bye(Bye::Restart));
        assert_eq!(outbox.next().await, Next::Over);
    }

    #[tokio::test]
    async fn a_client_that_is_too_slow_is_sent_away() {
        for (outbox, last) in [(outbox(2, 100), "c"), (outbox(10, 5), "four!")] {
            assert!(outbox.push(text("a")) && outbox.push(text("b")));
            assert!(!outbox.push(text(last)));
            assert!(outbox.is_ending());
            assert_eq!(outbox.next().await, Next::Bye(Bye::Slow));
        }
        let alone = outbox(10, 5);
        assert!(alone.push(text("larger than all")));
        assert_eq!(alone.next().await, Next::Messages([text("larger than all")].into()));
        assert!(alone.push(text("five!")), "what was taken counts no more");
    }

    #[tokio::test]
    async fn what_can_wait_waits_for_room() {
        let outbox = std::sync::Arc::new(outbox(4, 1_000));
        let writer = tokio::spawn({
            let outbox = outbox.clone();
            async move {
                for _ in 0..20 {
                    assert!(outbox.push_when_room(text("x")).await);
                }
                outbox.end(Bye::Restart);
            }
        });
        let mut heard = 0;
        loop {
            match outbox.next().await {
                Next::Messages(messages) => heard += messages.len(),
                Next::Bye(why) => break assert_eq!(why, Bye::Restart),
                Next::Over => panic!("over"),
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(heard, 20);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let outbox = std::sync::Arc::new(outbox(10, 100));
        let reader = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.next().await }
        });
        tokio::task::yield_now().await;
        outbox.push(text("here"));
        assert_eq!(reader.await.unwrap(), Next::Messages([text("here")].into()));
        outbox.close();
        assert_eq!(outbox.next().await, Next::Over);
    }
}
