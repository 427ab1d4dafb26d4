//! The table of the site's database, on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use quintet_cache::{Backend as _, CacheEntry, DatabaseCache, app};
use quintet_core::{Site, clock::Clock};
use quintet_orm::{DbOptions, prelude::*};
use support::{FIXED, Place};

/// The table as the app's migration makes it.
async fn migrated(db: &Db) {
    let graph = quintet_migrate::sources::load(&Site::new().install(app())).unwrap();
    quintet_migrate::migrate(db, &graph).await.unwrap();
}

async fn on(db: Db, hold: Box<dyn std::any::Any + Send + Sync>) -> Place {
    migrated(&db).await;
    let clock = Clock::fixed(FIXED.parse().unwrap());
    let backend = Arc::new(DatabaseCache::new(db, 100_000, clock.clone()));
    Place { backend, clock: Some(clock), prefix: "site".to_owned(), hold }
}

fn patient() -> DbOptions {
    let wait = Duration::from_secs(60);
    DbOptions { writer_wait: wait, connection_wait: wait, ..DbOptions::default() }
}

async fn sqlite_file() -> Option<Place> {
    let folder = tempfile::tempdir().unwrap();
    let options = DbOptions { root: folder.path().to_owned(), ..patient() };
    Some(on(Db::open("sqlite://site.db", options).await.unwrap(), Box::new(folder)).await)
}

/// A schema of its own on the server that `QUINTET_TEST_POSTGRES` names.
async fn postgres() -> Option<Place> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Ok(server) = std::env::var("QUINTET_TEST_POSTGRES") else {
        println!("skipped: QUINTET_TEST_POSTGRES is not set (scripts/services start postgres)");
        return None;
    };
    let schema = format!("cache{}_{}", std::process::id(), NEXT.fetch_add(1, SeqCst));
    let admin = Db::open(&server, patient()).await.unwrap();
    admin.batch(format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
    let url = format!("{server}?options=-csearch_path%3D{schema}");
    let db = Db::open(&url, patient()).await.unwrap();
    Some(on(db, Box::new(Schema(server, schema))).await)
}

struct Schema(String, String);

impl Drop for Schema {
    fn drop(&mut self) {
        let (server, schema) = (self.0.clone(), self.1.clone());
        // In a runtime of its own: this one is about to end.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = Db::open(&server, patient()).await.unwrap();
                admin.batch(format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
            });
        });
        let _ = dropping.join();
    }
}

contract!(in_sqlite, crate::sqlite_file);
contract!(in_postgres, crate::postgres);

#[tokio::test]
async fn what_is_too_old_goes_first_then_what_was_written_first() {
    let db = Db::open("sqlite::memory:", patient()).await.unwrap();
    migrated(&db).await;
    let clock = Clock::fixed(FIXED.parse().unwrap());
    let cache = DatabaseCache::new(db.clone(), 50, clock.clone());
    let keys = async || {
        let keys: Vec<String> =
            CacheEntry.order_by(CacheEntry.key).select(CacheEntry.key).all(&db).await.unwrap();
        keys
    };
    for n in 0..50 {
        let keep = (n < 20).then_some(Duration::from_secs(60));
        cache.set(&format!("k{n:02}"), Bytes::from_static(b"1"), keep).await.unwrap();
        clock.advance(jiff::SignedDuration::from_millis(1));
    }
    assert_eq!(keys().await.len(), 50);
    clock.advance(jiff::SignedDuration::from_secs(61));
    for n in 50..55 {
        cache.set(&format!("k{n}"), Bytes::from_static(b"1"), None).await.unwrap();
    }
    let left = keys().await;
    assert_eq!((left.len(), left[0].as_str()), (35, "k20"), "twenty were too old");
    for n in 55..75 {
        cache.set(&format!("k{n}"), Bytes::from_static(b"1"), None).await.unwrap();
        clock.advance(jiff::SignedDuration::from_millis(1));
    }
    let left = keys().await;
    assert!((40..=50).contains(&left.len()) && !left.contains(&"k20".to_owned()), "{left:?}");
    assert!(left.contains(&"k74".to_owned()));
}
