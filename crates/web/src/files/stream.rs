//! Answers that are made while they are sent: only some of them is ever in memory.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderValue, header};
use quintet_core::{
    BoxFuture, Error, Result, Services,
    hidden::{self, Values},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    sync::mpsc,
};

use super::{content::broken, csv::Csv, disposition::disposition, out::Out};

/// Small pieces are sent together, up to about so many bytes.
const TOGETHER: usize = 16 * 1024;
/// How much a reader is asked for at once.
const READ: usize = 64 * 1024;

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// An answer that is sent while it is made: pieces of a `Stream`, what a reader reads, what a function writes, rows as CSV.
///
/// Nobody knows its length, so there are no parts of it (`Range`). The client's pace is the maker's: when the client takes nothing, the
/// maker waits; when it leaves, the maker is dropped. An error in the middle is logged and ends the connection, so that the
/// client does not take what it has for the whole.
///
/// ```
/// use futures_util::stream;
/// use quintet_core::Result;
/// use quintet_web::{files::Streamed, get};
///
/// #[get("/numbers.txt")]
/// async fn numbers() -> Streamed {
///     Streamed::text(stream::iter((1..=1_000_000).map(|n| Ok(format!("{n}\n")))))
/// }
///
/// #[get("/squares.csv")]
/// async fn squares() -> Streamed {
///     Streamed::csv("squares.csv", async |mut csv| {
///         csv.row(&("number", "square")).await?;
///         for n in 1..=1_000_000_i64 {
///             csv.row(&(n, n * n)).await?;
///         }
///         Ok(())
///     })
/// }
/// ```
#[must_use = "a stream is sent by returning it from a handler"]
pub struct Streamed {
    pieces: Pieces,
    content_type: String,
    name: Option<String>,
    /// What no log may show: it is made when the request is over.
    hides: Arc<Values>,
}

impl Streamed {
    fn of(content_type: &str, pieces: Pieces) -> Self {
        Streamed { pieces, content_type: content_type.to_owned(), name: None, hides: Arc::default() }
    }

    /// What `work` writes.
    fn made(
        content_type: &str,
        pieces: mpsc::Receiver<Bytes>,
        work: impl Future<Output = Result> + Send + 'static,
    ) -> Self {
        let hides = Arc::<Values>::default();
        Streamed {
            hides: hides.clone(),
            ..Streamed::of(content_type, made(pieces, hidden::scope(hides, work)))
        }
    }

    /// Pieces of bytes.
    pub fn bytes<B: Into<Bytes>>(pieces: impl Stream<Item = Result<B>> + Send + 'static) -> Self {
        Streamed::of("application/octet-stream", Box::pin(pieces.map(|piece| piece.map(Into::into))))
    }

    /// Pieces of text.
    pub fn text<T: Into<String>>(pieces: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        let pieces = pieces.map(|piece| piece.map(|text| Bytes::from(text.into())));
        Streamed::of("text/plain; charset=utf-8", Box::pin(pieces))
    }

    /// What a reader reads.
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        let pieces = futures_util::stream::try_unfold(Box::pin(reader), async |mut reader| {
            let mut piece = BytesMut::with_capacity(READ);
            let read = reader.read_buf(&mut piece).await?;
            Ok((read > 0).then(|| (piece.freeze(), reader)))
        });
        Streamed::of("application/octet-stream", Box::pin(pieces))
    }

    /// What a function writes, which may own all that it needs: a database, rows that borrow from it.
    ///
    /// ```
    /// # use quintet_web::{files::Streamed, get};
    /// #[get("/countdown/")]
    /// async fn countdown() -> Streamed {
    ///     Streamed::write(async move |mut out| {
    ///         for n in (0..10).rev() {
    ///             out.send(format!("{n}…")).await?;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// ```
    pub fn write<F, W>(work: F) -> Self
    where
        F: FnOnce(Out) -> W,
        W: Future<Output = Result> + Send + 'static,
    {
        let (out, pieces) = Out::pair();
        Streamed::made("text/plain; charset=utf-8", pieces, work(out))
    }

    /// Rows as CSV, to be saved under this name: see [`Csv`].
    pub fn csv<F, W>(name: &str, work: F) -> Self
    where
        F: FnOnce(Csv) -> W,
        W: Future<Output = Result> + Send + 'static,
    {
        let (out, pieces) = Out::pair();
        Streamed::made("text/csv; charset=utf-8", pieces, work(Csv::new(out))).attachment(name)
    }

    /// With this type.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// To be saved, under this name.
    pub fn attachment(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }
}

