//! Which channel a topic belongs to.

use std::{panic::Location, sync::Arc};

use quintet_core::{BoxFuture, Error, Result, SourcePlace};
use serde_json::value::RawValue;

use super::connection::Me;
use crate::pattern::{Params, Pattern};

/// A topic that clients can join, whatever its type is.
pub(crate) trait AnyTopic: Send + Sync {
    /// May this client be in it, and how?
    fn join<'a>(&'a self, me: Me) -> BoxFuture<'a, Result<Join>>;

    /// It says something.
    fn hear<'a>(&'a self, data: &'a RawValue, me: Me) -> BoxFuture<'a, Result>;

    /// Could its listeners understand this?
    fn understands(&self, data: &serde_json::Value) -> Result;

    /// It has left.
    fn left<'a>(&'a self, me: Me) -> BoxFuture<'a, Result>;
}

/// How a client is in a topic: what [`Channel::join`](crate::Channel::join) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Join {
    pub(crate) meta: Option<serde_json::Value>,
    pub(crate) sees: bool,
}

impl Join {
    /// All who are in the topic see that they are there, and this of them: a name, say. They see who else is there.
    ///
    /// A value that can't be JSON is none: an object with keys that are no texts.
    pub fn present(meta: impl serde::Serialize) -> Self {
        Join { meta: serde_json::to_value(meta).ok(), sees: true }
    }

    /// Nobody sees that they are there. They see who else is.
    pub fn quietly() -> Self {
        Join { meta: None, sees: true }
    }

    /// They are not told who is there.
    pub fn unseeing(mut self) -> Self {
        self.sees = false;
        self
    }
}

type Open = Box<dyn Fn(&Params<'_>) -> Result<Arc<dyn AnyTopic>> + Send + Sync>;

/// A channel of an app.
pub(crate) struct Declared {
    pub(crate) pattern: &'static str,
    pub(crate) at: &'static Location<'static>,
    pub(crate) open: Arc<Open>,
}

struct Known {
    pattern: Pattern,
    at: &'static Location<'static>,
    /// Whose code it is, for the names of routes.
    namespace: Arc<str>,
    open: Arc<Open>,
}

/// All channels of a site.
#[derive(Default)]
pub(crate) struct Registry(Vec<Known>);

impl Registry {
    /// Adds one.
    ///
    /// # Errors
    /// If its pattern can't be, or stands for the topics of another one; the error names both lines.
    pub(crate) fn add(&mut self, declared: &Declared, namespace: &str) -> Result {
        let Declared { pattern, at, open } = declared;
        let place = |at: &Location<'_>| SourcePlace::new(at.file(), at.line() as usize);
        let pattern = Pattern::parse(pattern).map_err(|error| error.in_file(place(at)))?;
        if pattern.text().starts_with("quintet:") {
            let why = "topics that begin with `quintet:` are the site's own";
            return Err(Error::internal(why).in_file(place(at)));
        }
        if let Some(other) = self.0.iter().find(|other| other.pattern.is_like(&pattern)) {
            let (one, other, there) = (pattern.text(), other.pattern.text(), other.at);
            let why = format!(
                "two channels have the same topics: `{one}`, and `{other}` at {}:{}",
                there.file(),
                there.line()
            );
            return Err(Error::internal(why).in_file(place(at)));
        }
        self.0.push(Known { pattern, at, namespace: namespace.into(), open: open.clone() });
        // What says more is asked first: `film:new` before `film:{id}`.
        self.0.sort_by_key(|known| std::cmp::Reverse(known.pattern.said()));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A topic by its name, and the namespace of its code.
    ///
    /// # Errors
    /// 404 if no channel has it.
    pub(crate) fn open(&self, topic: &str) -> Result<(Arc<dyn AnyTopic>, Arc<str>)> {
        for known in &self.0 {
            if let Some(params) = known.pattern.read(topic) {
                return Ok(((known.open)(&params)?, known.namespace.clone()));
            }
        }
        Err(Error::not_found("There is no such topic."))
    }
}
