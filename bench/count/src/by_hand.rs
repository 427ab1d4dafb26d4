//! By rusqlite, with statements that it keeps, as `raw` has them.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, params_from_iter, types::ToSql};
use serde::Serialize;

use crate::{BULK, ROWS, Series};

/// The same as Quintet's.
const PRAGMAS: &str = "
    PRAGMA foreign_keys = ON;
    PRAGMA synchronous = NORMAL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA mmap_size = 134217728;
    PRAGMA journal_size_limit = 67108864;
";
/// Rows in one statement of the bulk insert.
const CHUNK: i64 = 500;

struct World {
    id: i64,
    number: i64,
}

#[derive(Serialize)]
struct Item {
    id: i64,
    name: String,
    brand: String,
    price: f64,
    rating: Option<f64>,
    stock: i64,
    active: bool,
    category: i64,
}

type Done<T> = rusqlite::Result<T>;

pub(crate) fn run(work: &str, times: usize, file: &Path) -> i64 {
    let db = connect(file).expect("the file is a database");
    let mut series = Series(7);
    let mut sum = 0;
    for _ in 0..times {
        sum += match work {
            "one" => world(&db, series.key()).map(|world| world.number),
            "save" => save(&db, &mut series),
            "update" => update(&db, &mut series),
            "insert" => insert(&db, series.key()),
            "updates" => updates(&db, &mut series),
            "list" => items(&db, " ORDER BY id LIMIT 100")
                .map(|items| serde_json::to_vec(&items).map_or(0, |text| text.len() as i64)),
            "fetch" => items(&db, "").map(|items| items.iter().map(|item| item.stock).sum()),
            "bulk" => bulk(&db),
            other => panic!("there is no work `{other}`"),
        }
        .expect("the work is done");
    }
    sum
}

fn connect(file: &Path) -> Done<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.execute_batch(PRAGMAS)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    Ok(connection)
}

fn world(db: &Connection, id: i64) -> Done<World> {
    db.prepare_cached("SELECT id, number FROM bench_world WHERE id = ?1")?
        .query_row([id], |row| Ok(World { id: row.get(0)?, number: row.get(1)? }))
}

fn save(db: &Connection, series: &mut Series) -> Done<i64> {
    let mut world = world(db, series.key())?;
    world.number = series.key();
    db.prepare_cached("UPDATE bench_world SET number = ?1 WHERE id = ?2")?
        .execute([world.number, world.id])?;
    Ok(world.number)
}

fn update(db: &Connection, series: &mut Series) -> Done<i64> {
    let mut update = db.prepare_cached("UPDATE bench_world SET number = ?1 WHERE id = ?2")?;
    let number = series.key();
    Ok(update.execute([number, series.key()])? as i64)
}

fn insert(db: &Connection, number: i64) -> Done<i64> {
    db.prepare_cached("INSERT INTO bench_world (number) VALUES (?1) RETURNING id, number")?
        .query_row([number], |row| Ok(World { id: row.get(0)?, number: row.get(1)? }))
        .map(|world| world.id)
}

fn updates(db: &Connection, series: &mut Series) -> Done<i64> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut sum = 0;
    for _ in 0..ROWS {
        sum += save(db, series)?;
    }
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(sum)
}

fn items(db: &Connection, which: &str) -> Done<Vec<Item>> {
    const COLUMNS: &str = "SELECT id, name, brand, price, rating, stock, active, category FROM bench_item";
    let of = |row: &Row<'_>| {
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
    };
    db.prepare_cached(&format!("{COLUMNS}{which}"))?.query_map([], of)?.collect()
}

fn bulk(db: &Connection) -> Done<i64> {
    let transaction = db.unchecked_transaction()?;
    transaction.execute("DELETE FROM bench_record", [])?;
    let mut inserted = 0;
    while inserted < BULK {
        let rows = vec!["(?, ?, ?, ?)"; CHUNK as usize].join(", ");
        let sql = format!("INSERT INTO bench_record (name, price, stock, active) VALUES {rows}");
        let range = inserted..inserted + CHUNK;
        let names: Vec<String> = range.clone().map(|i| format!("Record {i}")).collect();
        let numbers: Vec<(f64, i64, bool)> =
            range.map(|i| (i as f64 + 0.25, i % 1000, i % 2 == 0)).collect();
        let values = names
            .iter()
            .zip(&numbers)
            .flat_map(|(name, (price, stock, active))| [name as &dyn ToSql, price, stock, active]);
        transaction.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        inserted += CHUNK;
    }
    transaction.commit()?;
    Ok(inserted)
}