/// What `work` writes. It runs when pieces are asked for, among the services of the site, and is dropped with the answer.
fn made(rows: mpsc::Receiver<Bytes>, work: impl Future<Output = Result> + Send + 'static) -> Pieces {
    let work: BoxFuture<'static, Result> = match Services::current() {
        Some(services) => Box::pin(services.scope(work)),
        None => Box::pin(work),
    };
    Box::pin(Made { rows, work: Some(work) })
}

struct Made {
    rows: mpsc::Receiver<Bytes>,
    work: Option<BoxFuture<'static, Result>>,
}

impl Stream for Made {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        let mut piece = BytesMut::new();
        loop {
            while piece.len() < TOGETHER {
                match this.rows.try_recv() {
                    Ok(next) => piece.extend_from_slice(&next),
                    Err(_) => break,
                }
            }
            if piece.len() >= TOGETHER {
                return Poll::Ready(Some(Ok(piece.freeze())));
            }
            if let Some(work) = &mut this.work {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    this.work = None;
                    if let Err(error) = done {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                // It has made something meanwhile.
                if !this.rows.is_empty() {
                    continue;
                }
            }
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece.freeze())));
            }
            // Nothing is there. It may be made elsewhere, if the work has handed its `Out` on.
            match ready!(this.rows.poll_recv(cx)) {
                Some(next) => piece.extend_from_slice(&next),
                None if this.work.is_none() => return Poll::Ready(None),
                None => return Poll::Pending,
            }
        }
    }
}

impl IntoResponse for Streamed {
    fn into_response(self) -> Response {
        let hides = self.hides;
        hides.copy();
        let pieces = self.pieces.map(move |piece| broken(piece, &hides));
        let mut response = Response::new(Body::from_stream(pieces));
        let headers = response.headers_mut();
        match HeaderValue::try_from(&self.content_type) {
            Ok(kind) => headers.insert(header::CONTENT_TYPE, kind),
            Err(_) => {
                let why = format!("`{}` is no content type", self.content_type.escape_debug());
                return Error::internal(why).into_response();
            }
        };
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(name) = &self.name {
            headers.insert(header::CONTENT_DISPOSITION, disposition("attachment", Some(name)));
        }
        response
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(streamed: Streamed) -> (usize, String) {
        let pieces: Vec<Bytes> = streamed.pieces.map(Result::unwrap).collect().await;
        (pieces.len(), String::from_utf8(pieces.concat()).unwrap())
    }

    #[tokio::test]
    async fn everything_comes_however_much_it_is() {
        // Around what fits into the channel, and what a task may do before it must let others run.
        for count in (0..300).chain([1000, 20_000]) {
            let (pieces, text) = all(Streamed::write(async move |mut out| {
                for _ in 0..count {
                    out.send("line\n").await?;
                }
                Ok(())
            }))
            .await;
            assert_eq!((text.lines().count(), text.len()), (count, count * 5));
            assert!(pieces <= 2 + count / 20, "small pieces go together: {pieces} of {count}");
        }
    }

    #[tokio::test]
    async fn what_another_task_makes_comes_too() {
        let (_, text) = all(Streamed::write(async |mut out| {
            tokio::spawn(async move {
                for n in 0..500 {
                    tokio::task::yield_now().await;
                    if out.send(format!("{n}\n")).await.is_err() {
                        return;
                    }
                }
            });
            Ok(())
        }))
        .await;
        assert_eq!(text.lines().count(), 500);
    }
}
