//! A site on plain axum with holes that were planted, one of each kind that `scripts/scan` looks for. Nothing of it is an example:
//! it shows that the scan, which finds nothing in the demo, would find it.
//!
//! Serves on the address of `HOLES_BIND`, which is one of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{Arc, Mutex};

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use rusqlite::Connection;
use serde::Deserialize;

type Shop = Arc<Mutex<Connection>>;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// Hole: a cookie for scripts and for http. Holes by what is missing: a content security policy, and every other header.
async fn home() -> impl IntoResponse {
    let page = r#"<!doctype html><html lang="en"><title>Holes</title><h1>Holes</h1>
<form action="/search"><input name="q"><button>Search</button></form>
<a href="/item?id=1">An item</a> <a href="/read?name=notes.txt">Notes</a> <a href="/go?to=/">Home</a>
<form method="post" action="/say"><input name="said"><button>Say</button></form>"#;
    ([(header::SET_COOKIE, "visitor=7; Path=/")], Html(page))
}

/// Hole: what was asked stands in the page as it came (reflected cross-site scripting).
async fn search(Query(asked): Query<Asked>) -> Html<String> {
    Html(format!("<!doctype html><title>Search</title><p>Nothing found for {}</p>", asked.q))
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    id: String,
}

/// Hole: SQL by formatting, and its errors told.
async fn item(State(shop): State<Shop>, Query(item): Query<Item>) -> Response {
    let shop = shop.lock().unwrap();
    let asked = format!("SELECT name FROM items WHERE id = {}", item.id);
    let names = shop.prepare(&asked).and_then(|mut statement| {
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    });
    match names {
        Ok(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("<li>{name}</li>")).collect();
            Html(format!("<!doctype html><title>Items</title><ul>{}</ul>", names.concat())).into_response()
        }
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Html(format!("<!doctype html><title>Error</title><p>sqlite3.OperationalError: {error}</p>")),
        )
            .into_response(),
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: String,
}

/// Hole: reads whatever file is named.
async fn read(Query(file): Query<File>) -> Response {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("files");
    match std::fs::read_to_string(folder.join(&file.name)) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Away {
    #[serde(default)]
    to: String,
}

/// Hole: leads wherever the address says.
async fn go(Query(away): Query<Away>) -> Response {
    let mut headers = HeaderMap::new();
    let Ok(to) = away.to.parse() else { return StatusCode::BAD_REQUEST.into_response() };
    headers.insert(header::LOCATION, to);
    (StatusCode::FOUND, headers).into_response()
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    said: String,
}

/// Hole: a form of another site may send it.
async fn say(Form(said): Form<Said>) -> Html<String> {
    Html(format!("<!doctype html><title>Said</title><p>You said {} letters.</p>", said.said.len()))
}

#[tokio::main]
async fn main() {
    let shop = Connection::open_in_memory().unwrap();
    shop.execute_batch(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
         INSERT INTO items (name) VALUES ('bow'), ('string'), ('rosin');
         CREATE TABLE secrets (word TEXT NOT NULL);
         INSERT INTO secrets VALUES ('open sesame');",
    )
    .unwrap();
    let site = Router::new()
        .route("/", get(home))
        .route("/search", get(search))
        .route("/item", get(item))
        .route("/read", get(read))
        .route("/go", get(go))
        .route("/say", post(say))
        .with_state(Arc::new(Mutex::new(shop)));
    let bind = std::env::var("HOLES_BIND").unwrap_or_else(|_| "127.0.0.1:8001".to_owned());
    let listener = tokio::net::TcpListener::bind(&bind).await.unwrap();
    assert!(listener.local_addr().unwrap().ip().is_loopback(), "this site is for nobody else");
    // Hole: no time is too long for a request's head or body.
    axum::serve(listener, site).await.unwrap();
}
