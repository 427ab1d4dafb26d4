//! The endpoints. Each does its work in one trip to SQLite's thread, but for [`queries_awaited`].

use std::{fmt::Write, sync::Arc};

use axum::{
    Json,
    extract::{Path, State as FromState},
    http::StatusCode,
    response::Html,
};
use minijinja::{Environment, context, value::Serde};
use rusqlite::{Connection, Row, params_from_iter, types::ToSql};
use serde::Serialize;

use crate::store::Store;

const ROWS: usize = 20;
const BULK: &str = "INSERT INTO bench_record (name, price, stock, active) VALUES ";
/// Rows in one statement of the bulk insert.
const CHUNK: u64 = 500;

type Answer<T> = Result<T, StatusCode>;

#[derive(Clone)]
pub struct State {
    store: Store,
    templates: Arc<Environment<'static>>,
}

impl State {
    pub fn new(store: Store) -> Result<State, minijinja::Error> {
        let mut templates = Environment::new();
        templates.add_template("fortunes.html", include_str!("../../quintet/templates/fortunes.html"))?;
        Ok(State { store, templates: Arc::new(templates) })
    }
}

fn failed(error: impl std::error::Error) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

/// See `load/src/series.rs`.
struct Series(i64);

impl Series {
    fn key(&mut self) -> i64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % 10_000 + 1
    }
}

#[derive(Serialize)]
pub struct Message {
    message: &'static str,
}

#[derive(Serialize)]
pub struct World {
    id: i64,
    number: i64,
}

#[derive(Serialize)]
struct Fortune {
    id: i64,
    message: String,
}

#[derive(Serialize)]
pub struct Item {
    id: i64,
    name: String,
    brand: String,
    price: f64,
    rating: Option<f64>,
    stock: i64,
    active: bool,
    category: i64,
}

#[derive(Serialize)]
pub struct Count {
    rows: usize,
    stock: i64,
    letters: usize,
}

#[derive(Serialize)]
pub struct Inserted {
    inserted: u64,
}

pub async fn plaintext() -> &'static str {
    "Hello, World!"
}

pub async fn json() -> Json<Message> {
    Json(Message { message: "Hello, World!" })
}

pub async fn one(FromState(state): FromState<State>, Path(id): Path<i64>) -> Answer<Json<World>> {
    state.store.read(move |db| world(db, id)).await.map(Json).map_err(failed)
}

pub async fn queries(FromState(state): FromState<State>, Path(seed): Path<i64>) -> Answer<Json<Vec<World>>> {
    let read = move |db: &Connection| {
        let mut series = Series(seed);
        (0..ROWS).map(|_| world(db, series.key())).collect::<rusqlite::Result<Vec<_>>>()
    };
    state.store.read(read).await.map(Json).map_err(failed)
}

/// The same with a trip for each row: what it costs to wait for one row before asking for the next.
pub async fn queries_awaited(
    FromState(state): FromState<State>,
    Path(seed): Path<i64>,
) -> Answer<Json<Vec<World>>> {
    let mut series = Series(seed);
    let mut worlds = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        let id = series.key();
        worlds.push(state.store.read(move |db| world(db, id)).await.map_err(failed)?);
    }
    Ok(Json(worlds))
}

fn world(db: &Connection, id: i64) -> rusqlite::Result<World> {
    db.prepare_cached("SELECT id, number FROM bench_world WHERE id = ?1")?
        .query_row([id], |row| Ok(World { id: row.get(0)?, number: row.get(1)? }))
}

/// In one transaction: read a row, change it, write it; 20 times.
pub async fn updates(FromState(state): FromState<State>, Path(seed): Path<i64>) -> Answer<Json<Vec<World>>> {
    let write = move |db: &mut Connection| -> rusqlite::Result<Vec<World>> {
        let mut series = Series(seed);
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut worlds = Vec::with_capacity(ROWS);
        for _ in 0..ROWS {
            let mut world = world(db, series.key())?;
            world.number = series.key();
            db.prepare_cached("UPDATE bench_world SET number = ?1 WHERE id = ?2")?
                .execute([world.number, world.id])?;
            worlds.push(world);
        }
        db.prepare_cached("COMMIT")?.execute([])?;
        Ok(worlds)
    };
    state.store.write(write).await.map(Json).map_err(failed)
}

