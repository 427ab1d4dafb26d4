//! The connections that read, and the threads that use them, both made when they are needed.
//!
//! A connection that is free is used by whoever asks ([`Readers::borrow`]), for a statement that takes no time. All
//! other work goes into a queue; a thread takes it together with a free connection.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
};

use quintet_core::{Error, Result};
use rusqlite::InterruptHandle;

use super::{
    Shared,
    connect::Role,
    run::{Runner, Work},
};
use crate::driver::closed;

/// A queue with its threads and connections.
pub(super) struct Readers {
    state: Mutex<State>,
    wake: Condvar,
    /// Most connections, and most threads.
    most: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    /// Connections that nobody uses.
    #[allow(clippy::vec_box, reason = "they are moved with every statement, and are large")]
    free: Vec<Box<Runner>>,
    /// Connections that are open or about to be.
    opened: usize,
    /// Threads that wait for work.
    idle: usize,
    /// Threads that were started and have not ended.
    running: usize,
    closed: bool,
    threads: Vec<JoinHandle<()>>,
    interrupts: Vec<InterruptHandle>,
}

impl State {
    /// Could a thread do something now?
    fn has_work(&self, most: usize) -> bool {
        !self.queue.is_empty() && (!self.free.is_empty() || self.opened < most)
    }
}

/// What a thread does next.
enum Next {
    Work(Work, Box<Runner>),
    Connect,
    End,
}

impl Readers {
    pub(super) fn new(most: usize) -> Arc<Readers> {
        Arc::new(Readers { state: Mutex::default(), wake: Condvar::new(), most: most.max(1) })
    }

    /// Uses a free connection, if there is one and nobody waits for it.
    pub(super) fn borrow<T>(&self, work: impl FnOnce(&Runner) -> T) -> Option<T> {
        let mut state = self.lock();
        if state.closed || !state.queue.is_empty() {
            return None;
        }
        let runner = state.free.pop();
        drop(state);
        self.using(runner?, work)
    }

    fn using<T>(&self, runner: Box<Runner>, work: impl FnOnce(&Runner) -> T) -> Option<T> {
        let in_use = InUse { readers: self, runner: Some(runner) };
        in_use.runner.as_deref().map(work)
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
        let wake = state.idle > 0 && state.has_work(self.most);
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
        loop {
            match self.next() {
                Next::Work(work, runner) => {
                    if work.is_abandoned() {
                        self.give_back(runner);
                        continue;
                    }
                    let answered = self.using(runner, |runner| {
                        runner.wait_for_others(shared.target.busy);
                        runner.run(work)
                    });
                    if let Some(answered) = answered {
                        answered.send();
                    }
                }
                Next::Connect => {
                    if let Err(error) = self.connect(shared) {
                        return self.give_up(&error, shared);
                    }
                }
                Next::End => return,
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            if state.has_work(self.most) {
                let Some(runner) = state.free.pop() else {
                    state.opened += 1;
                    return Next::Connect;
                };
                match state.queue.pop_front() {
                    Some(work) => return Next::Work(work, runner),
                    None => state.free.push(runner),
                }
            }
            if state.closed && state.queue.is_empty() {
                state.running -= 1;
                // Others may have waited for a connection, not for work.
                self.wake.notify_all();
                return Next::End;
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Opens a further connection, here and not where a statement waits: it reads the whole schema.
    fn connect(&self, shared: &Shared) -> Result {
        let runner = shared.target.connect(Role::Reader).and_then(|connection| {
            let runner = shared.runner(connection, Role::Reader)?;
            runner.read_schema();
            Ok(runner)
        })?;
        let mut state = self.lock();
        state.interrupts.push(runner.connection.get_interrupt_handle());
        state.free.push(Box::new(runner));
        Ok(())
    }

    /// A thread that can't connect ends; if it is the last one, the work that waits fails with its error.
    fn give_up(&self, error: &Error, shared: &Shared) {
        let mut state = self.lock();
        state.running -= 1;
        state.opened -= 1;
        if state.running > 0 {
            tracing::warn!(%error, url = &*shared.target.url, "a further connection to read could not be opened");
            return;
        }
        for work in state.queue.drain(..) {
            let same = Error::of_kind(error.kind().clone(), error.status(), error.to_string());
            work.refuse(same);
        }
    }

    fn give_back(&self, runner: Box<Runner>) {
        let mut state = self.lock();
        if state.closed && state.queue.is_empty() {
            drop(state);
            return drop(runner);
        }
        state.free.push(runner);
        let wake = state.idle > 0 && !state.queue.is_empty();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Takes no more work and hands over the threads to be joined; they end when the queue is empty.
    pub(super) fn close(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.lock();
        state.closed = true;
        self.wake.notify_all();
        std::mem::take(&mut state.threads)
    }

    /// Closes the connections that nobody uses, once the threads have ended.
    pub(super) fn disconnect(&self) {
        let free = std::mem::take(&mut self.lock().free);
        drop(free);
    }

    /// Stops what runs and gives up what is queued. A statement that is about to begin is missed: call it again until the
    /// threads have ended.
    pub(super) fn interrupt(&self) {
        let mut state = self.lock();
        state.queue.clear();
        self.wake.notify_all();
        for handle in &state.interrupts {
            handle.interrupt();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use, which goes back in any case.
struct InUse<'a> {
    readers: &'a Readers,
    runner: Option<Box<Runner>>,
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        if let Some(runner) = self.runner.take() {
            self.readers.give_back(runner);
        }
    }
}
