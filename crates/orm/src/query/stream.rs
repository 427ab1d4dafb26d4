//! Rows one by one, with only some of them in memory.

use std::{
    any::Any,
    fmt,
    panic::Location,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
};

use futures_util::stream::Stream;
use quintet_core::{BoxFuture, Error, Result};
use tokio::sync::mpsc;

use super::{QuerySet, is_empty};
use crate::{
    db::home,
    decode::{
        Cursor, DecodeCx, Scales,
        sink::{Decode, Joined, fetch},
    },
    executor::Executor,
    model::Model,
    row::{RowAccess, RowSink},
    sql::{self, Ask},
    stmt::{Access, Stmt},
};

/// Rows that are decoded but not taken yet, at most.
const AHEAD: usize = 256;

/// The rows of a query as they come: [`QuerySet::stream`]. It is a `Stream` too. Dropping it ends the query.
#[must_use = "no row is read until .next().await"]
pub struct Rows<'a, O> {
    /// Puts rows into the channel; gone when it has ended.
    query: Option<BoxFuture<'a, Result>>,
    rows: mpsc::Receiver<O>,
    failed: Option<Error>,
}

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// The rows one by one. At most a few hundred are in memory, however many there are; the database waits for whoever
    /// takes them.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let mut films = Film.order_by(Film.title).stream(db);
    /// while let Some(film) = films.next().await {
    ///     println!("{}", film?.title);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// The connection is busy until the last row was taken. Inside a transaction, and with a SQLite database in memory, it
    /// is the only one: ask it nothing else in the meantime. Relations can be joined (`select_related`), not prefetched.
    #[track_caller]
    pub fn stream(self, db: &dyn Executor) -> Rows<'_, O> {
        self.open(Held::Lent(db), Location::caller())
    }

    /// As [`stream`](Self::stream), of a handle that the rows keep: they may be given away, to a page that leaves while it is
    /// rendered (`Page::stream`) or to a task.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// fn films(db: &Db) -> impl Stream<Item = Result<Film>> + use<> {
    ///     Film.order_by(Film.title).stream_owned(db.clone())
    /// }
    /// # use futures_util::Stream;
    /// ```
    #[track_caller]
    pub fn stream_owned(self, db: impl Executor + 'static) -> Rows<'static, O> {
        self.open(Held::Own(Box::new(db)), Location::caller())
    }

    fn open<'a>(mut self, held: Held<'a>, at: &'static Location<'static>) -> Rows<'a, O> {
        let db = held.executor();
        let (sender, rows) = mpsc::channel(AHEAD);
        if is_empty(&self.select) {
            return Rows { query: None, rows, failed: None };
        }
        if self.parts.is_some_and(|parts| !parts.is_empty()) {
            let error = Error::internal(
                "stream(..) can't load the Vec fields of a shape: use a shape without them, or read parts with limit(..) and all(..)",
            );
            return Rows { query: None, rows, failed: Some(error.at(at)) };
        }
        self.select.prepare();
        let mut joined = None;
        if let Some(loads) = self.loads {
            if !loads.prefetches.is_empty() {
                let error = Error::internal(
                    "stream(..) can't prefetch: leave out prefetch_related(..), or read parts with limit(..) and all(..)",
                );
                return Rows { query: None, rows, failed: Some(error.at(at)) };
            }
            for join in &loads.joins {
                join.columns(&mut self.select.columns);
            }
            joined = Some(Joined { carrier: loads.carrier, joins: loads.joins });
        }
        let home = match home(db, &*self.select, Access::Read) {
            Ok(home) => home,
            Err(error) => return Rows { query: None, rows, failed: Some(error.at(at)) },
        };
        let dialect = home.as_ref().map_or(db.dialect(), |home| home.dialect());
        let (stmt, scales) = match sql::select(&self.select, Ask::Rows, dialect) {
            Ok((stmt, scales)) => (stmt.at(at).long(), scales),
            Err(error) => return Rows { query: None, rows, failed: Some(error.at(at)) },
        };
        let asked = Asked { decode: self.decode, joined, scales, sender };
        let query: BoxFuture<'a, Result> = Box::pin(async move {
            let db = home.as_ref().map_or(held.executor(), |home| home as &dyn Executor);
            match dialect.cursors {
                true => by_cursor(db, stmt, asked).await,
                false => directly(db, stmt, asked).await,
            }
        });
        Rows { query: Some(query), rows, failed: None }
    }
}

