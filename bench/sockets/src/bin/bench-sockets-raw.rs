//! The limit: rooms on bare axum and tokio's broadcast channel, with the smallest buffers that do.
//!
//!     bench-sockets-raw PORT

use std::{
    collections::HashMap,
    error::Error,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{
        Path, State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
    routing,
    serve::ListenerExt,
};
use tokio::sync::broadcast::{self, Sender, error::RecvError};

/// By default it is 128 KiB.
const READ_BUFFER: usize = 4 * 1024;

type Rooms = Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>;

async fn connect(
    upgrade: WebSocketUpgrade,
    Path(room): Path<String>,
    State(rooms): State<Rooms>,
) -> Response {
    let room = {
        let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(room).or_insert_with(|| broadcast::channel(16).0).clone()
    };
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| async move {
        // Whatever ends it, the client has gone.
        let _ = run(socket, room).await;
    })
}

async fn run(mut socket: WebSocket, room: Sender<Utf8Bytes>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut heard = room.subscribe();
    socket.send(Message::Text(Utf8Bytes::from_static("in"))).await?;
    loop {
        tokio::select! {
            text = heard.recv() => match text {
                Ok(text) => socket.send(Message::Text(text)).await?,
                Err(RecvError::Lagged(_)) => return Ok(()),
                Err(RecvError::Closed) => return Ok(()),
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Text(text))) => drop(room.send(text)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: bench-sockets-raw PORT")?.parse()?;
    let app = Router::new().route("/ws/{room}", routing::any(connect)).with_state(Rooms::default());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    // As all the others do.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, app).await?;
    Ok(())
}
