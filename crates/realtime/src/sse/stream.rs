use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderName, HeaderValue, header};
use http_body::Frame;
use quintet_core::{BoxFuture, Error, Result, Services, hidden::Values};
use quintet_web::{Stopping, background};
use tokio::{
    sync::mpsc::{self, Receiver},
    time::{Instant, Sleep, sleep_until},
};

use super::event::Event;

/// So many events may wait for a slow client before whoever writes them waits.
const WAITING: usize = 16;
/// How long browsers wait before they come back when the server stops: all of them at once would be too many for the next one.
const BACK: std::ops::Range<u64> = 500..3_000;

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a stream of events is made of: [`Event`], or `Result` of it.
pub trait Item {
    /// The event.
    ///
    /// # Errors
    /// Whatever keeps it from being one: the stream ends, and the log says why.
    fn into_event(self) -> Result<Event>;
}

impl Item for Event {
    fn into_event(self) -> Result<Event> {
        Ok(self)
    }
}

impl<E: Into<Error>> Item for Result<Event, E> {
    fn into_event(self) -> Result<Event> {
        self.map_err(Into::into)
    }
}

/// Server-sent events (`text/event-stream`), as an answer.
///
/// ```
/// use std::time::Duration;
///
/// use quintet_realtime::sse::{Event, Sse};
/// use quintet_web::get;
///
/// #[get("/clock/")]
/// async fn clock() -> Sse {
///     Sse::write(async |events| {
///         for second in 0_u64.. {
///             events.send(Event::data(second.to_string())).await?;
///             tokio::time::sleep(Duration::from_secs(1)).await;
///         }
///         Ok(())
///     })
/// }
/// ```
///
/// ```
/// # use quintet_realtime::sse::{Event, Sse};
/// # use quintet_web::get;
/// use futures_util::stream;
///
/// #[get("/three/")]
/// async fn three() -> Sse {
///     Sse::new(stream::iter(["one", "two", "three"].map(Event::data)))
/// }
/// ```
///
/// It is sent as it comes: no proxy that reads its headers keeps it back or changes it, and a comment goes out whenever nothing has for 15
/// seconds. When the client is gone, the stream is dropped. When the server stops, it ends, and browsers are told to come back after a
/// time by chance of up to three seconds. A browser comes back after every end; what shall not go on for ever answers `204 No
/// Content` then.
#[must_use = "events are sent by returning them from a handler"]
pub struct Sse {
    events: Pin<Box<dyn Stream<Item = Result<Event>> + Send>>,
    keep_alive: Duration,
    /// What no log may show: the stream outlives its request.
    hides: Arc<Values>,
}

impl Sse {
    /// Events as a stream has them.
    pub fn new<S>(events: S) -> Self
    where
        S: Stream<Item: Item> + Send + 'static,
    {
        Sse {
            events: Box::pin(events.map(Item::into_event)),
            keep_alive: Duration::from_secs(15),
            hides: Arc::default(),
        }
    }

    /// Events that a function writes, which may own all that it needs. It runs among the services of the site while the client
    /// listens, and is dropped when it has gone.
    pub fn write<F, W>(work: F) -> Self
    where
        F: FnOnce(Events) -> W,
        W: Future<Output = Result> + Send + 'static,
    {
        let (sender, events) = mpsc::channel(WAITING);
        let hides = Arc::<Values>::default();
        let work = background::outliving(hides.clone(), work(Events(sender)));
        Sse {
            events: Box::pin(Written { events, work: Some(Box::pin(work)) }),
            keep_alive: Duration::from_secs(15),
            hides,
        }
    }

    /// After how long without an event a comment is sent, so that nobody on the way takes the connection for dead, and a
    /// client that has gone is noticed; 15 seconds unless told otherwise, zero for never.
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = every;
        self
    }
}

impl fmt::Debug for Sse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("keep_alive", &self.keep_alive).finish_non_exhaustive()
    }
}

impl IntoResponse for Sse {
    fn into_response(self) -> Response {
        self.hides.copy();
        let services = Services::current();
        let stopping = services.as_ref().map(Stopping::of).unwrap_or_default();
        let sending = Sending {
            events: Some(self.events),
            first: true,
            failed: None,
            hides: self.hides,
            services,
            stopping: Box::pin(async move { stopping.wait().await }),
            keep_alive: self.keep_alive,
            timer: None,
            due: Instant::now(),
        };
        let mut response = Response::new(Body::new(sending));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
        // nginx keeps back what it passes on, unless it is told not to.
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        response
    }
}

