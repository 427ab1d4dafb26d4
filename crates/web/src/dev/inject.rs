//! A script at the end of each page.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http::header;
use http_body::{Frame, SizeHint};

use crate::policy;

/// Adds `script` to a whole page of HTML. Parts of pages, which scripts ask for, stay as they are.
pub(super) fn inject(mut response: Response, script: String) -> Response {
    let headers = response.headers();
    let html =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html || headers.contains_key(header::CONTENT_ENCODING) || response.body().is_end_stream() {
        return response;
    }
    response.headers_mut().remove(header::CONTENT_LENGTH);
    // A page with a policy of its own may load this one script, too, and hear of changes.
    policy::allow(&mut response, &[("script-src", "'self'"), ("connect-src", "'self'")]);
    response.map(|body| Body::new(Injecting { body, state: State::Begin, script: Some(script.into()) }))
}

struct Injecting {
    body: Body,
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

fn is_page(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    [&b"<!doctype"[..], b"<html"]
        .iter()
        .any(|tag| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

impl HttpBody for Injecting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(None) if this.state == State::Page => {
                return Poll::Ready(this.script.take().map(|script| Ok(Frame::data(script))));
            }
            other => return other,
        };
        let data = match polled.into_data() {
            Ok(data) => data,
            Err(frame) => return Poll::Ready(Some(Ok(frame))),
        };
        if this.state == State::Begin && !data.trim_ascii_start().is_empty() {
            this.state = if is_page(&data) { State::Page } else { State::Part };
        }
        if this.state == State::Page
            && this.body.is_end_stream()
            && let Some(script) = this.script.take()
        {
            // In one piece, so that what was whole stays whole.
            return Poll::Ready(Some(Ok(Frame::data([data, script].concat().into()))));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && (self.script.is_none() || self.state == State::Part)
    }

    fn size_hint(&self) -> SizeHint {
        // What comes is not known before it is seen.
        let mut hint = SizeHint::new();
        hint.set_lower(self.body.size_hint().lower());
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
    fn the_length_is_not_told_before_it_is_known() {
        let page = ([(header::CONTENT_LENGTH, "6")], Html("<html>")).into_response();
        let response = inject(page, "<script>".to_owned());
        assert!(!response.headers().contains_key(header::CONTENT_LENGTH));
        assert_eq!(response.body().size_hint().exact(), None);
    }
}
