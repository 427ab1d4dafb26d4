//! The task that owns a connection: it takes requests from its queue, writes them, reads the answers and
//! hands the rows to the sinks, straight from its buffer.
//!
//! It does not wait for an answer before it sends the next request (pipelining); the server works in order,
//! so the first of [`Owner::running`] is the one that an answer belongs to. Three things hold the queue up: a
//! statement that the server has not described yet, because its parameters can't be written before; a BEGIN,
//! because what follows must not run without it; and a batch, because it may end the transaction. Each
//! statement ends with a Sync of its own, so that one's failure is no other's.
//!
//! Nothing here depends on anyone polling: a request whose future is dropped is skipped or carried out to its
//! end, and the end of a transaction is a request like any other.
mod answer;
mod ending;
mod send;

use std::{
    collections::VecDeque,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::{Buf, BytesMut};
use quintet_core::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    connect::{Door, Key, Opened},
    errors::{Report, unavailable},
    plan::{Column, Plan, Plans},
    pool::Lease,
    reader::Span,
    stream::Stream,
    work::{Load, Request, Work},
};
use crate::{
    driver::{Place, Reply, Session, slow::Slow},
    stmt::Sql,
};

/// Room for what is to be sent.
const OUTPUT: usize = 4096;

/// What all connections of a database know.
pub(super) struct Facts {
    pub(super) door: Door,
    pub(super) slow: Slow,
}

/// Whose statements a connection runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Everybody's, each on its own.
    Lane,
    /// Those of one holder at a time.
    Pooled,
}

/// A connection, seen by its task.
pub(super) struct Owner {
    facts: Arc<Facts>,
    role: Role,
    stream: Stream,
    key: Key,
    input: BytesMut,
    output: BytesMut,
    /// Has the output become larger than it shall stay?
    grown: bool,
    queue: mpsc::UnboundedReceiver<Request>,
    /// Nobody can ask for anything any more.
    deserted: bool,
    goodbye_said: bool,
    /// Statements to run once more, because their plan had grown old.
    again: VecDeque<Box<Statement>>,
    /// A statement to be described when all before it is answered.
    held: Option<Box<Statement>>,
    running: VecDeque<Running>,
    /// How many of `running` must be answered before anything else is sent.
    barriers: usize,
    plans: Plans,
    /// The open transaction.
    open: Option<Open>,
    /// Has anything been left behind that the next holder would notice?
    tainted: bool,
    /// A request to cancel that is on its way.
    cancelling: Option<oneshot::Receiver<()>>,
    /// Where the values of a row lie; kept for its memory.
    spans: Vec<Span>,
    /// When the last answer was complete.
    idle_since: Instant,
    /// What the server said before it closed.
    last_words: Option<Report>,
}

/// An open transaction.
struct Open {
    at: Option<Place>,
    since: Instant,
    /// Has it ended without being asked to end?
    gone: bool,
    /// The plan of the last COPY, and whether the server copies to that table. The locks of the transaction keep both as they
    /// are, and no longer: a value in the binary form of another type would be taken for one of that type.
    copied: Option<(Sql, Arc<Plan>, bool)>,
}

/// A request that was sent.
struct Running {
    what: What,
    stage: Stage,
    sent: Instant,
    /// Why it failed.
    failed: Option<Failed>,
    rows: u64,
    /// Does the sink want no more rows?
    enough: bool,
    changed: u64,
    /// Was the command's tag ROLLBACK?
    rolled_back: bool,
    /// Does it hold up the queue?
    barrier: bool,
}

enum Failed {
    /// The server said so.
    Reported(Report),
    /// This side did: a value that does not fit, a row that can't be decoded.
    Here(Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The server was asked what the statement wants and gives.
    Describing,
    /// It was asked to run it.
    Executing,
}

enum What {
    Statement(Box<Statement>),
    Timeout(Option<Lease>),
    Release(Lease),
    Begin {
        at: Option<Place>,
        lease: Lease,
        reply: Reply<Box<dyn Session>>,
    },
    Savepoint(Reply<()>),
    Rollback {
        lease: Lease,
        reply: Option<Reply<()>>,
    },
    Commit {
        hooks: crate::db::Hooks,
        lease: Lease,
        reply: Reply<Option<JoinHandle<()>>>,
    },
    /// Ends a transaction that a statement left open.
    Tidy,
}

struct Statement {
    work: Work,
    load: Option<Load>,
    /// The plan that it runs by, once there is one.
    plan: Option<Arc<Plan>>,
    /// The columns of its rows, as described last.
    columns: Arc<[Column]>,
    params: Option<Box<[u32]>>,
    name: String,
    /// Did the plan come from the cache?
    cached: bool,
    /// Is it running for the second time?
    retried: bool,
    /// Of a COPY: does the server copy to that table?
    copyable: bool,
}

impl Owner {
    pub(super) fn new(
        facts: Arc<Facts>,
        role: Role,
        opened: Opened,
        queue: mpsc::UnboundedReceiver<Request>,
    ) -> Owner {
        let plans = Plans::new(facts.door.target.statement_cache, facts.door.target.prepare);
        Owner {
            facts,
            role,
            stream: opened.stream,
            key: opened.key,
            input: opened.input,
            output: BytesMut::with_capacity(OUTPUT),
            grown: false,
            queue,
            deserted: false,
            goodbye_said: false,
            again: VecDeque::new(),
            held: None,
            running: VecDeque::new(),
            barriers: 0,
            plans,
            open: None,
            tainted: false,
            cancelling: None,
            spans: Vec::new(),
            idle_since: Instant::now(),
            last_words: None,
        }
    }

