//! A topic as connections have it, whatever its type is.

use quintet_core::{BoxFuture, Result};
use serde_json::value::RawValue;

use super::Me;

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
