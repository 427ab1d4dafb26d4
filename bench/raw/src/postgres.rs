//! PostgreSQL: a few connections that all single statements share, pipelined, and some for transactions. Numbers of both as
//! Quintet's driver has them.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use futures_util::{
    TryStreamExt,
    future::{join, try_join_all},
};
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Error, NoTls, Row, Statement, binary_copy::BinaryCopyInWriter, types::Type};

use crate::{
    rows::{Fortune, Item, Record, Series, World},
    store::Found,
};

/// Connections for transactions.
const CONNECTIONS: usize = 10;

#[derive(Clone)]
pub struct Postgres(Arc<Shared>);

struct Shared {
    lanes: Vec<Lane>,
    turn: AtomicUsize,
    /// As many as there are permits left.
    free: Mutex<Vec<Lane>>,
    permits: Semaphore,
}

/// A connection with its statements.
struct Lane {
    client: Client,
    world: Statement,
    set_number: Statement,
    fortunes: Statement,
    first_items: Statement,
    all_items: Statement,
}

impl Postgres {
    pub async fn open(url: &str) -> Found<Postgres> {
        let lanes = thread::available_parallelism().map_or(1, usize::from).clamp(2, 4);
        let lanes = try_join_all((0..lanes).map(|_| Lane::open(url))).await?;
        let free = try_join_all((0..CONNECTIONS).map(|_| Lane::open(url))).await?;
        let permits = Semaphore::new(CONNECTIONS);
        Ok(Postgres(Arc::new(Shared { lanes, turn: AtomicUsize::new(0), free: Mutex::new(free), permits })))
    }

    /// One of the shared connections.
    fn lane(&self) -> &Lane {
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        &self.0.lanes[turn % self.0.lanes.len()]
    }

    /// Runs `work` on a connection that nobody else uses meanwhile.
    async fn alone<T>(&self, work: impl AsyncFnOnce(&Lane) -> Result<T, Error>) -> Found<T> {
        let _permit = self.0.permits.acquire().await?;
        let free = || self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = free().pop().ok_or("more permits than connections")?;
        let done = work(&lane).await;
        if done.is_err() {
            lane.client.batch_execute("ROLLBACK").await?;
        }
        free().push(lane);
        Ok(done?)
    }

    pub async fn world(&self, id: i64) -> Found<World> {
        Ok(self.lane().world(id).await?)
    }

    pub async fn worlds(&self, seed: i64) -> Found<Vec<World>> {
        let lane = self.lane();
        Ok(try_join_all(Series::keys(seed).into_iter().map(|id| lane.world(id))).await?)
    }

    /// Two trips: all reads behind the BEGIN, and all writes before the COMMIT, which undoes everything if one fails.
    pub async fn update(&self, seed: i64) -> Found<Vec<World>> {
        let update = async |lane: &Lane| {
            let changes = Series::changes(seed);
            let (begun, read) = join(
                lane.client.batch_execute("BEGIN"),
                try_join_all(changes.into_iter().map(|(id, _)| lane.world(id))),
            )
            .await;
            begun?;
            let mut worlds = read?;
            for (world, (_, number)) in worlds.iter_mut().zip(changes) {
                world.number = number;
            }
            let writes = try_join_all(worlds.iter().map(|world| lane.set_number(world)));
            let (written, committed) = join(writes, lane.client.batch_execute("COMMIT")).await;
            written?;
            committed?;
            Ok(worlds)
        };
        self.alone(update).await
    }

    pub async fn update_awaited(&self, seed: i64) -> Found<Vec<World>> {
        let update = async |lane: &Lane| {
            lane.client.batch_execute("BEGIN").await?;
            let mut worlds = Vec::with_capacity(Series::keys(seed).len());
            for (id, number) in Series::changes(seed) {
                let mut world = lane.world(id).await?;
                world.number = number;
                lane.set_number(&world).await?;
                worlds.push(world);
            }
            lane.client.batch_execute("COMMIT").await?;
            Ok(worlds)
        };
        self.alone(update).await
    }

    pub async fn fortunes(&self) -> Found<Vec<Fortune>> {
        let lane = self.lane();
        Ok(lane
            .rows(&lane.fortunes, |row| Ok(Fortune { id: row.try_get(0)?, message: row.try_get(1)? }))
            .await?)
    }

    pub async fn first_items(&self) -> Found<Vec<Item>> {
        let lane = self.lane();
        Ok(lane.rows(&lane.first_items, item).await?)
    }

    pub async fn all_items(&self) -> Found<Vec<Item>> {
        let lane = self.lane();
        Ok(lane.rows(&lane.all_items, item).await?)
    }

    /// By COPY, in PostgreSQL's own format: nothing is faster.
    pub async fn replace_records(&self, rows: u64) -> Found<u64> {
        let replace = async |lane: &Lane| {
            lane.client.batch_execute("BEGIN; DELETE FROM bench_record").await?;
            let copy = "COPY bench_record (name, price, stock, active) FROM STDIN (FORMAT binary)";
            let sink = lane.client.copy_in(copy).await?;
            let types = [Type::VARCHAR, Type::FLOAT8, Type::INT8, Type::BOOL];
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            for i in 0..rows {
                let Record { name, price, stock, active } = Record::new(i);
                writer.as_mut().write(&[&name, &price, &stock, &active]).await?;
            }
            let inserted = writer.finish().await?;
            lane.client.batch_execute("COMMIT").await?;
            Ok(inserted)
        };
        self.alone(replace).await
    }
}

impl Lane {
    async fn open(url: &str) -> Result<Lane, Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
        let item = "SELECT id, name, brand, price, rating, stock, active, category FROM bench_item";
        Ok(Lane {
            world: client.prepare("SELECT id, number FROM bench_world WHERE id = $1").await?,
            set_number: client.prepare("UPDATE bench_world SET number = $1 WHERE id = $2").await?,
            fortunes: client.prepare("SELECT id, message FROM bench_fortune").await?,
            first_items: client.prepare(&format!("{item} ORDER BY id LIMIT 100")).await?,
            all_items: client.prepare(item).await?,
            client,
        })
    }

    async fn world(&self, id: i64) -> Result<World, Error> {
        let row = self.client.query_one(&self.world, &[&id]).await?;
        Ok(World { id: row.try_get(0)?, number: row.try_get(1)? })
    }

    async fn set_number(&self, world: &World) -> Result<u64, Error> {
        self.client.execute(&self.set_number, &[&world.number, &world.id]).await
    }

    async fn rows<T>(
        &self,
        statement: &Statement,
        read: impl Fn(Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let none: [i64; 0] = [];
        let mut rows = pin!(self.client.query_raw(statement, none).await?);
        let mut found = Vec::new();
        while let Some(row) = rows.try_next().await? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

fn item(row: Row) -> Result<Item, Error> {
    Ok(Item {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        brand: row.try_get(2)?,
        price: row.try_get(3)?,
        rating: row.try_get(4)?,
        stock: row.try_get(5)?,
        active: row.try_get(6)?,
        category: row.try_get(7)?,
    })
}
