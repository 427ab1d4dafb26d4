//! The limit that Quintet is measured against: axum, rusqlite on its own threads, hand-written SQL, structs and serde.
//!
//!     bench-raw PORT DATABASE
mod answers;
mod store;

use std::{net::Ipv4Addr, path::Path};

use axum::{Router, routing::get, serve::ListenerExt};
use tokio::net::TcpListener;

use answers::State;
use store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, database] = args.as_slice() else { return Err("usage: bench-raw PORT DATABASE".into()) };
    let state = State::new(Store::open(Path::new(database))?)?;
    let routes = Router::new()
        .route("/plaintext", get(answers::plaintext))
        .route("/json", get(answers::json))
        .route("/one/{id}", get(answers::one))
        .route("/queries/{seed}", get(answers::queries))
        .route("/queries-awaited/{seed}", get(answers::queries_awaited))
        .route("/fortunes", get(answers::fortunes))
        .route("/fortunes-minijinja", get(answers::fortunes_minijinja))
        .route("/updates/{seed}", get(answers::updates))
        .route("/list", get(answers::list))
        .route("/fetch", get(answers::fetch))
        .route("/bulk/{rows}", get(answers::bulk))
        .with_state(state);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await?;
    Ok(())
}