    /// Serves until nobody can ask for anything any more, or the connection is lost.
    pub(super) async fn serve(mut self) {
        let end = std::future::poll_fn(|cx| self.poll(cx)).await;
        self.end(end.err());
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        loop {
            let mut moved = self.take_requests(cx);
            self.poll_write(cx)?;
            moved |= self.poll_read(cx)?;
            self.watch_abandoned(cx);
            if self.deserted && self.running.is_empty() && self.again.is_empty() && self.held.is_none() {
                if !self.goodbye_said {
                    self.goodbye_said = true;
                    postgres_protocol::message::frontend::terminate(&mut self.output);
                    continue;
                }
                if self.output.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    /// Sends what may be sent. Tells whether there was anything.
    fn take_requests(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while self.barriers == 0 {
            if self.held.is_some() && !self.running.is_empty() {
                return moved;
            }
            if let Some(statement) = self.held.take().or_else(|| self.again.pop_front()) {
                self.statement(statement);
            } else {
                match self.queue.poll_recv(cx) {
                    Poll::Ready(Some(request)) => self.send(request),
                    Poll::Ready(None) => {
                        self.deserted = true;
                        return moved;
                    }
                    Poll::Pending => return moved,
                }
            }
            moved = true;
        }
        moved
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Lost> {
        while !self.output.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.output) {
                Poll::Ready(Ok(0)) => return Err(Lost::Io(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => self.output.advance(count),
                Poll::Ready(Err(error)) => return Err(self.lost(error)),
                Poll::Pending => break,
            }
        }
        if self.grown && self.output.is_empty() {
            self.output = BytesMut::with_capacity(OUTPUT);
            self.grown = false;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(Err(error)) => Err(self.lost(error)),
            _ => Ok(()),
        }
    }

    /// Reads once and takes what is complete. Tells whether there was anything.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<bool, Lost> {
        // With more room than the socket has bytes, one read says that there is no more.
        self.input.reserve(16 * 1024);
        let read = pin!(self.stream.read_buf(&mut self.input)).poll(cx);
        match read {
            Poll::Ready(Ok(0)) => Err(Lost::Closed),
            Poll::Ready(Ok(_)) => self.take_messages().map(|()| true),
            Poll::Ready(Err(error)) => Err(self.lost(error)),
            Poll::Pending => Ok(false),
        }
    }

    /// What the server said before it went is often still to be read when writing fails.
    fn lost(&mut self, error: io::Error) -> Lost {
        let waker = std::task::Waker::noop();
        let mut cx = Context::from_waker(waker);
        loop {
            self.input.reserve(4096);
            match pin!(self.stream.read_buf(&mut self.input)).poll(&mut cx) {
                Poll::Ready(Ok(count)) if count > 0 => {}
                _ => break,
            }
        }
        match self.take_messages() {
            Ok(()) => Lost::Io(error),
            Err(lost) => lost,
        }
    }

    /// A statement that has a connection for itself and that nobody waits for any more is cancelled. On a
    /// connection that others share that would hit one of theirs.
    fn watch_abandoned(&mut self, cx: &mut Context<'_>) {
        if self.role == Role::Lane || self.open.is_some() || self.cancelling.is_some() {
            return;
        }
        if let Some(Running { what: What::Statement(statement), .. }) = self.running.front_mut()
            && statement.work.poll_abandoned(cx)
        {
            self.cancel();
        }
    }

    /// Has the server stop the statement that runs.
    fn cancel(&mut self) {
        if self.cancelling.is_some() {
            return;
        }
        let (heard, hear) = oneshot::channel();
        let (facts, key) = (self.facts.clone(), self.key);
        tokio::spawn(async move {
            facts.door.cancel(key).await;
            let _ = heard.send(());
        });
        self.cancelling = Some(hear);
    }

    /// Gives a connection back to the pool; not before a request to cancel has arrived, or it would hit the
    /// next holder's statement.
    fn give_back(&mut self, mut lease: Lease) {
        lease.spoil_if(self.tainted);
        match self.cancelling.take() {
            Some(hear) => {
                tokio::spawn(async move {
                    let _ = hear.await;
                    drop(lease);
                });
            }
            None => drop(lease),
        }
    }

    fn url(&self) -> &str {
        &self.facts.door.target.url
    }
}

/// Why a connection ended.
enum Lost {
    Closed,
    Io(io::Error),
    /// The server sent what the protocol does not know.
    Malformed,
}

impl From<super::reader::Malformed> for Lost {
    fn from(_: super::reader::Malformed) -> Lost {
        Lost::Malformed
    }
}

/// The error of whatever comes after a transaction ended by itself.
fn gone() -> Error {
    Error::database(
        "the transaction is no longer open: a statement ended it (use the handle's own commit and rollback); nothing of it was \
         kept by this",
    )
}

/// The error of what was queued on a connection that is lost, and never sent.
pub(super) fn not_sent(url: &str) -> Error {
    unavailable(format!(
        "the connection to the database `{url}` was lost before this could be sent: try again"
    ))
}
