//! The databases that a test runs on: SQLite in memory, and PostgreSQL where `QUINTET_TEST_POSTGRES` names a server
//! (`scripts/services start postgres`).

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use quintet_core::meta::ModelMeta;
use quintet_migrate::{
    Graph, ProjectState,
    detect::{Hints, Prepared, arrange, detect},
    run::Target,
};
use quintet_orm::{Db, DbOptions, Executor};

/// A database that tests know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An empty database. A schema of a server is dropped with it.
pub struct Bed {
    pub db: Db,
    pub url: String,
    pub engine: Engine,
    schema: Option<String>,
}

impl Deref for Bed {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

pub fn server() -> Option<String> {
    let url = std::env::var("QUINTET_TEST_POSTGRES").ok();
    if url.is_none() {
        println!("skipped on PostgreSQL: QUINTET_TEST_POSTGRES is not set (scripts/services start postgres)");
    }
    url
}

/// The databases that are there.
pub fn engines() -> Vec<Engine> {
    let postgres = server().map(|_| Engine::Postgres);
    [Some(Engine::Sqlite), postgres].into_iter().flatten().collect()
}

/// Few connections, and patience for a busy machine.
fn options() -> DbOptions {
    let patience = Duration::from_secs(60);
    DbOptions {
        lanes: 1,
        connections: 4,
        writer_wait: patience,
        connection_wait: patience,
        ..DbOptions::default()
    }
}

impl Engine {
    pub async fn open(self) -> Bed {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        if self == Engine::Sqlite {
            let url = "sqlite::memory:".to_owned();
            let db = Db::open(&url, DbOptions::default()).await.unwrap();
            return Bed { db, url, engine: self, schema: None };
        }
        let server = server().unwrap();
        let schema = format!("m{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = format!("{server}?options=-csearch_path%3D{schema}");
        let db = Db::open(&url, options()).await.unwrap();
        db.batch(format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
        Bed { db, url, engine: self, schema: Some(schema) }
    }
}

impl Engine {
    /// A database with the tables of these models, as the migration that would be written for them makes them.
    pub async fn tables(self, models: &[&'static ModelMeta]) -> Bed {
        let bed = self.open().await;
        let goal = ProjectState::of_models(models).unwrap();
        let start = ProjectState::default();
        let operations = detect(&start, &goal, &Hints::default(), &mut Prepared::default()).unwrap();
        let graph = Graph::new(arrange(&Graph::default(), &start, operations, None).unwrap()).unwrap();
        super::go(&bed, &graph, Target::Latest).await.unwrap();
        super::assert_database(&bed, &goal).await;
        bed
    }
}

impl Bed {
    /// Another handle with connections of its own to the same schema.
    pub async fn other(&self) -> Db {
        Db::open(&self.url, options()).await.unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let Some(schema) = self.schema.take() else { return };
        let Some(server) = server() else { return };
        // A runtime can't wait inside another one.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = Db::open(&server, options()).await?;
                admin.batch(format!("DROP SCHEMA {schema} CASCADE")).await?;
                admin.close().await;
                quintet_core::Result::<()>::Ok(())
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            println!("the schema of a test could not be dropped: {error}");
        }
    }
}
