//! A topic as connections have it, whatever its type is.

use std::{any::Any, sync::Arc};

use quintet_core::{BoxFuture, Result};
use serde_json::value::RawValue;

use super::Me;
use crate::layer::Position;

/// A topic that clients can join, whatever its type is.
pub(crate) trait AnyTopic: Send + Sync {
    /// May this client be in it, and how?
    fn join<'a>(&'a self, me: Me) -> BoxFuture<'a, Result<Join>>;

    /// It says something.
    fn hear<'a>(&'a self, data: &'a RawValue, me: Me) -> BoxFuture<'a, Result>;

    /// Could its listeners understand this?
    fn understands(&self, data: &serde_json::Value) -> Result;

    /// What its clients hear, where that is not what somebody says in it.
    fn seating(&self) -> Option<&dyn Seating> {
        None
    }

    /// It has left.
    fn left<'a>(&'a self, me: Me) -> BoxFuture<'a, Result>;
}

/// A topic whose clients hear something else than its log.
pub(crate) trait Seating: Send + Sync {
    /// Lets a client in, and tells it so by this reference, or refuses it. `after` is what it says that it has heard, if it can be read.
    fn enter<'a>(
        &'a self,
        me: Me,
        reference: &'a str,
        after: Option<Option<Position>>,
    ) -> BoxFuture<'a, Result<Arc<dyn Seat>>>;

    /// May it still be here? `changed`, if something about its user has changed.
    fn again<'a>(&'a self, me: Me, seat: Arc<dyn Seat>, changed: bool) -> BoxFuture<'a, Result>;
}

/// A client's place in such a topic, until it is dropped.
pub(crate) trait Seat: Any + Send + Sync {}

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
