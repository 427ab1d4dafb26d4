//! The threads that read, started when they are needed.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
};

use quintet_core::Error;
use rusqlite::InterruptHandle;

use super::{Shared, connect::Role, run::Work};
use crate::driver::closed;

/// A queue that all reading threads take from.
pub(super) struct Readers {
    state: Mutex<State>,
    wake: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    /// Threads that wait for work.
    idle: usize,
    /// Threads that were started and have not ended.
    running: usize,
    closed: bool,
    threads: Vec<JoinHandle<()>>,
    interrupts: Vec<InterruptHandle>,
}

impl Readers {
    pub(super) fn new(most: usize) -> Arc<Readers> {
        Arc::new(Readers { state: Mutex::default(), wake: Condvar::new(), most: most.max(1) })
    }

    /// Gives work to the next free thread.
    pub(super) fn push(self: &Arc<Self>, work: Work, shared: &Arc<Shared>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return work.refuse(closed());
        }
        state.queue.push_back(work);
        // Waking costs a system call: a thread that is at work looks at the queue by itself before it rests.
        let wake = state.idle > 0;
        if state.queue.len() > state.idle && state.running < self.most {
            self.start(&mut state, shared);
        }
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    fn start(self: &Arc<Self>, state: &mut State, shared: &Arc<Shared>) {
        let (readers, shared) = (self.clone(), shared.clone());
        let name = format!("sqlite-read-{}", state.running + 1);
        match Builder::new().name(name).spawn(move || readers.serve(&shared)) {
            Ok(thread) => {
                state.running += 1;
                state.threads.push(thread);
            }
            // The other threads will come to it; without any there is nobody to do the work.
            Err(error) if state.running == 0 => {
                for work in state.queue.drain(..) {
                    work.refuse(Error::database(format!(
                        "a thread to read the database can't be started: {error}"
                    )));
                }
            }
            Err(error) => tracing::warn!(%error, "no further thread to read the database could be started"),
        }
    }

    fn serve(&self, shared: &Shared) {
        let connection = match shared.target.connect(Role::Reader) {
            Ok(connection) => connection,
            Err(error) => return self.give_up(&error, shared),
        };
        let runner = shared.runner(connection, Role::Reader);
        self.lock().interrupts.push(runner.connection.get_interrupt_handle());
        while let Some(work) = self.next() {
            if !work.is_abandoned() {
                runner.run(work);
            }
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.queue.pop_front() {
                return Some(work);
            }
            if state.closed {
                state.running -= 1;
                return None;
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// A thread that can't connect ends; if it is the last one, the work that waits fails with its error.
    fn give_up(&self, error: &Error, shared: &Shared) {
        let mut state = self.lock();
        state.running -= 1;
        if state.running > 0 {
            tracing::warn!(%error, url = &*shared.target.url, "a further connection to read could not be opened");
            return;
        }
        for work in state.queue.drain(..) {
            let same = Error::of_kind(error.kind().clone(), error.status(), error.to_string());
            work.refuse(same);
        }
    }

    /// Takes no more work and hands over the threads to be joined; they end when the queue is empty.
    pub(super) fn close(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.lock();
        state.closed = true;
        self.wake.notify_all();
        std::mem::take(&mut state.threads)
    }

    /// Stops what runs and gives up what is queued. A statement that is about to begin is missed: call it again until the
    /// threads have ended.
    pub(super) fn interrupt(&self) {
        let mut state = self.lock();
        state.queue.clear();
        for handle in &state.interrupts {
            handle.interrupt();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
