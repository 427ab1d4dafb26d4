//! Answers made shorter on their way, by brotli or gzip.
//!
//! Whole bodies are packed at once, streams piece by piece: what has come is sent on when nothing more is there, so that
//! nobody waits. Left as they are: short answers, what is packed already or has ranges, events, and what says `no-transform`.
//!
//! Whoever can make a browser ask for a page with a text of his own in it, and see how long the answers are, can guess secrets in
//! the page letter by letter (BREACH). So each compressed answer is longer by a random number of bytes that mean nothing, as
//! Django does it: guessing then takes very many more requests. A page whose secrets must withstand that too says
//! `Cache-Control: no-transform`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::Frame;

use crate::{
    encoding::{
        self, Encoding,
        codec::{Effort, Packer},
    },
    facts::{Head, Name},
    settings::ServerSettings,
};

/// How much is packed before others get their turn.
const PIECE: usize = 64 * 1024;
/// Most bytes that mean nothing.
const PADDING: u8 = 100;

/// Which answers are compressed.
pub(super) struct Compress {
    on: bool,
    above: u64,
}

impl Compress {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Compress { on: settings.compress, above: settings.compress_above.bytes() }
    }

    /// The encoding that the client likes best, if one of them.
    pub(super) fn accepted(&self, headers: &HeaderMap, head: Head) -> Option<Encoding> {
        if self.on && head.has(Name::AcceptEncoding) { encoding::accepted(headers) } else { None }
    }

    /// Says so in the answer if it can be sent shorter, to whoever takes it.
    pub(super) fn offer(&self, response: &mut Response) -> bool {
        let fits = self.on && self.fits(response);
        if fits {
            encoding::vary(response.headers_mut());
        }
        fits
    }

    /// The answer, which [fits](Compress::offer), to a client that takes this encoding.
    pub(super) fn compressed(response: Response, encoding: Encoding) -> Response {
        let Some(padding) = padding() else { return response };
        let (mut parts, body) = response.into_parts();
        let headers = &mut parts.headers;
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
        headers.remove(header::CONTENT_LENGTH);
        weaken(headers);
        let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let packing = Packing {
            body: Some(body),
            rest: Bytes::new(),
            packer: Some(Packer::new(encoding, Effort::Low, length, padding)),
            padding,
            unsent: false,
            trailers: None,
        };
        Response::from_parts(parts, Body::new(packing))
    }

    fn fits(&self, response: &Response) -> bool {
        let headers = response.headers();
        let status = response.status();
        let bare = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::PARTIAL_CONTENT];
        if status.is_informational() || status.is_redirection() || bare.contains(&status) {
            return false;
        }
        // Most answers that are short are seen to be so, without a look at what they are.
        if response.body().size_hint().exact().is_some_and(|length| 0 < length && length < self.above) {
            return false;
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // The body of a HEAD is gone; its length is told.
        let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let length = told.or(response.body().size_hint().upper());
        if !encoding::worth(kind) || length.is_some_and(|length| length < self.above) {
            return false;
        }
        let own = [header::CONTENT_ENCODING, header::CONTENT_RANGE, header::ACCEPT_RANGES];
        let untouched = headers
            .get_all(header::CACHE_CONTROL)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("no-transform")));
        !untouched && !own.iter().any(|name| headers.contains_key(name))
    }
}

/// A random number; none if the system has none, and then nothing is compressed.
fn padding() -> Option<usize> {
    let mut byte = [0];
    getrandom::fill(&mut byte).ok()?;
    let [byte] = byte;
    Some(usize::from(byte % PADDING) + 1)
}

/// A strong tag stands for the bytes, and these are others.
fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")) else { return };
    let weak = [b"W/", tag.as_bytes()].concat();
    if let Ok(weak) = HeaderValue::from_bytes(&weak) {
        headers.insert(header::ETAG, weak);
    }
}

/// A body on its way through a packer.
struct Packing {
    body: Option<Body>,
    /// What has come and is not packed yet.
    rest: Bytes,
    packer: Option<Packer>,
    padding: usize,
    /// Has something been packed that no reader could read yet?
    unsent: bool,
    trailers: Option<HeaderMap>,
}

type Polled = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

impl Packing {
    fn pack(&mut self) -> Result<Option<Bytes>, axum::Error> {
        let Some(packer) = &mut self.packer else { return Ok(None) };
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        packer.write(&piece).map_err(axum::Error::new)?;
        self.unsent = true;
        Ok(some(packer.take()))
    }

    fn flush(&mut self) -> Result<Option<Bytes>, axum::Error> {
        let Some(packer) = self.packer.as_mut().filter(|_| self.unsent) else { return Ok(None) };
        self.unsent = false;
        packer.flush().map_err(axum::Error::new)?;
        Ok(some(packer.take()))
    }

    fn finish(&mut self) -> Result<Option<Bytes>, axum::Error> {
        let Some(packer) = self.packer.take() else { return Ok(None) };
        let padding = [b'a'; PADDING as usize];
        let padding = padding.get(..self.padding).unwrap_or_default();
        Ok(some(packer.finish(padding).map_err(axum::Error::new)?))
    }

    /// The end of the body has come; what is left is packed first.
    fn ended(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn fail(&mut self, error: axum::Error) -> Polled {
        (self.body, self.packer, self.trailers) = (None, None, None);
        Poll::Ready(Some(Err(error)))
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Result<Polled, axum::Error> {
        let data = |bytes| Ok(Poll::Ready(Some(Ok(Frame::data(bytes)))));
        loop {
            if !self.rest.is_empty() {
                let more = self.rest.len() > PIECE;
                let mut packed = self.pack()?.map(Vec::from).unwrap_or_default();
                if self.rest.is_empty() && self.ended() {
                    // All at once: what was whole leaves as a whole.
                    packed.extend(self.finish()?.unwrap_or_default());
                }
                if let Some(packed) = some(packed) {
                    return data(packed);
                }
                if more {
                    cx.waker().wake_by_ref();
                    return Ok(Poll::Pending);
                }
                continue;
            }
            let Some(body) = &mut self.body else { break };
            match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(frame) => {
                        self.trailers = frame.into_trailers().ok();
                        self.body = None;
                    }
                },
                Poll::Ready(Some(Err(error))) => return Err(error),
                Poll::Ready(None) => self.body = None,
                // Nothing more for now: what has come must not wait for it.
                Poll::Pending => match self.flush()? {
                    Some(packed) => return data(packed),
                    None => return Ok(Poll::Pending),
                },
            }
        }
        if let Some(packed) = self.finish()? {
            return data(packed);
        }
        Ok(Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))))
    }
}

fn some(bytes: Vec<u8>) -> Option<Bytes> {
    (!bytes.is_empty()).then(|| bytes.into())
}

impl HttpBody for Packing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        match self.step(cx) {
            Ok(polled) => Poll::Ready(ready!(polled)),
            Err(error) => self.fail(error),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.packer.is_none()
            && self.trailers.is_none()
            && self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}
