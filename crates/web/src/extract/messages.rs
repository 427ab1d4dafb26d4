use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, Result};

use crate::{
    facts::Facts,
    messages::{Message, signer},
};

/// Adds messages from handlers that answer something else than a [`Page`](crate::Page).
///
/// ```
/// use quintet_web::{Messages, messages::Message};
///
/// async fn import(messages: Messages) -> &'static str {
///     messages.add(Message::success("12 films were imported."));
///     "done"
/// }
/// ```
///
/// Its site needs a `secret_key`.
#[derive(Clone)]
pub struct Messages(Facts);

impl Messages {
    /// Adds a message for the next page that shows them.
    pub fn add(&self, message: impl Into<Message>) {
        self.0.notes().add(message.into(), self.0.debug());
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Messages {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let facts = parts.extensions.get::<Facts>().cloned();
        let facts = facts
            .ok_or_else(|| Error::internal("this request has no messages: it did not come through a site"))?;
        signer(facts.services())?;
        Ok(Messages(facts))
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}
