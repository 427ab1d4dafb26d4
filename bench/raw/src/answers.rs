//! The endpoints.

use std::{fmt::Display, sync::Arc};

use axum::{
    Json,
    extract::{Path, State as FromState},
    http::StatusCode,
    response::Html,
};
use minijinja::{Environment, context, value::Serde};
use serde::Serialize;

use crate::{
    pages,
    rows::{Fortune, Item, Series, World},
    store::Store,
};

type Answer<T> = Result<T, StatusCode>;

#[derive(Clone)]
pub struct State {
    store: Store,
    templates: Arc<Environment<'static>>,
}

/// A template of Quintet's site.
macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../../quintet/templates/", $name)))
    };
}

impl State {
    pub fn new(store: Store) -> Result<State, minijinja::Error> {
        let mut templates = Environment::new();
        for (name, text) in [template!("fortunes.html"), template!("base.html"), template!("items.html")] {
            templates.add_template(name, text)?;
        }
        Ok(State { store, templates: Arc::new(templates) })
    }

    fn render(&self, name: &str, values: minijinja::Value) -> Answer<Html<String>> {
        let template = self.templates.get_template(name).map_err(failed)?;
        template.render(values).map(Html).map_err(failed)
    }
}

fn failed(error: impl Display) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[derive(Serialize)]
pub struct Message {
    message: &'static str,
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
    state.store.world(id).await.map(Json).map_err(failed)
}

pub async fn queries(FromState(state): FromState<State>, Path(seed): Path<i64>) -> Answer<Json<Vec<World>>> {
    state.store.worlds(seed).await.map(Json).map_err(failed)
}

/// The same with a trip for each row: what it costs to wait for one row before asking for the next.
pub async fn queries_awaited(
    FromState(state): FromState<State>,
    Path(seed): Path<i64>,
) -> Answer<Json<Vec<World>>> {
    let keys = Series::keys(seed);
    let mut worlds = Vec::with_capacity(keys.len());
    for id in keys {
        worlds.push(state.store.world(id).await.map_err(failed)?);
    }
    Ok(Json(worlds))
}

/// In one transaction: read a row, change it, write it; 20 times.
pub async fn updates(FromState(state): FromState<State>, Path(seed): Path<i64>) -> Answer<Json<Vec<World>>> {
    state.store.update(seed).await.map(Json).map_err(failed)
}

pub async fn updates_awaited(
    FromState(state): FromState<State>,
    Path(seed): Path<i64>,
) -> Answer<Json<Vec<World>>> {
    state.store.update_awaited(seed).await.map(Json).map_err(failed)
}

async fn all_fortunes(store: &Store) -> Answer<Vec<Fortune>> {
    let mut fortunes = store.fortunes().await.map_err(failed)?;
    fortunes.push(Fortune { id: 0, message: "Additional fortune added at request time.".into() });
    fortunes.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(fortunes)
}

pub async fn fortunes(FromState(state): FromState<State>) -> Answer<Html<String>> {
    Ok(Html(pages::fortunes(&all_fortunes(&state.store).await?)))
}

/// The same with the template engine that Quintet uses.
pub async fn fortunes_minijinja(FromState(state): FromState<State>) -> Answer<Html<String>> {
    let fortunes = all_fortunes(&state.store).await?;
    state.render("fortunes.html", context!(fortunes => Serde(fortunes)))
}

pub async fn page(FromState(state): FromState<State>) -> Answer<Html<String>> {
    let items = state.store.first_items().await.map_err(failed)?;
    Ok(Html(pages::items(&items)))
}

/// The same with the template engine that Quintet uses.
pub async fn page_minijinja(FromState(state): FromState<State>) -> Answer<Html<String>> {
    let items = state.store.first_items().await.map_err(failed)?;
    state.render("items.html", context!(items => Serde(items)))
}

pub async fn list(FromState(state): FromState<State>) -> Answer<Json<Vec<Item>>> {
    state.store.first_items().await.map(Json).map_err(failed)
}

/// All rows as structs in the handler's hands.
pub async fn fetch(FromState(state): FromState<State>) -> Answer<Json<Count>> {
    let items = state.store.all_items().await.map_err(failed)?;
    Ok(Json(Count {
        rows: items.len(),
        stock: items.iter().map(|item| item.stock).sum(),
        letters: items.iter().map(|item| item.name.len() + item.brand.len()).sum(),
    }))
}

pub async fn bulk(FromState(state): FromState<State>, Path(rows): Path<u64>) -> Answer<Json<Inserted>> {
    state.store.replace_records(rows).await.map(|inserted| Json(Inserted { inserted })).map_err(failed)
}
