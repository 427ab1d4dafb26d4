//! Where clients connect: from a handshake to a [`Connection`], and what carries its text to and fro.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{
        FromRequestParts, Request, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
    },
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt, future::Either};
use http::{StatusCode, header, request::Parts};
use quintet_core::{Error, Result, Service, Services};
use quintet_web::{Held, Stopping, csrf};
use tokio::time::{Instant, sleep_until};

use crate::{
    Channels,
    hub::{connection::Connection, outbox::Next},
    local::{LocalClient, LocalHandshake},
    socket::{Closed, offered},
    wire::{self, Bye},
};

/// What a connection at rest keeps for reading is most of what it costs (`bench/realtime`). What clients say is short; what is longer gets
/// a buffer of its own, and is read into it piece by piece.
const READ_BUFFER: usize = 1024;

/// How long a client may take to hear that it is sent away.
const FAREWELL: Duration = Duration::from_secs(5);

/// The handler at `[channels] path`.
pub(crate) async fn connect(request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match accept(&mut parts).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn accept(parts: &mut Parts) -> Result<Response> {
    let services = Services::of_request(parts)?.clone();
    let Channels(hub) = Channels::of(&services)?;
    let foreign = csrf::is_foreign(parts)?;
    if foreign {
        if !hub.origins.sent(&parts.headers) {
            csrf::same_origin(parts)?;
        }
        // The browser has added these by itself, whoever the page is from: nothing that is asked of this connection later sees them.
        parts.headers.remove(header::COOKIE);
        parts.headers.remove(header::AUTHORIZATION);
        if let Some(identify) = &hub.identify {
            identify.forget(parts);
        }
    }
    if let Some(local) = parts.extensions.get::<LocalHandshake>() {
        local.put(LocalClient::new(Connection::open(&hub, parts, foreign).await?));
        return Ok(StatusCode::SWITCHING_PROTOCOLS.into_response());
    }
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await.map_err(|refusal| {
        Error::new(refusal.into_response().status(), "Clients of channels connect here, by WebSocket.")
    })?;
    if !offered(&parts.headers).iter().any(|name| **name == *wire::NAME) {
        let why = format!(
            "This is the end point of channels, for clients that offer the subprotocol `{}`.",
            wire::NAME
        );
        return Err(Error::bad_request(why));
    }
    let connection = Connection::open(&hub, parts, foreign).await?;
    let left = Left { connection: connection.clone(), _held: Stopping::of(&services).hold() };
    let most = hub.settings.max_message.as_usize();
    Ok(upgrade
        .protocols([wire::NAME])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(most)
        .max_frame_size(most)
        // By reference: what is handed over to a future stands in it twice.
        .on_upgrade(async move |mut socket| {
            run(&mut socket, &left.connection).await;
            drop(left);
        }))
}

/// Ends the connection however its socket ends, and if it never comes to one. The server waits for it when it stops.
struct Left {
    connection: Arc<Connection>,
    _held: Held,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// What happens next with a socket.
enum Event {
    Said(Option<Result<Message, axum::Error>>),
    ToSend(Next),
    Tick,
}

async fn run(socket: &mut WebSocket, connection: &Arc<Connection>) {
    let ping = connection.hub().settings.ping;
    let mut pinged = false;
    let mut tick = pin!(sleep_until(Instant::now() + ping));
    let mut looked = Instant::now();
    loop {
        // One after the other, without boxes: the future of a connection at rest is most of what it costs.
        let event = {
            let said = socket.next();
            let sent = pin!(connection.outbox.next());
            match futures_util::future::select(futures_util::future::select(sent, said), &mut tick).await {
                Either::Left((Either::Left((next, _)), _)) => Event::ToSend(next),
                Either::Left((Either::Right((said, _)), _)) => Event::Said(said),
                Either::Right(((), _)) => Event::Tick,
            }
        };
        match event {
            Event::Said(Some(Ok(message))) => {
                pinged = false;
                match message {
                    Message::Text(text) => connection.said(text.as_str()),
                    Message::Binary(_) => {
                        return farewell(socket, 1003, "messages are text", None).await;
                    }
                    Message::Ping(_) | Message::Pong(_) => {}
                    Message::Close(_) => return,
                }
            }
            Event::Said(Some(Err(error))) => {
                let closed = match error.into_inner().downcast::<tungstenite::Error>() {
                    Ok(error) => Closed::by_error(&error),
                    Err(error) => return tracing::debug!(%error, "a client's connection failed"),
                };
                tracing::debug!(%closed, "a client's connection failed");
                if !closed.is_broken() {
                    farewell(socket, closed.code(), closed.reason(), None).await;
                }
                return;
            }
            Event::Said(None) | Event::ToSend(Next::Over) => return,
            Event::ToSend(Next::Messages(messages)) => {
                connection.hub().count_sent(messages.len());
                for message in messages {
                    if socket.feed(text(message)).await.is_err() {
                        return;
                    }
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            Event::ToSend(Next::Bye(why)) => {
                if why == Bye::Slow {
                    connection.hub().count_slow();
                }
                return farewell(socket, why.code(), why.name(), Some(wire::bye(why))).await;
            }
            Event::Tick => {
                if pinged {
                    connection.outbox.end(Bye::Idle);
                } else {
                    pinged = true;
                    if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                if looked.elapsed() >= connection.hub().settings.recheck {
                    looked = Instant::now();
                    connection.look_again_soon();
                }
                tick.as_mut().reset(Instant::now() + ping);
            }
        }
    }
}

fn text(message: Bytes) -> Message {
    match Utf8Bytes::try_from(message) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Text(Utf8Bytes::from_static("null")),
    }
}

/// Says why, closes, and waits a moment for the client to close as well: else what was sent last could be lost.
async fn farewell(socket: &mut WebSocket, code: u16, reason: &str, last: Option<Bytes>) {
    let goodbye = async {
        if let Some(last) = last {
            socket.send(text(last)).await?;
        }
        let frame = CloseFrame { code, reason: reason.into() };
        socket.send(Message::Close(Some(frame))).await?;
        while let Some(Ok(_)) = socket.next().await {}
        Ok::<_, axum::Error>(())
    };
    let _ = tokio::time::timeout(FAREWELL, goodbye).await;
}
