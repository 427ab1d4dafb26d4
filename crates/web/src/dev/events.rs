//! What pages hear: a stream of events (`text/event-stream`) for each.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

/// A page that is further behind misses some.
const MOST: usize = 64;

pub(super) struct Events {
    sender: broadcast::Sender<Arc<str>>,
    /// What does not compile now: new pages hear of it, too.
    problem: Mutex<Option<Arc<str>>>,
    /// Is the site about to stop?
    ended: watch::Sender<bool>,
}

impl Default for Events {
    fn default() -> Self {
        Events {
            sender: broadcast::channel(MOST).0,
            problem: Mutex::default(),
            ended: watch::Sender::new(false),
        }
    }
}

impl Events {
    /// Ends all streams: pages then ask the next site.
    pub(super) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Tells all pages. `data` is one line.
    pub(super) fn send(&self, name: &str, data: &str) {
        // Nobody listens: nobody has to be told.
        let _ = self.sender.send(event(name, data));
    }

    pub(super) fn problem(&self, data: &str) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(event("problem", data));
        self.send("problem", data);
    }

    pub(super) fn fine(&self) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.send("fine", "{}");
    }

    /// All that happens from now on, and first which build this is.
    pub(super) fn stream(&self, build: &str) -> Response {
        let receiver = self.sender.subscribe();
        let mut first = format!("retry: 200\n{}", event("build", build));
        if let Some(problem) = &*self.problem.lock().unwrap_or_else(PoisonError::into_inner) {
            first += problem;
        }
        let ended = self.ended.subscribe();
        let events =
            stream::unfold((Some(first), receiver, ended), |(first, mut receiver, mut ended)| async move {
                if let Some(first) = first {
                    let first = Bytes::from(first);
                    return Some((Ok::<_, std::convert::Infallible>(first), (None, receiver, ended)));
                }
                let next = async {
                    loop {
                        match receiver.recv().await {
                            Ok(event) => return Some(event),
                            Err(RecvError::Lagged(_)) => {}
                            Err(RecvError::Closed) => return None,
                        }
                    }
                };
                let event = tokio::select! {
                    event = next => event?,
                    _ = ended.wait_for(|ended| *ended) => return None,
                };
                Some((Ok(Bytes::copy_from_slice(event.as_bytes())), (None, receiver, ended)))
            });
        let mut response = Response::new(Body::from_stream(events));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn event(name: &str, data: &str) -> Arc<str> {
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn next(body: &mut Body) -> String {
        String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn pages_hear_what_happens_and_what_is_wrong() {
        let events = Events::default();
        let mut early = events.stream("b1").into_body();
        assert_eq!(next(&mut early).await, "retry: 200\nevent: build\ndata: b1\n\n");
        events.send("css", "{\"name\":\"a.css\"}");
        assert_eq!(next(&mut early).await, "event: css\ndata: {\"name\":\"a.css\"}\n\n");
        events.problem("{\"text\":\"E0308\"}");
        assert_eq!(next(&mut early).await, "event: problem\ndata: {\"text\":\"E0308\"}\n\n");
        let mut late = events.stream("b1").into_body();
        assert!(next(&mut late).await.ends_with("event: problem\ndata: {\"text\":\"E0308\"}\n\n"));
        events.fine();
        assert_eq!(next(&mut late).await, "event: fine\ndata: {}\n\n");
        assert!(!next(&mut events.stream("b1").into_body()).await.contains("problem"));
        events.end();
        assert!(late.frame().await.is_none());
    }
}
