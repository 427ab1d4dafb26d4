//! The body of an answer on its way out: it writes the access log's line and tells its connection when it is gone.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::access_log::Line;
use crate::deadline::Deadline;

/// A body, and what hangs on its end.
pub(crate) struct Outgoing {
    content: Content,
    end: End,
}

enum Content {
    /// All there is, in memory already: most answers.
    Whole(Option<Bytes>),
    Stream {
        /// What came when it was first asked.
        first: Option<Result<Frame<Bytes>, axum::Error>>,
        body: Body,
    },
}

/// Dropped when the body is gone or given up.
struct End {
    // Large and rare enough to be kept elsewhere: a body is moved several times.
    line: Option<Box<Line>>,
    connection: Option<Arc<Deadline>>,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.busy(false);
        }
    }
}

impl Outgoing {
    /// Takes what `body` has at once. To a HEAD request (`head`) nothing of it is sent.
    pub(super) fn new(
        mut body: Body,
        head: bool,
        line: Option<Box<Line>>,
        connection: Option<Arc<Deadline>>,
        cx: &mut Context<'_>,
    ) -> Self {
        let mut end = End { line, connection };
        let content = if head || body.is_end_stream() {
            if let Some(line) = &mut end.line {
                line.complete();
            }
            Content::Stream { first: None, body }
        } else {
            match Pin::new(&mut body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) if body.is_end_stream() && frame.is_data() => {
                    Content::Whole(frame.into_data().ok())
                }
                Poll::Ready(first) => Content::Stream { first, body },
                Poll::Pending => Content::Stream { first: None, body },
            }
        };
        Outgoing { content, end }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let (polled, whole) = match &mut this.content {
            Content::Whole(data) => (Poll::Ready(data.take().map(|data| Ok(Frame::data(data)))), true),
            Content::Stream { first, body } => {
                let polled = match first.take() {
                    Some(first) => Poll::Ready(Some(first)),
                    None => Pin::new(&mut *body).poll_frame(cx),
                };
                // A body of known length is not asked again after its last piece.
                let whole = matches!(polled, Poll::Ready(None)) || body.is_end_stream();
                (polled, whole)
            }
        };
        if let Some(line) = &mut this.end.line {
            if let Poll::Ready(Some(Ok(frame))) = &polled {
                line.count(frame.data_ref().map_or(0, Bytes::len));
            }
            if whole {
                line.complete();
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(data) => data.is_none(),
            Content::Stream { first, body } => first.is_none() && body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(data) => SizeHint::with_exact(data.as_ref().map_or(0, |data| data.len() as u64)),
            Content::Stream { first, body } => {
                let mut hint = body.size_hint();
                if let Some(Ok(frame)) = first {
                    let more = frame.data_ref().map_or(0, |data| data.len() as u64);
                    // The upper bound first: it must not be below the lower one.
                    if let Some(upper) = hint.upper() {
                        hint.set_upper(upper.saturating_add(more));
                    }
                    hint.set_lower(hint.lower().saturating_add(more));
                }
                hint
            }
        }
    }
}
