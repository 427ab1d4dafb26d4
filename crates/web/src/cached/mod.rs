//! Whole answers that are kept: `#[get("/top/", cache = "5m")]`.
//!
//! A request that may be answered so is [`Asked`] at its route, before the handler runs. What is kept for it is the answer; it goes
//! out through the site's layers like any other. If there is nothing, one request for each key has its handler run (`turns`), and the
//! answer goes on its way with what may be kept of it ([`Leaving`]). Where its headers are complete it is [`sealed`]: only there is it
//! known whether anybody made it one for its visitor alone (a cookie, a token, `private`), and then nothing is kept.
//!
//! `entry` is what is kept and under which key, `rules` says what may be, `control` is for handlers.
mod control;
mod entry;
mod rules;
mod turns;

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use quintet_core::{Error, Result, Services, clock::Clock, kept::KeptBytes};
use tokio::time::timeout;

pub use control::{CacheControl, VaryOn, cache_control, never_cache, vary_on};

use self::{
    entry::{Entry, Key},
    turns::{Turn, Turns, WAIT},
};
use crate::{facts::Facts, policy::Additions, routing::RouteInfo};

/// Larger answers are not kept.
const MOST: u64 = 4 * 1024 * 1024;

/// What a site keeps of its answers, and who is making one.
pub(crate) struct Answers {
    store: Arc<dyn KeptBytes>,
    turns: Arc<Turns>,
}

impl Answers {
    pub(crate) fn new(store: Arc<dyn KeptBytes>) -> Self {
        Answers { store, turns: Arc::default() }
    }

    /// What is kept for a request, and by which of its headers answers differ.
    async fn find(&self, key: &Key, headers: &HeaderMap, now: Timestamp) -> (Vec<String>, Option<Entry>) {
        let Some(names) = self.store.get(&key.names()).await else { return (Vec::new(), None) };
        let names: Vec<String> = serde_json::from_slice(&names).unwrap_or_default();
        let of = key.at(&names, headers);
        let entry = match self.store.get(&of).await {
            None => None,
            Some(bytes) => match Entry::parse(&bytes) {
                // The store counts from when it got it.
                Some(entry) => Some(entry).filter(|entry| entry.is_good(now)),
                None => {
                    self.store.delete(&of).await;
                    None
                }
            },
        };
        (names, entry)
    }

    async fn keep(&self, key: &Key, names: &[String], headers: &HeaderMap, entry: &Entry) {
        let keep = Some(entry.keep());
        if let (Ok(list), Some(bytes)) = (serde_json::to_vec(names), entry.bytes()) {
            // The answer first: a list that leads nowhere is a miss, and so is an answer that no list leads to.
            self.store.set(&key.at(names, headers), bytes, keep).await;
            self.store.set(&key.names(), list.into(), keep).await;
        }
    }
}

/// A request that may be answered by what is kept.
pub(crate) struct Asked {
    answers: Arc<Answers>,
    key: Key,
    headers: HeaderMap,
    keep: std::time::Duration,
    head: bool,
}

impl Asked {
    /// `None` where the handler always answers: the route is not cached, or the request has more than one answer can be for.
    pub(crate) fn of<B>(request: &Request<B>, facts: &Facts, route: &RouteInfo) -> Option<Asked> {
        let keep = route.cache?;
        // Who develops sees what they have just changed.
        if facts.debug() || !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        if !rules::is_for_all(request.headers()) {
            return None;
        }
        let answers = facts.services().get::<Arc<Answers>>()?.clone();
        let head = request.method() == Method::HEAD;
        Some(Asked {
            answers,
            key: Key::of(request, facts.asked().https),
            headers: request.headers().clone(),
            keep,
            head,
        })
    }

    /// What is kept, or what `work` answers, a handler's work that has not begun.
    pub(crate) async fn answer(self, facts: Facts, work: impl Future<Output = Response>) -> Response {
        let now = now(facts.services());
        let (names, found) = self.answers.find(&self.key, &self.headers, now).await;
        if let Some(entry) = found {
            return entry.response(now);
        }
        // A handler may answer to HEAD what it likes.
        if self.head {
            return work.await;
        }
        if self.answers.turns.is_for_one(&self.key) {
            return self.leave(work.await, names, None).await;
        }
        let seat = self.answers.turns.join(self.key.at(&names, &self.headers));
        // A turn that is of no use is given up before the handler runs: the next one must not wait for it.
        let turn = timeout(WAIT, seat.turn()).await.ok().filter(|turn| !turn.is_needless());
        let Some(turn) = turn else { return self.leave(work.await, names, None).await };
        let (names, found) = self.answers.find(&self.key, &self.headers, now).await;
        if let Some(entry) = found {
            return entry.response(now);
        }
        self.leave(work.await, names, Some(turn)).await
    }

