//! SQLite: each of these is one trip to a thread of [`lanes`].
mod lanes;

use std::path::Path;

use rusqlite::{Connection, Row, TransactionBehavior, params_from_iter, types::ToSql};

use self::lanes::Lanes;
use crate::{
    rows::{Fortune, Item, Record, Series, World},
    store::Found,
};

const BULK: &str = "INSERT INTO bench_record (name, price, stock, active) VALUES ";
/// Rows in one statement of the bulk insert.
const CHUNK: u64 = 500;

#[derive(Clone)]
pub struct Sqlite(Lanes);

impl Sqlite {
    pub fn open(path: &Path) -> Found<Sqlite> {
        Ok(Sqlite(Lanes::open(path)?))
    }

    pub async fn world(&self, id: i64) -> Found<World> {
        Ok(self.0.read(move |db| world(db, id)).await?)
    }

    pub async fn worlds(&self, seed: i64) -> Found<Vec<World>> {
        let read = move |db: &Connection| {
            Series::keys(seed).into_iter().map(|id| world(db, id)).collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(self.0.read(read).await?)
    }

    pub async fn update(&self, seed: i64) -> Found<Vec<World>> {
        let write = move |db: &mut Connection| -> rusqlite::Result<Vec<World>> {
            db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            let changed = Series::changes(seed).into_iter().map(|(id, number)| {
                let mut world = world(db, id)?;
                world.number = number;
                db.prepare_cached("UPDATE bench_world SET number = ?1 WHERE id = ?2")?
                    .execute([world.number, world.id])?;
                Ok(world)
            });
            let worlds = changed.collect::<rusqlite::Result<Vec<_>>>()?;
            db.prepare_cached("COMMIT")?.execute([])?;
            Ok(worlds)
        };
        Ok(self.0.write(write).await?)
    }

    pub async fn fortunes(&self) -> Found<Vec<Fortune>> {
        let read = |db: &Connection| {
            db.prepare_cached("SELECT id, message FROM bench_fortune")?
                .query_map([], |row| Ok(Fortune { id: row.get(0)?, message: row.get(1)? }))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(self.0.read(read).await?)
    }

    pub async fn first_items(&self) -> Found<Vec<Item>> {
        self.items(
            "SELECT id, name, brand, price, rating, stock, active, category FROM bench_item ORDER BY id LIMIT 100",
        )
        .await
    }

    pub async fn all_items(&self) -> Found<Vec<Item>> {
        self.items("SELECT id, name, brand, price, rating, stock, active, category FROM bench_item").await
    }

    async fn items(&self, sql: &'static str) -> Found<Vec<Item>> {
        let read = |db: &Connection| {
            db.prepare_cached(sql)?.query_map([], item)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(self.0.read(read).await?)
    }

    pub async fn replace_records(&self, rows: u64) -> Found<u64> {
        let write = move |db: &mut Connection| -> rusqlite::Result<u64> {
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM bench_record", [])?;
            let mut inserted = 0;
            while inserted < rows {
                let size = CHUNK.min(rows - inserted);
                let sql = format!("{BULK}{}", vec!["(?, ?, ?, ?)"; size as usize].join(", "));
                let records: Vec<Record> = (inserted..inserted + size).map(Record::new).collect();
                let values = records.iter().flat_map(|record| {
                    [&record.name as &dyn ToSql, &record.price, &record.stock, &record.active]
                });
                transaction.prepare_cached(&sql)?.execute(params_from_iter(values))?;
                inserted += size;
            }
            transaction.commit()?;
            Ok(inserted)
        };
        Ok(self.0.write(write).await?)
    }
}

fn world(db: &Connection, id: i64) -> rusqlite::Result<World> {
    db.prepare_cached("SELECT id, number FROM bench_world WHERE id = ?1")?
        .query_row([id], |row| Ok(World { id: row.get(0)?, number: row.get(1)? }))
}

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
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
