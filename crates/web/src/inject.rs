//! Scripts at the end of each page: of the development loop, and of the toolbar.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures_util::FutureExt;
use http::header;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

use crate::policy;

/// Adds `script` to a whole page of HTML. Parts of pages, which scripts ask for, stay as they are.
pub(crate) fn inject(mut response: Response, script: String) -> Response {
    let headers = response.headers();
    let html =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html || headers.contains_key(header::CONTENT_ENCODING) || response.body().is_end_stream() {
        return response;
    }
    response.headers_mut().remove(header::CONTENT_LENGTH);
    // A page with a policy of its own may load these scripts, too, their style, and hear of changes.
    policy::allow(
        &mut response,
        &[("script-src", "'self'"), ("style-src", "'self'"), ("connect-src", "'self'")],
    );
    response.map(|mut body| {
        // What is there as a whole stays so: its length is known, and its tag can be made.
        let first = body.frame().now_or_never();
        let mut injecting = Injecting { body, first: None, state: State::Begin, script: Some(script.into()) };
        match first {
            Some(Some(Ok(frame))) => match injecting.take(frame) {
                frame if injecting.is_end_stream() => {
                    frame.into_data().map_or_else(|_| Body::empty(), Body::from)
                }
                frame => Body::new(Injecting { first: Some(Ok(frame)), ..injecting }),
            },
            Some(Some(Err(error))) => Body::new(Injecting { first: Some(Err(error)), ..injecting }),
            Some(None) => Body::empty(),
            None => Body::new(injecting),
        }
    })
}

struct Injecting {
    body: Body,
    /// What came when the body was first asked.
    first: Option<Result<Frame<Bytes>, axum::Error>>,
    state: State,
    script: Option<Bytes>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing has come yet that tells what it is.
    Begin,
    Page,
    Part,
}

/// Where the page's content ends: before the tags that close it, which HTML allows to be left out.
fn end(data: &[u8]) -> usize {
    let mut end = data.len();
    for tag in [&b"</html>"[..], b"</body>"] {
        let text = data.get(..end).unwrap_or_default().trim_ascii_end();
        let start = text.len().saturating_sub(tag.len());
        if text.get(start..).is_some_and(|last| last.eq_ignore_ascii_case(tag)) {
            end = start;
        }
    }
    // White space before them stays before the scripts.
    if end < data.len() { end } else { data.len() }
}

fn is_page(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    [&b"<!doctype"[..], b"<html"]
        .iter()
        .any(|tag| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

impl Injecting {
    /// A frame as it goes on, with the scripts if it is the last one.
    fn take(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => return frame,
        };
        if self.state == State::Begin && !data.trim_ascii_start().is_empty() {
            self.state = if is_page(&data) { State::Page } else { State::Part };
        }
        if self.state == State::Page
            && self.body.is_end_stream()
            && let Some(script) = self.script.take()
        {
            // In one piece, so that what was whole stays whole.
            let (before, after) = data.split_at(end(&data));
            return Frame::data([before, &script, after].concat().into());
        }
        Frame::data(data)
    }
}

impl HttpBody for Injecting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(first));
        }
        let polled = match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(None) if this.state == State::Page => {
                return Poll::Ready(this.script.take().map(|script| Ok(Frame::data(script))));
            }
            other => return other,
        };
        Poll::Ready(Some(Ok(this.take(polled))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none()
            && self.body.is_end_stream()
            && (self.script.is_none() || self.state == State::Part)
    }

    fn size_hint(&self) -> SizeHint {
        // What comes is not known before it is seen.
        let first = match &self.first {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => 0,
        };
        let mut hint = SizeHint::new();
        hint.set_lower(self.body.size_hint().lower().saturating_add(first));
        hint
    }
}

#[cfg(test)]
mod tests {
    use axum::response::{Html, IntoResponse};
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    async fn injected(response: impl IntoResponse) -> String {
        let response = inject(response.into_response(), "<script>".to_owned());
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn whole_pages_get_the_script_and_nothing_else_does() {
        assert_eq!(injected(Html("\n<!DOCTYPE html><p>a")).await, "\n<!DOCTYPE html><p>a<script>");
        assert_eq!(injected(Html("<html><p>a")).await, "<html><p>a<script>");
        assert_eq!(
            injected(Html("<html>a\n</body>\n</HTML>\n")).await,
            "<html>a\n<script></body>\n</HTML>\n"
        );
        assert_eq!(injected(Html("<html></body></body>")).await, "<html></body><script></body>");
        assert_eq!(injected(Html("<p>part</p>")).await, "<p>part</p>");
        assert_eq!(injected(Html("")).await, "");
        assert_eq!(injected("<!doctype html> as text").await, "<!doctype html> as text");
        let pieces = ["  ", "<!doctype html>", "<p>a", "b"].map(Ok::<_, std::io::Error>);
        let streamed = Html(Body::from_stream(stream::iter(pieces)));
        assert_eq!(injected(streamed).await, "  <!doctype html><p>ab<script>");
        let packed = ([(header::CONTENT_ENCODING, "gzip")], Html("<html>")).into_response();
        assert_eq!(injected(packed).await, "<html>");
    }

    #[test]
    fn what_is_whole_stays_so_and_the_length_of_others_is_not_told() {
        let page = ([(header::CONTENT_LENGTH, "6")], Html("<html>")).into_response();
        let response = inject(page, "<script>".to_owned());
        assert!(!response.headers().contains_key(header::CONTENT_LENGTH));
        assert_eq!(response.body().size_hint().exact(), Some(14));
        assert_eq!(
            inject(Html("<p>").into_response(), "<script>".to_owned()).body().size_hint().exact(),
            Some(3)
        );
        let slow = stream::once(async {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>("<html>")
        });
        let response = inject(Html(Body::from_stream(slow)).into_response(), "<script>".to_owned());
        assert_eq!(response.body().size_hint().exact(), None);
    }
}
