//! Values around every page: what templates find beside the handler's ([`Routing::context`](crate::Routing::context)).
//!
//! An app names a value and the function that makes it; the function takes what handlers take, and may wait. It runs only where a
//! template asks for the name: a page is rendered, and if it asked for a value that is not there yet, the value is made and the page
//! rendered again (`dispatch::around`). Which page asks for what is remembered, so that this happens once for each template.
mod provide;

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{Extensions, Request, StatusCode, request::Parts};
use hyper::upgrade::OnUpgrade;
use quintet_core::{Error, ErrorKind, Value};

pub use provide::Provide;
pub(crate) use provide::{Maker, maker};

/// A named value of an app.
pub(crate) struct Provided {
    pub(crate) name: Cow<'static, str>,
    pub(crate) make: Maker,
}

/// All of a site, and what its templates have asked for.
pub(crate) struct Providers {
    all: Vec<(Cow<'static, str>, Maker)>,
    learned: Mutex<HashMap<String, BTreeSet<usize>>>,
}

/// More templates than any site has: a name that a handler makes up is not remembered for ever.
const MOST: usize = 10_000;

impl Providers {
    /// Of all apps; the first that has a name wins, as with templates. `None` if there are none.
    pub(crate) fn of<'a>(given: impl Iterator<Item = &'a Provided>) -> Option<Self> {
        let mut all: Vec<(Cow<'static, str>, Maker)> = Vec::new();
        for provided in given {
            if !all.iter().any(|(name, _)| *name == provided.name) {
                all.push((provided.name.clone(), provided.make.clone()));
            }
        }
        (!all.is_empty()).then(|| Providers { all, learned: Mutex::default() })
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn learned(&self, template: &str) -> BTreeSet<usize> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get(template).cloned().unwrap_or_default()
    }

    pub(crate) fn learn(&self, template: &str, asked: &BTreeSet<usize>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.len() < MOST || learned.contains_key(template) {
            learned.entry(template.to_owned()).or_default().extend(asked);
        }
    }
}

/// What one request has of them.
#[derive(Default)]
pub(crate) struct Around {
    providers: Option<Arc<Providers>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The request, for the functions that make values.
    head: Option<Box<Parts>>,
    made: Vec<(usize, Value)>,
    missed: BTreeSet<usize>,
}

impl Around {
    pub(crate) fn new(providers: Option<&Arc<Providers>>) -> Self {
        Around { providers: providers.cloned(), state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().flat_map(|providers| providers.all.iter().map(|(name, _)| name.as_ref()))
    }

    /// The value of a name. One that is not made yet is nothing for now, and remembered to be made.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let index = self.names().position(|known| known == name)?;
        let mut state = self.state();
        if let Some((_, value)) = state.made.iter().find(|(made, _)| *made == index) {
            return Some(value.clone());
        }
        state.missed.insert(index);
        Some(Value::Null)
    }

    /// The value of a name, if it is made.
    pub(crate) fn peek(&self, name: &str) -> Option<Value> {
        let index = self.names().position(|known| known == name)?;
        self.state().made.iter().find(|(made, _)| *made == index).map(|(_, value)| value.clone())
    }

    pub(crate) fn providers(&self) -> Option<&Arc<Providers>> {
        self.providers.as_ref()
    }

    /// Is everything made that was asked for?
    pub(crate) fn is_whole(&self) -> bool {
        self.providers.is_none() || self.state().missed.is_empty()
    }

    /// What was asked for since the last time, and is not made.
    pub(crate) fn missed(&self) -> BTreeSet<usize> {
        std::mem::take(&mut self.state().missed)
    }

    /// Makes what is not made yet. `complete` adds to a request what [`Around::remember`] has left out.
    ///
    /// # Errors
    /// What a function, or an argument of it, answers in place of the page.
    pub(crate) async fn make(
        &self,
        wanted: &BTreeSet<usize>,
        complete: impl Fn(&mut Extensions),
    ) -> Result<(), Box<Response>> {
        for index in wanted {
            let Some((name, maker)) = self.providers.as_ref().and_then(|all| all.all.get(*index)) else {
                continue;
            };
            let mut parts = {
                let state = self.state();
                if state.made.iter().any(|(made, _)| made == index) {
                    continue;
                }
                state.head.clone().ok_or_else(|| {
                    failed(Error::internal("a value around a page is made for a request only"))
                })?
            };
            complete(&mut parts.extensions);
            let value = AssertUnwindSafe(maker(parts)).catch_unwind().await.unwrap_or_else(|_| {
                let why = format!("the function that makes `{name}` for templates panicked");
                Err(failed(Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, why)))
            })?;
            self.state().made.push((*index, value));
        }
        Ok(())
    }

    /// Keeps the request for the functions that make values, without what `forget` takes away: whatever holds this would be kept by
    /// itself for ever.
    pub(crate) fn remember<B>(&self, request: &Request<B>, forget: impl FnOnce(&mut Extensions)) {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = request.uri().clone();
        parts.version = request.version();
        parts.headers = request.headers().clone();
        parts.extensions = request.extensions().clone();
        // A connection that is to become another one belongs to the handler.
        parts.extensions.remove::<OnUpgrade>();
        forget(&mut parts.extensions);
        self.state().head = Some(Box::new(parts));
    }
}

fn failed(error: Error) -> Box<Response> {
    Box::new(error.into_response())
}