async fn all_fortunes(store: &Store) -> Answer<Vec<Fortune>> {
    let read = |db: &Connection| {
        db.prepare_cached("SELECT id, message FROM bench_fortune")?
            .query_map([], |row| Ok(Fortune { id: row.get(0)?, message: row.get(1)? }))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut fortunes = store.read(read).await.map_err(failed)?;
    fortunes.push(Fortune { id: 0, message: "Additional fortune added at request time.".into() });
    fortunes.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(fortunes)
}

pub async fn fortunes(FromState(state): FromState<State>) -> Answer<Html<String>> {
    let fortunes = all_fortunes(&state.store).await?;
    let mut page = String::with_capacity(2048);
    page.push_str(
        "<!DOCTYPE html>\n<html>\n<head><title>Fortunes</title></head>\n<body>\n<table>\n<tr><th>id</th><th>message</th></tr>\n",
    );
    for fortune in &fortunes {
        // Writing to a String can't fail.
        let _ = write!(page, "<tr><td>{}</td><td>", fortune.id);
        escape(&mut page, &fortune.message);
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table>\n</body>\n</html>\n");
    Ok(Html(page))
}

/// The same with the template engine that Quintet uses.
pub async fn fortunes_minijinja(FromState(state): FromState<State>) -> Answer<Html<String>> {
    let fortunes = all_fortunes(&state.store).await?;
    let template = state.templates.get_template("fortunes.html").map_err(failed)?;
    template.render(context!(fortunes => Serde(fortunes))).map(Html).map_err(failed)
}

fn escape(page: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#x27;"),
            other => page.push(other),
        }
    }
}

impl Item {
    fn of(row: &Row<'_>) -> rusqlite::Result<Item> {
        Ok(Item {
            id: row.get(0)?,
            name: row.get(1)?,
            brand: row.get(2)?,
            price: row.get(3)?,
            rating: row.get(4)?,
            stock: row.get(5)?,
            active: row.get(6)?,
            category: row.get(7)?,
        })
    }
}

pub async fn list(FromState(state): FromState<State>) -> Answer<Json<Vec<Item>>> {
    let read = |db: &Connection| {
        db.prepare_cached(
            "SELECT id, name, brand, price, rating, stock, active, category FROM bench_item ORDER BY id LIMIT 100",
        )?
        .query_map([], Item::of)?
        .collect::<rusqlite::Result<Vec<_>>>()
    };
    state.store.read(read).await.map(Json).map_err(failed)
}

/// All rows as structs in the handler's hands.
pub async fn fetch(FromState(state): FromState<State>) -> Answer<Json<Count>> {
    let read = |db: &Connection| {
        db.prepare_cached("SELECT id, name, brand, price, rating, stock, active, category FROM bench_item")?
            .query_map([], Item::of)?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let items = state.store.read(read).await.map_err(failed)?;
    Ok(Json(Count {
        rows: items.len(),
        stock: items.iter().map(|item| item.stock).sum(),
        letters: items.iter().map(|item| item.name.len() + item.brand.len()).sum(),
    }))
}

/// Replaces the table's rows by as many new ones, in one transaction.
pub async fn bulk(FromState(state): FromState<State>, Path(rows): Path<u64>) -> Answer<Json<Inserted>> {
    let write = move |db: &mut Connection| -> rusqlite::Result<u64> {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM bench_record", [])?;
        let mut inserted = 0;
        while inserted < rows {
            let size = CHUNK.min(rows - inserted);
            let sql = format!("{BULK}{}", vec!["(?, ?, ?, ?)"; size as usize].join(", "));
            let names: Vec<String> = (inserted..inserted + size).map(|i| format!("Record {i}")).collect();
            let numbers: Vec<(f64, i64, bool)> = (inserted..inserted + size)
                .map(|i| (i as f64 + 0.25, (i % 1000) as i64, i % 2 == 0))
                .collect();
            let values = names
                .iter()
                .zip(&numbers)
                .flat_map(|(name, (price, stock, active))| [name as &dyn ToSql, price, stock, active]);
            transaction.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            inserted += size;
        }
        transaction.commit()?;
        Ok(inserted)
    };
    state.store.write(write).await.map(|inserted| Json(Inserted { inserted })).map_err(failed)
}