    /// Sends the answer on its way, with what may be kept of it.
    async fn leave(self, response: Response, names: Vec<String>, turn: Option<Turn>) -> Response {
        let Some(keep) = rules::keep(&response, self.keep) else {
            needless(turn);
            return response;
        };
        if response.body().size_hint().exact().is_none_or(|length| length > MOST) {
            needless(turn);
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let body: Bytes = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                needless(turn);
                let broken = futures_util::stream::iter([Err::<Bytes, _>(error)]);
                return Response::from_parts(parts, Body::from_stream(broken));
            }
        };
        let said = parts.headers.clone();
        let leaving = Unsealed { asked: self, names, keep, said, body: body.clone(), turn };
        parts.extensions.insert(Leaving(Arc::new(Mutex::new(Some(leaving)))));
        Response::from_parts(parts, Body::from(body))
    }
}

/// What may be kept of an answer, until its headers are complete. If the answer gets lost, so does this.
#[derive(Clone)]
struct Leaving(Arc<Mutex<Option<Unsealed>>>);

struct Unsealed {
    asked: Asked,
    /// By which headers earlier answers differed.
    names: Vec<String>,
    keep: std::time::Duration,
    /// The headers that the handler's own answer had.
    said: HeaderMap,
    body: Bytes,
    turn: Option<Turn>,
}

/// Keeps what may be kept of an answer whose headers are complete.
pub(crate) fn sealed(response: &mut Response, services: &Services) {
    let Some(Leaving(leaving)) = response.extensions_mut().remove::<Leaving>() else { return };
    let Some(leaving) = leaving.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let Unsealed { asked, names, keep, mut said, body, turn } = leaving;
    let is_for_all = response.status() == StatusCode::OK
        && rules::keep(response, keep).is_some()
        && rules::differs_as_said(&said, response.headers(), &asked.headers);
    if !is_for_all {
        asked.answers.turns.for_one(&asked.key);
        needless(turn);
        return;
    }
    let names = rules::names(&names, response.headers());
    // Whoever looked at the request said so once: what is kept says it each time, to the caches on the way.
    said.remove(header::VARY);
    for value in response.headers().get_all(header::VARY) {
        said.append(header::VARY, value.clone());
    }
    let policy = response.extensions().get::<Additions>().map(Additions::to_pairs).unwrap_or_default();
    let Some(entry) = Entry::new(now(services), keep, said, policy, body) else {
        asked.answers.turns.for_one(&asked.key);
        needless(turn);
        return;
    };
    entry.tell(response.headers_mut());
    let keeping = async move {
        asked.answers.keep(&asked.key, &names, &asked.headers, &entry).await;
        drop(turn);
    };
    // Those who wait for it find it; the client need not wait for that, unless it is done at once, as in memory: then whoever asks next
    // finds it, too.
    let mut keeping = Box::pin(keeping);
    if keeping.as_mut().now_or_never().is_some() {
        return;
    }
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(keeping)),
        Err(_) => tracing::warn!("an answer is not cached: it is not sent from a tokio runtime"),
    }
}

/// Those who wait go ahead.
fn needless(turn: Option<Turn>) {
    if let Some(turn) = turn {
        turn.needless();
    }
}

/// What a site must have for a route that says it is cached.
pub(crate) fn need(services: &Services) -> Result {
    match services.get::<Arc<dyn KeptBytes>>() {
        Some(_) => Ok(()),
        None => Err(Error::internal(
            "it is cached, but the site has no cache: leave out `cache`, or use the feature `cache`",
        )),
    }
}

fn now(services: &Services) -> Timestamp {
    services.get::<Clock>().cloned().unwrap_or_default().now()
}

/// A header in place of others of its name, unless it is there.
fn or_insert(headers: &mut HeaderMap, name: header::HeaderName, text: String) {
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.entry(name).or_insert(value);
    }
}
