//! The endpoints.

use futures_util::future::try_join_all;
use quintet::prelude::*;

use crate::models::{Fortune, Item, Record, World};

const ROWS: usize = 20;

/// See `load/src/series.rs`.
struct Series(i64);

impl Series {
    fn key(&mut self) -> i64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % 10_000 + 1
    }

    /// The keys of the rows to read.
    fn keys(seed: i64) -> [i64; ROWS] {
        let mut series = Series(seed);
        std::array::from_fn(|_| series.key())
    }

    /// The keys of the rows to change, each with the row's new number, by key: transactions that lock rows in different
    /// orders would wait for each other for ever.
    fn changes(seed: i64) -> [(i64, i64); ROWS] {
        let mut series = Series(seed);
        let mut changes = std::array::from_fn(|_| (series.key(), series.key()));
        changes.sort_by_key(|(id, _)| *id);
        changes
    }
}

#[data]
pub struct Message {
    pub message: String,
}

#[data]
pub struct WorldOut {
    pub id: i64,
    pub number: i64,
}

impl From<World> for WorldOut {
    fn from(world: World) -> Self {
        WorldOut { id: world.id, number: world.number }
    }
}

#[data]
pub struct FortuneOut {
    pub id: i64,
    pub message: String,
}

#[data]
pub struct Count {
    pub rows: usize,
    pub stock: i64,
    pub letters: usize,
}

#[data]
pub struct Inserted {
    pub inserted: u64,
}

#[get("/plaintext")]
pub async fn plaintext() -> &'static str {
    "Hello, World!"
}

#[get("/json")]
pub async fn json() -> Json<Message> {
    Json(Message { message: "Hello, World!".into() })
}

#[get("/one/{id}")]
pub async fn one(Path(id): Path<i64>, db: Db) -> Result<Json<WorldOut>> {
    Ok(Json(World.get(id, &db).await?.into()))
}

/// All are asked for before any has answered: PostgreSQL gets them in one trip.
#[get("/queries/{seed}")]
pub async fn queries(Path(seed): Path<i64>, db: Db) -> Result<Json<Vec<WorldOut>>> {
    let worlds = try_join_all(Series::keys(seed).into_iter().map(|id| World.get(id, &db))).await?;
    Ok(Json(worlds.into_iter().map(WorldOut::from).collect()))
}

#[get("/queries-awaited/{seed}")]
pub async fn queries_awaited(Path(seed): Path<i64>, db: Db) -> Result<Json<Vec<WorldOut>>> {
    let mut worlds = Vec::with_capacity(ROWS);
    for id in Series::keys(seed) {
        worlds.push(World.get(id, &db).await?.into());
    }
    Ok(Json(worlds))
}

/// In one transaction: read the rows, each by a query, change them, write them, each by a statement.
#[get("/updates/{seed}")]
pub async fn updates(Path(seed): Path<i64>, db: Db) -> Result<Json<Vec<WorldOut>>> {
    let changes = Series::changes(seed);
    let worlds = db.atomic(async |tx| {
        let worlds = try_join_all(changes.into_iter().map(|(id, _)| World.get(id, tx))).await?;
        let saved = worlds.into_iter().zip(changes).map(async |(world, (_, number))| {
            let mut world = world.edit();
            world.number = number;
            world.save(tx).await
        });
        try_join_all(saved).await
    });
    Ok(Json(worlds.await?.into_iter().map(WorldOut::from).collect()))
}

/// The same, each step awaited before the next.
#[get("/updates-awaited/{seed}")]
pub async fn updates_awaited(Path(seed): Path<i64>, db: Db) -> Result<Json<Vec<WorldOut>>> {
    let worlds = db.atomic(async |tx| {
        let mut worlds = Vec::with_capacity(ROWS);
        for (id, number) in Series::changes(seed) {
            let mut world = World.get(id, tx).await?.edit();
            world.number = number;
            worlds.push(world.save(tx).await?.into());
        }
        Ok(worlds)
    });
    Ok(Json(worlds.await?))
}

#[get("/fortunes")]
pub async fn fortunes(db: Db) -> Result<Page> {
    let found = Fortune.all(&db).await?;
    let mut fortunes: Vec<FortuneOut> =
        found.into_iter().map(|f| FortuneOut { id: f.id, message: f.message }).collect();
    fortunes.push(FortuneOut { id: 0, message: "Additional fortune added at request time.".into() });
    fortunes.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(page!("fortunes.html", fortunes))
}

/// A page of a hundred rows.
#[get("/page")]
pub async fn items_page(db: Db) -> Result<Page> {
    let items = Item.order_by(Item.id.asc()).limit(100).all(&db).await?;
    Ok(page!("items.html", items))
}

#[get("/list")]
pub async fn list(db: Db) -> Result<JsonRows> {
    Item.order_by(Item.id.asc()).limit(100).json(&db).await
}

/// All rows as structs in the handler's hands.
#[get("/fetch")]
pub async fn fetch(db: Db) -> Result<Json<Count>> {
    let items = Item.all(&db).await?;
    Ok(Json(Count {
        rows: items.len(),
        stock: items.iter().map(|item| item.stock).sum(),
        letters: items.iter().map(|item| item.name.len() + item.brand.len()).sum(),
    }))
}

/// Replaces the table's rows by as many new ones, in one transaction.
#[get("/bulk/{rows}")]
pub async fn bulk(Path(rows): Path<i64>, db: Db) -> Result<Json<Inserted>> {
    let inserted = db.atomic(async |tx| {
        Record.query().delete(tx).await?;
        let drafts = (0..rows).map(|i| {
            create!(Record {
                name: format!("Record {i}"),
                price: i as f64 + 0.25,
                stock: i % 1000,
                active: i % 2 == 0,
            })
        });
        Record.bulk_insert(drafts, tx).await
    });
    Ok(Json(Inserted { inserted: inserted.await? }))
}
