//! By the public surface of the ORM.

use std::path::Path;

use quintet::{orm::DbOptions, prelude::*};

use crate::{BULK, ROWS, Series};

#[model(app = "bench")]
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) number: i64,
}

#[model(app = "bench")]
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) brand: String,
    pub(crate) price: f64,
    pub(crate) rating: Option<f64>,
    pub(crate) stock: i64,
    pub(crate) active: bool,
    pub(crate) category: i64,
}

#[model(app = "bench")]
#[derive(Debug, Clone)]
pub(crate) struct Record {
    #[field(max_length = 80)]
    pub(crate) name: String,
    pub(crate) price: f64,
    pub(crate) stock: i64,
    pub(crate) active: bool,
}

pub(crate) fn run(work: &str, times: usize, file: &Path) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done: Result<i64> = runtime.block_on(async {
        let db = Db::open(&format!("sqlite://{}", file.display()), DbOptions::default()).await?;
        let mut series = Series(7);
        let mut sum = 0;
        for _ in 0..times {
            sum += match work {
                "one" => World.get(series.key(), &db).await?.number,
                "save" => save(&mut series, &db).await?,
                "update" => update(&mut series, &db).await?,
                "insert" => create!(World { number: series.key() }).insert(&db).await?.id,
                "updates" => updates(&mut series, &db).await?,
                "list" => Item.order_by(Item.id).limit(100).json(&db).await?.as_bytes().len() as i64,
                "fetch" => Item.all(&db).await?.iter().map(|item| item.stock).sum(),
                "bulk" => bulk(&db).await?,
                other => panic!("there is no work `{other}`"),
            };
        }
        db.close().await;
        Ok(sum)
    });
    done.expect("the work is done")
}

async fn save(series: &mut Series, db: &dyn Executor) -> Result<i64> {
    let mut world = World.get(series.key(), db).await?.edit();
    world.number = series.key();
    Ok(world.save(db).await?.number)
}

async fn update(series: &mut Series, db: &dyn Executor) -> Result<i64> {
    let number = series.key();
    let changed = World.filter(World.id.eq(series.key())).update(World.number.set(number)).exec(db).await?;
    Ok(changed as i64)
}

async fn updates(series: &mut Series, db: &Db) -> Result<i64> {
    db.atomic(async |tx| {
        let mut sum = 0;
        for _ in 0..ROWS {
            sum += save(series, tx).await?;
        }
        Ok(sum)
    })
    .await
}

async fn bulk(db: &Db) -> Result<i64> {
    let inserted = db.atomic(async |tx| {
        Record.query().delete(tx).await?;
        let drafts = (0..BULK).map(|i| {
            let (price, stock) = (i as f64 + 0.25, i % 1000);
            create!(Record { name: format!("Record {i}"), price, stock, active: i % 2 == 0 })
        });
        Record.bulk_insert(drafts, tx).await
    });
    Ok(inserted.await? as i64)
}