/// Where a function of [`Sse::write`] puts its events; clones go to the same client.
#[derive(Debug, Clone)]
pub struct Events(mpsc::Sender<Event>);

impl Events {
    /// Sends an event. Waits while some others wait for the client.
    ///
    /// # Errors
    /// If the client is gone: nobody hears it, and `?` ends the work.
    pub async fn send(&self, event: Event) -> Result {
        self.0.send(event).await.map_err(|_| Error::internal("nobody listens to these events any more"))
    }

    /// Waits until the client is gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// Events of a function.
struct Written {
    events: Receiver<Event>,
    work: Option<BoxFuture<'static, Result>>,
}

impl Stream for Written {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Ok(event) = this.events.try_recv() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Some(work) = &mut this.work {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    this.work = None;
                    if let Err(error) = done {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                // It has written something meanwhile.
                if !this.events.is_empty() {
                    continue;
                }
            }
            // Whoever has been handed an end may still write, though the work is done; and the work may go on though all ends are gone.
            return match ready!(this.events.poll_recv(cx)) {
                Some(event) => Poll::Ready(Some(Ok(event))),
                None if this.work.is_none() => Poll::Ready(None),
                None => Poll::Pending,
            };
        }
    }
}

/// The body of the answer.
struct Sending {
    /// None when it has ended.
    events: Option<Pin<Box<dyn Stream<Item = Result<Event>> + Send>>>,
    first: bool,
    /// Why it ends, when all that came before is sent.
    failed: Option<Error>,
    hides: Arc<Values>,
    services: Option<Services>,
    stopping: BoxFuture<'static, ()>,
    keep_alive: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// When a comment is to be sent, if nothing else is.
    due: Instant,
}

/// What goes together in one piece, if it is there.
const TOGETHER: usize = 16 * 1024;

type Polled = Poll<Option<Result<Frame<Bytes>, Infallible>>>;

impl Sending {
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event>>> {
        let Some(events) = &mut self.events else { return Poll::Ready(None) };
        match &self.services {
            Some(services) => services.clone().scope_blocking(|| events.as_mut().poll_next(cx)),
            None => events.as_mut().poll_next(cx),
        }
    }

    /// All that is there.
    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        let mut text = String::new();
        while text.len() < TOGETHER && self.failed.is_none() {
            match self.poll_event(cx) {
                Poll::Ready(Some(event)) => match event.and_then(|event| event.to_text()) {
                    Ok(event) => text.push_str(&event),
                    Err(error) => {
                        self.failed = Some(error);
                        break;
                    }
                },
                Poll::Ready(None) => {
                    self.events = None;
                    break;
                }
                Poll::Pending if text.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        if !text.is_empty() {
            return Poll::Ready(Some(Ok(text)));
        }
        if self.failed.is_some() {
            self.events = None;
        }
        Poll::Ready(self.failed.take().map(Err))
    }

    fn said(&mut self, text: impl Into<Bytes>) -> Polled {
        if let Some(due) = Instant::now().checked_add(self.keep_alive) {
            self.due = due;
        }
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }

    /// Has nothing been said for too long? The task is woken when it will be so.
    fn is_silent(&mut self, cx: &mut Context<'_>) -> bool {
        if self.keep_alive.is_zero() {
            return false;
        }
        loop {
            if self.due <= Instant::now() {
                return true;
            }
            let due = self.due;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        if this.events.is_none() {
            return Poll::Ready(None);
        }
        if std::mem::take(&mut this.first) {
            // Proxies pass on the head of an answer with the first piece of it, and pages then know that they are connected.
            return this.said(":\n\n");
        }
        if this.stopping.as_mut().poll(cx).is_ready() {
            this.events = None;
            return this.said(format!("retry: {}\n\n", back()));
        }
        match this.poll_text(cx) {
            Poll::Ready(Some(Ok(text))) => this.said(text),
            Poll::Ready(Some(Err(error))) => {
                // It ends as every stream of events may, and the client comes back: cut off, it would lose what is not sent yet.
                tracing::error!("a stream of events broke off: {}", this.hides.cover(&format!("{error:?}")));
                Poll::Ready(None)
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if this.is_silent(cx) => this.said(":\n\n"),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_none()
    }
}

/// When a browser is to come back, in milliseconds: by chance.
fn back() -> u64 {
    let mut bytes = [0; 8];
    let random = if getrandom::fill(&mut bytes).is_ok() { u64::from_ne_bytes(bytes) } else { 0 };
    BACK.start + random % (BACK.end - BACK.start)
}
