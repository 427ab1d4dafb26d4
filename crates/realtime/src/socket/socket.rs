use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::Stream;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use quintet_web::{Json, Payload};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    close_code,
    ending::{Closed, SocketError},
    engine::Engine,
    message::Message,
};

/// The connection, shared by the task that runs it and the handler's ends.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Engine<TokioIo<Upgraded>>>>);

impl Shared {
    pub(super) fn new(engine: Engine<TokioIo<Upgraded>>) -> Self {
        Shared(Arc::new(Mutex::new(engine)))
    }

    /// Nobody panics or waits while he holds it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Engine<TokioIo<Upgraded>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A WebSocket, as its handler has it. Pings are sent and answered, and goodbyes said, whatever the handler does meanwhile.
///
/// It is closed when the handler returns: with 1000, or as its error says; see [`Upgrade::run`](super::Upgrade::run). Whoever else
/// sends gets a [`Sender`].
pub struct Socket {
    shared: Shared,
    protocol: Option<Box<str>>,
}

impl Socket {
    pub(super) fn new(shared: Shared, protocol: Option<Box<str>>) -> Self {
        Socket { shared, protocol }
    }

    /// The next message. None when the client has closed the connection, or the server: it stops, or the handler has closed it. What
    /// waits may be given up (`select!`): no message is lost.
    ///
    /// # Errors
    /// If the connection has broken off, or the client has not kept to the protocol or to the limits. The client has been told
    /// then: 1002, 1007 or 1009. Nobody else need be: `?` is the usual answer.
    pub async fn recv(&mut self) -> Result<Option<Message>, SocketError> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&mut self, cx: &Context<'_>) -> Poll<Result<Option<Message>, SocketError>> {
        self.shared.lock().poll_message(cx).map_err(SocketError::from)
    }

    /// The next message, read as JSON and checked by the rules of its `#[data]`, like the body of a request
    /// ([`Json`](quintet_web::Json)).
    ///
    /// # Errors
    /// As [`recv`](Socket::recv); and [`SocketError::Unfit`] if it is no text (1003), or does not fit (1007). After that
    /// the connection goes on, unless the handler returns the error: then it is closed, and the client told why.
    pub async fn recv_json<T: Payload + DeserializeOwned>(&mut self) -> Result<Option<T>, SocketError> {
        let Some(message) = self.recv().await? else { return Ok(None) };
        let unfit = |code, reason| SocketError::Unfit { code, reason };
        let Some(text) = message.text() else {
            return Err(unfit(close_code::UNSUPPORTED, "text is wanted, not bytes".to_owned()));
        };
        match Json::parse("The message", text.as_bytes()).await {
            Ok(Json(value)) => Ok(Some(value)),
            Err(error) if error.status().is_client_error() => {
                Err(unfit(close_code::INVALID, error.public_message().into_owned()))
            }
            // A rule of the site's own has failed.
            Err(error) => {
                tracing::error!("a message of a WebSocket could not be checked: {error:?}");
                Err(unfit(close_code::ERROR, error.public_message().into_owned()))
            }
        }
    }

    /// Sends text (`&str`, `String`, [`Text`](super::Text)) or bytes. Waits while much else still waits for the client; what
    /// is on its way is not taken back if the waiting is given up.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), SocketError> {
        send(&self.shared, message.into(), true).await
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// If the connection has ended, or the value can't be said in JSON (a map whose keys are no texts).
    pub async fn send_json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SocketError> {
        send(&self.shared, json(value)?, true).await
    }

    /// Another end to send from, as many as there shall be.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender { shared: self.shared.clone() }
    }

    /// Closes the connection after all that has been sent: with a [code](close_code) and up to 123 bytes of text. It goes its way
    /// by itself; [`recv`](Socket::recv) then gives what had come before, and none.
    pub fn close(&mut self, code: u16, reason: impl Into<String>) {
        close(&self.shared, code, reason.into());
    }

    /// How it has ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Closed> {
        self.shared.lock().end().cloned()
    }

    /// The subprotocol that client and handler have agreed on.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }
}

/// Messages until the connection ends.
impl Stream for Socket {
    type Item = Result<Message, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx).map(Result::transpose)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shared.lock().unwanted();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("protocol", &self.protocol).field("ended", &self.ended()).finish()
    }
}

/// Sends to a [`Socket`]'s client, from wherever it is. Clones send to the same client. It does not keep the connection open.
#[derive(Clone)]
pub struct Sender {
    shared: Shared,
}

impl Sender {
    /// As [`Socket::send`].
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), SocketError> {
        send(&self.shared, message.into(), true).await
    }

    /// As [`Socket::send_json`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), SocketError> {
        send(&self.shared, json(value)?, true).await
    }

    /// As [`send`](Sender::send), but what comes right after it may go along: several small messages leave in one piece, when
    /// there are many or the handler waits for something else.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn feed(&self, message: impl Into<Message>) -> Result<(), SocketError> {
        send(&self.shared, message.into(), false).await
    }

    /// Waits until nothing waits for the client any more. It may still be on its way.
    ///
    /// # Errors
    /// If the connection has ended.
    pub async fn flush(&self) -> Result<(), SocketError> {
        poll_fn(|cx| self.shared.lock().poll_flush(cx)).await.map_err(SocketError::from)
    }

    /// As [`Socket::close`].
    pub fn close(&self, code: u16, reason: impl Into<String>) {
        close(&self.shared, code, reason.into());
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) -> Closed {
        poll_fn(|cx| self.shared.lock().poll_closed(cx)).await
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("ended", &self.shared.lock().end().cloned()).finish()
    }
}

async fn send(shared: &Shared, message: Message, flush: bool) -> Result<(), SocketError> {
    let mut message = Some(message);
    poll_fn(|cx| shared.lock().poll_send(cx, &mut message, flush)).await.map_err(SocketError::from)
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Message, SocketError> {
    serde_json::to_string(value).map(Message::from).map_err(|error| SocketError::Unsayable(error.to_string()))
}

fn close(shared: &Shared, code: u16, reason: String) {
    shared.lock().close(Closed::by_server(code, reason));
}