/// Whose the handle is.
enum Held<'a> {
    Lent(&'a dyn Executor),
    Own(Box<dyn Executor>),
}

impl Held<'_> {
    fn executor(&self) -> &dyn Executor {
        match self {
            Held::Lent(db) => *db,
            Held::Own(db) => &**db,
        }
    }
}

struct Asked<O> {
    decode: Decode<O>,
    joined: Option<Joined<O>>,
    scales: Scales,
    sender: mpsc::Sender<O>,
}

/// The driver's thread puts the rows into the channel, and waits where it is full.
async fn directly<O: Send + 'static>(db: &dyn Executor, stmt: Stmt, asked: Asked<O>) -> Result {
    let Asked { decode, joined, scales, sender } = asked;
    let sink = Passing { decode, joined, sender, cx: DecodeCx::for_single_rows(scales) };
    db.fetch(stmt, Box::new(sink)).await.map(drop)
}

/// Parts of the rows, one after the other.
async fn by_cursor<O: Send + 'static>(db: &dyn Executor, mut stmt: Stmt, asked: Asked<O>) -> Result {
    // A name of its own: what the driver knows about `FETCH … FROM name` holds for one cursor only.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("quintet_rows_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let Asked { decode, joined, scales, sender } = asked;
    let at = stmt.at;
    stmt.sql = format!("DECLARE {name} NO SCROLL CURSOR FOR {}", stmt.sql).into();
    let tx = db.begin().await?;
    tx.execute(stmt).await?;
    loop {
        let mut part = Stmt::read(format!("FETCH FORWARD {AHEAD} FROM {name}"), Vec::new());
        part.at = at;
        let joined =
            joined.as_ref().map(|joined| Joined { carrier: joined.carrier, joins: joined.joins.clone() });
        let rows = fetch(&*tx, (part, scales.clone()), decode, joined).await?;
        let last = rows.len() < AHEAD;
        for row in rows {
            if sender.send(row).await.is_err() {
                return Ok(());
            }
        }
        if last {
            break;
        }
    }
    tx.commit().await
}

struct Passing<O> {
    decode: Decode<O>,
    joined: Option<Joined<O>>,
    sender: mpsc::Sender<O>,
    cx: DecodeCx,
}

impl<O: Send + 'static> RowSink for Passing<O> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let mut cursor = Cursor::new(row, &mut self.cx);
        let mut decoded = (self.decode)(&mut cursor)?;
        if let Some(joined) = &self.joined {
            joined.load(&mut decoded, &mut cursor)?;
        }
        Ok(self.sender.blocking_send(decoded).is_ok())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl<O> Rows<'_, O> {
    /// The next row; `None` after the last one. After an error there are no more.
    pub async fn next(&mut self) -> Option<Result<O>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<O>>> {
        loop {
            match self.rows.poll_recv(cx) {
                Poll::Ready(Some(row)) => return Poll::Ready(Some(Ok(row))),
                Poll::Ready(None) if self.query.is_none() => {
                    return Poll::Ready(self.failed.take().map(Err));
                }
                _ => {}
            }
            let Some(query) = &mut self.query else { return Poll::Pending };
            match query.as_mut().poll(cx) {
                Poll::Ready(done) => {
                    self.query = None;
                    self.failed = done.err();
                }
                // It may have put rows into the channel just now, which wakes nobody who was not told to wait there.
                Poll::Pending => {
                    return match self.rows.poll_recv(cx) {
                        Poll::Ready(Some(row)) => Poll::Ready(Some(Ok(row))),
                        _ => Poll::Pending,
                    };
                }
            }
        }
    }
}

impl<O> Stream for Rows<'_, O> {
    type Item = Result<O>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<O>>> {
        self.poll(cx)
    }
}

impl<O> fmt::Debug for Rows<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.query.is_some() { "Rows(open)" } else { "Rows(ended)" })
    }
}
