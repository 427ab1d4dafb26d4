//! Asking the server: at once or not at all while it is away, and never for longer than the limit.
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result};
use tokio::{sync::Notify, time::timeout};

use super::{Inner, Server};

/// Can the server be reached?
pub(super) struct Reach {
    name: &'static str,
    state: Mutex<State>,
    /// The first attempt to reach it is over.
    answered: Notify,
    /// Somebody could not reach it.
    lost: Notify,
}

enum State {
    /// Not tried yet.
    New,
    Up,
    Down(Error),
}

impl Reach {
    pub(super) fn new(name: &'static str) -> Reach {
        Reach { name, state: Mutex::new(State::New), answered: Notify::new(), lost: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn away(&self, why: &str) -> Error {
        Error::of_kind(
            ErrorKind::Unavailable,
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the {} layer can't carry topics now: {why}", self.name),
        )
    }

    /// At once, an error where it is known to be away.
    pub(super) fn check(&self) -> Result {
        match &*self.state() {
            State::Up => Ok(()),
            State::New => Err(self.away("it is not connected yet")),
            State::Down(error) => Err(same(error)),
        }
    }

    /// What came of the first attempt.
    pub(super) async fn first_answer(&self) -> Result {
        loop {
            let answered = self.answered.notified();
            if !matches!(*self.state(), State::New) {
                return self.check();
            }
            answered.await;
        }
    }

    pub(super) fn set_up(&self) {
        *self.state() = State::Up;
        self.answered.notify_waiters();
    }

    pub(super) fn set_down(&self, why: String) {
        self.set_down_by(self.away(&why));
    }

    pub(super) fn set_down_by(&self, error: Error) {
        *self.state() = State::Down(error);
        self.answered.notify_waiters();
    }

    /// Somebody could not reach it, or can't be sure what has become of what they asked for.
    pub(super) fn lose(&self, error: &Error) {
        let mut state = self.state();
        if matches!(*state, State::Up) {
            *state = State::Down(same(error));
            self.lost.notify_one();
        }
    }

    pub(super) async fn lost(&self) -> Error {
        loop {
            let lost = self.lost.notified();
            if let State::Down(error) = &*self.state() {
                return same(error);
            }
            lost.await;
        }
    }
}

/// The same error again.
fn same(error: &Error) -> Error {
    Error::of_kind(error.kind().clone(), error.status(), error.to_string())
}

impl<S: Server> Inner<S> {
    /// Asks, if it can be reached.
    pub(super) async fn ask<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        self.reach.check()?;
        self.ask_now(question).await.inspect_err(|error| {
            if *error.kind() == ErrorKind::Unavailable {
                self.reach.lose(error);
            }
        })
    }

    /// Asks, whatever is known.
    pub(super) async fn ask_now<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        match timeout(self.pace.limit, question).await {
            Ok(answer) => answer,
            Err(_) => Err(self.reach.away("its server did not answer in time")),
        }
    }
}
