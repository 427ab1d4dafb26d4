//! The few connections that all single statements share.
//!
//! A statement takes the connection with the least under way, so one that is held up by something slow is
//! left alone. The first connection is opened with the database, the others when all open ones are busy. A
//! connection that is lost is opened anew by whoever comes next.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use quintet_core::Result;

use super::{
    owner::Role,
    reach::{Link, Reach},
    work::{Load, Request, Work},
};
use crate::driver::closed;

/// The shared connections.
pub(super) struct Lanes {
    reach: Arc<Reach>,
    most: usize,
    wait: Duration,
    state: Mutex<State>,
    /// One at a time opens a connection while there is none, and the others use what came of it.
    first: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    links: Vec<Link>,
    /// Is a further one being opened?
    growing: bool,
    closed: bool,
}

impl Lanes {
    pub(super) fn new(reach: Arc<Reach>, most: usize, wait: Duration) -> Arc<Lanes> {
        Arc::new(Lanes {
            reach,
            most: most.max(1),
            wait,
            state: Mutex::default(),
            first: tokio::sync::Mutex::new(()),
        })
    }

    /// Puts a statement into the queue of an open connection, or gives it back if there is none.
    ///
    /// # Errors
    /// If the database was closed.
    pub(super) fn try_run(self: &Arc<Self>, mut work: Work) -> Result<Option<Work>> {
        while let Some(link) = self.pick()? {
            match put(&link, work)? {
                None => return Ok(None),
                Some(back) => work = back,
            }
        }
        Ok(Some(work))
    }

    /// The same, opening a connection if need be.
    ///
    /// # Errors
    /// With 503 if the server is away.
    pub(super) async fn run(self: &Arc<Self>, mut work: Work) -> Result<()> {
        while let Some(back) = self.try_run(work)? {
            let link = match self.open().await {
                Ok(link) => link,
                Err(error) => return Err(super::errors::of_stmt(error, back.stmt())),
            };
            match put(&link, back)? {
                None => return Ok(()),
                Some(back) => work = back,
            }
        }
        Ok(())
    }

    /// The connection with the least under way.
    fn pick(self: &Arc<Self>) -> Result<Option<Link>> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        if state.links.iter().any(Link::is_lost) {
            state.links.retain(|link| !link.is_lost());
        }
        let load = |link: &Link| link.load.load(Ordering::Relaxed);
        let Some(best) = state.links.iter().min_by_key(|link| load(link)).cloned() else { return Ok(None) };
        if load(&best) > 0 && state.links.len() < self.most && !state.growing {
            state.growing = true;
            self.grow();
        }
        Ok(Some(best))
    }

    /// Opens a further connection, while the statements go on.
    fn grow(self: &Arc<Self>) {
        let lanes = Growth(self.clone());
        self.reach.runtime().spawn(async move {
            let deadline = Instant::now() + lanes.0.wait;
            match lanes.0.reach.connect(Role::Lane, lanes.0.wait, deadline).await {
                Ok(link) => lanes.0.add(link),
                Err(error) => {
                    tracing::warn!(%error, "a further connection to the database could not be opened")
                }
            }
        });
    }

    /// Opens the first one.
    pub(super) async fn open(&self) -> Result<Link> {
        let deadline = Instant::now() + self.wait;
        let _turn = self.first.lock().await;
        if let Some(link) = self.state().links.iter().find(|link| !link.is_lost()) {
            return Ok(link.clone());
        }
        let link = self.reach.connect(Role::Lane, self.wait, deadline.max(Instant::now())).await?;
        self.add(link.clone());
        Ok(link)
    }

    fn add(&self, link: Link) {
        let mut state = self.state();
        if !state.closed {
            state.links.push(link);
        }
    }

    /// Takes no more statements; those that were queued are still carried out.
    pub(super) fn close(&self) {
        let links = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.links)
        };
        drop(links);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the statement back if the connection was lost this very moment; nothing was sent then.
fn put(link: &Link, work: Work) -> Result<Option<Work>> {
    let load = Load::on(&link.load);
    match link.sender.send(Request::Work(work, Some(load))) {
        Ok(()) => Ok(None),
        Err(error) => match error.0 {
            Request::Work(back, _) => Ok(Some(back)),
            _ => Err(closed()),
        },
    }
}

/// An attempt to open a further connection; ended however it ends.
struct Growth(Arc<Lanes>);

impl Drop for Growth {
    fn drop(&mut self) {
        self.0.state().growing = false;
    }
}
