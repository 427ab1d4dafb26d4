use std::fmt;

use quintet_core::{BoxFuture, Result};

use crate::Message;

/// A way for mails to leave. A site brings its own, such as a provider's HTTP interface, by putting an `Arc<dyn Transport>` among its
/// values: `Site::new().with::<Arc<dyn Transport>>(..)` takes the place of `[mail] url`.
///
/// ```
/// use quintet_core::{BoxFuture, Result};
/// use quintet_mail::{Message, Transport};
///
/// #[derive(Debug)]
/// struct Provider;
///
/// impl Transport for Provider {
///     fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
///         Box::pin(async move {
///             // message.subject(), message.text(), message.html(), …, or all of it as `message.bytes()`
///             println!("to {}: {}", message.recipients().join(", "), message.subject());
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a mail. It is sent when this is done: whoever waits may take that for granted.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result>;

    /// Sends several, in their order, and says of each how it went. One that fails does not stop those behind it.
    fn send_all<'a>(&'a self, messages: &'a [Message]) -> BoxFuture<'a, Vec<Result>> {
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(messages.len());
            for message in messages {
                outcomes.push(self.send(message).await);
            }
            outcomes
        })
    }

    /// Do its mails reach somebody? Then they must say who sends them.
    fn is_real(&self) -> bool {
        true
    }
}
