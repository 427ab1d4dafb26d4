use std::sync::{Arc, Mutex, PoisonError};

use super::Console;
use crate::{
    error::Result,
    services::{Service, Services},
};

/// How far a piece of work is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgressState {
    /// What is being done.
    pub label: String,
    /// Steps done.
    pub done: u64,
    /// Steps in all, if known.
    pub total: Option<u64>,
    /// No more steps will come.
    pub finished: bool,
}

/// A progress bar on a terminal, a line now and then in a log: `&Progress` in a `#[command]`.
#[derive(Clone, Debug)]
pub struct Progress {
    console: Console,
    state: Arc<Mutex<ProgressState>>,
}

impl Progress {
    /// Progress shown on this console.
    #[must_use]
    pub fn new(console: Console) -> Self {
        Progress { console, state: Arc::default() }
    }

    fn change(&self, change: impl FnOnce(&mut ProgressState)) {
        let state = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state);
            state.clone()
        };
        self.console.terminal().progress(&state);
    }

    /// Starts a piece of work anew: what it is, and how many steps it has, if known.
    pub fn begin(&self, label: impl Into<String>, total: Option<u64>) {
        self.change(|s| *s = ProgressState { label: label.into(), total, ..ProgressState::default() });
    }

    /// One step further.
    pub fn step(&self) {
        self.advance(1);
    }

    /// Some steps further.
    pub fn advance(&self, steps: u64) {
        self.change(|s| s.done = s.done.saturating_add(steps));
    }

    /// The work is done: the bar goes.
    pub fn finish(&self) {
        self.change(|s| s.finished = true);
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> ProgressState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for Progress {
    fn of(services: &Services) -> Result<Self> {
        Ok(Progress::new(Console::of(services)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up() {
        let progress = Progress::new(Console::captured().0);
        progress.begin("films", Some(10));
        progress.step();
        progress.advance(4);
        let state = progress.state();
        assert_eq!((state.done, state.total, state.finished), (5, Some(10), false));
        progress.finish();
        assert!(progress.state().finished);
    }
}
