//! Either database, asked for the same things.

use std::{error::Error, path::Path};

use crate::{
    postgres::Postgres,
    rows::{Fortune, Item, World},
    sqlite::Sqlite,
};

pub type Found<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone)]
pub enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// The same call on either.
macro_rules! ask {
    ($store:expr, $call:ident($($argument:expr),*)) => {
        match $store {
            Store::Sqlite(sqlite) => sqlite.$call($($argument),*).await,
            Store::Postgres(postgres) => postgres.$call($($argument),*).await,
        }
    };
}

impl Store {
    pub async fn open(url: &str) -> Found<Store> {
        match url.strip_prefix("sqlite://") {
            Some(file) => Ok(Store::Sqlite(Sqlite::open(Path::new(file))?)),
            None => Ok(Store::Postgres(Postgres::open(url).await?)),
        }
    }

    pub async fn world(&self, id: i64) -> Found<World> {
        ask!(self, world(id))
    }

    /// All in one trip.
    pub async fn worlds(&self, seed: i64) -> Found<Vec<World>> {
        ask!(self, worlds(seed))
    }

    /// In one transaction, and in as few trips as the database lets.
    pub async fn update(&self, seed: i64) -> Found<Vec<World>> {
        ask!(self, update(seed))
    }

    /// In one transaction, with a trip for each statement.
    pub async fn update_awaited(&self, seed: i64) -> Found<Vec<World>> {
        match self {
            Store::Sqlite(_) => Err("not a workload of SQLite".into()),
            Store::Postgres(postgres) => postgres.update_awaited(seed).await,
        }
    }

    pub async fn fortunes(&self) -> Found<Vec<Fortune>> {
        ask!(self, fortunes())
    }

    /// The first hundred.
    pub async fn first_items(&self) -> Found<Vec<Item>> {
        ask!(self, first_items())
    }

    pub async fn all_items(&self) -> Found<Vec<Item>> {
        ask!(self, all_items())
    }

    /// Replaces the table's rows by as many new ones, in one transaction.
    pub async fn replace_records(&self, rows: u64) -> Found<u64> {
        ask!(self, replace_records(rows))
    }
}
