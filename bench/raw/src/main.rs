//! The limit that Quintet is measured against: axum and a driver, hand-written SQL, structs and serde.
//!
//!     bench-raw PORT URL
//!
//! The URL names the database: `sqlite:///file` or `postgres://user:password@host:port/database`.
//!
//! [`answers`] has the endpoints, [`pages`] the HTML that they write by hand; they ask a [`store`] for [`rows`], which is
//! [`sqlite`] or [`postgres`].
mod answers;
mod pages;
mod postgres;
mod rows;
mod sqlite;
mod store;

use std::net::Ipv4Addr;

use axum::{Router, routing::get, serve::ListenerExt};
use tokio::net::TcpListener;

use answers::State;
use store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, url] = args.as_slice() else { return Err("usage: bench-raw PORT URL".into()) };
    let store = Store::open(url).await.map_err(|error| error.to_string())?;
    let state = State::new(store)?;
    let routes = Router::new()
        .route("/plaintext", get(answers::plaintext))
        .route("/json", get(answers::json))
        .route("/one/{id}", get(answers::one))
        .route("/queries/{seed}", get(answers::queries))
        .route("/queries-awaited/{seed}", get(answers::queries_awaited))
        .route("/fortunes", get(answers::fortunes))
        .route("/fortunes-minijinja", get(answers::fortunes_minijinja))
        .route("/page", get(answers::page))
        .route("/page-minijinja", get(answers::page_minijinja))
        .route("/updates/{seed}", get(answers::updates))
        .route("/updates-awaited/{seed}", get(answers::updates_awaited))
        .route("/list", get(answers::list))
        .route("/fetch", get(answers::fetch))
        .route("/bulk/{rows}", get(answers::bulk))
        .with_state(state);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await?;
    Ok(())
}
