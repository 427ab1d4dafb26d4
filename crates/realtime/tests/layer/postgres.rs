//! The layer in PostgreSQL, on the server that `QUINTET_TEST_POSTGRES` names, each test in a schema of its own.
use std::{sync::Arc, time::Duration};

use quintet_core::{BoxFuture, ErrorKind};
use quintet_orm::{Db, DbOptions, Executor, Stmt};
use quintet_realtime::layer::{
    ConnectionId, Layer, Retention,
    postgres::{Postgres, PostgresOptions},
};
use tokio::time::{sleep, timeout};

use crate::{
    ears::{PATIENCE, event},
    place::{Far, Make, Node, Place, brisk},
    proxy::Proxy,
    suite::{faults::until_back, suite, suite_of_faults},
};

pub fn server() -> Option<String> {
    let url = std::env::var("QUINTET_TEST_POSTGRES").ok();
    if url.is_none() {
        println!("skipped: QUINTET_TEST_POSTGRES is not set (scripts/services start postgres)");
    }
    url
}

/// A schema that is dropped with this.
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    pub async fn new() -> Option<Schema> {
        let server = server()?;
        let name = format!("layer_{}", ConnectionId::random().unwrap());
        let db = open(&server).await;
        db.batch(format!("CREATE SCHEMA {name}")).await.unwrap();
        db.close().await;
        Some(Schema { server, name })
    }

    pub fn url(&self) -> String {
        format!("{}?options=-csearch_path%3D{}", self.server, self.name)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime can't wait inside another one.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let db = open(&server).await;
                db.batch(format!("DROP SCHEMA {name} CASCADE")).await.unwrap();
            });
        });
        dropped.join().unwrap();
    }
}

async fn open(url: &str) -> Db {
    let options = DbOptions {
        connections: 4,
        lanes: 2,
        connection_wait: Duration::from_secs(3),
        ..DbOptions::default()
    };
    Db::open(url, options).await.unwrap()
}

pub async fn layer(url: &str, retention: Retention) -> Arc<dyn Layer> {
    let options = PostgresOptions { retention, pace: brisk() };
    Arc::new(Postgres::new(open(url).await, options).unwrap())
}

fn make(url: String) -> Make {
    Box::new(move |retention| -> BoxFuture<'static, Arc<dyn Layer>> {
        let url = url.clone();
        Box::pin(async move { layer(&url, retention).await })
    })
}

async fn place() -> Option<Place> {
    let schema = Schema::new().await?;
    let url = schema.url();
    let port = url.rsplit('@').next()?.split(':').nth(1)?.split('/').next()?.parse().ok()?;
    let proxy = Proxy::to(port).await;
    let by_proxy = url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port));
    let far = Some(Far { make: make(by_proxy), proxy });
    Some(Place { make: make(url), several: true, far, hold: Box::new(schema) })
}

suite!(crate::postgres::place);
suite_of_faults!(crate::postgres::place);

async fn count(db: &Db, sql: &str) -> i64 {
    let on: &dyn Executor = db;
    on.rows(Stmt::read(sql, Vec::new())).await.unwrap()[0][0].as_int().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_lost_is_found() {
    let Some(schema) = Schema::new().await else { return };
    let node = Node::start(layer(&schema.url(), Retention::default()).await).await;
    let db = open(&schema.url()).await;
    node.layer.listen("a").await.unwrap();
    node.layer.append("a", event("1")).await.unwrap();
    node.ears.logged("a", 1).await;
    db.batch(
        "WITH topic AS (UPDATE quintet_channel_topic SET last = last + 1, version = version + 1 RETURNING epoch, last) \
         INSERT INTO quintet_channel_event (epoch, number, data) SELECT epoch, last, 'lost' FROM topic; \
         INSERT INTO quintet_channel_here (topic, id, node, meta) \
         VALUES ('a', '00000000-0000-0000-0000-000000000007', '00000000-0000-0000-0000-000000000001', '1')"
            .to_owned(),
    )
    .await
    .unwrap();
    let heard = node.ears.logged("a", 2).await;
    assert_eq!((heard[1].0.offset, &heard[1].1), (2, &event("lost")));
    node.ears.present("a", vec![7]).await;
    node.layer.append("a", event("3")).await.unwrap();
    let heard = node.ears.logged("a", 3).await;
    assert_eq!(heard.iter().map(|(at, _)| at.offset).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_not_needed_are_deleted() {
    let Some(schema) = Schema::new().await else { return };
    let db = open(&schema.url()).await;
    let few = Retention { events: 5, age: Duration::from_secs(600) };
    let short = Retention { events: 500, age: Duration::from_millis(300) };
    let until = async |sql: &str, is: i64| {
        let wait = async {
            while count(&db, sql).await != is {
                sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(timeout(PATIENCE, wait).await.is_ok(), "{sql} is never {is}");
    };
    let node = Node::start(layer(&schema.url(), few).await).await;
    for _ in 0..20 {
        node.layer.append("a", event("1")).await.unwrap();
    }
    until("SELECT count(*) FROM quintet_channel_event", 5).await;
    let node = Node::start(layer(&schema.url(), short).await).await;
    until("SELECT count(*) FROM quintet_channel_event", 0).await;
    // Nobody has used it for long.
    node.layer.listen("heard").await.unwrap();
    db.batch("UPDATE quintet_channel_topic SET used = now() - interval '1 day'".to_owned()).await.unwrap();
    until("SELECT count(*) FROM quintet_channel_topic WHERE name = 'a'", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_inside_of_a_transaction() {
    let Some(schema) = Schema::new().await else { return };
    let db = open(&schema.url()).await;
    let layer = Arc::new(Postgres::new(db.clone(), PostgresOptions::default()).unwrap());
    let node = Node::start(layer).await;
    node.layer.listen("a").await.unwrap();
    let rolled_back = db.atomic(async |_| {
        node.layer.append("a", event("1")).await?;
        node.layer.enter("a", crate::ears::here(1, "1")).await?;
        Err::<(), _>(quintet_core::Error::internal("no"))
    });
    assert_eq!(rolled_back.await.unwrap_err().to_string(), "no");
    assert_eq!(node.ears.logged("a", 1).await.len(), 1);
    node.ears.present("a", vec![1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sites_in_one_database_don_t_hear_each_other() {
    let (Some(one), Some(other)) = (Schema::new().await, Schema::new().await) else { return };
    let one = Node::start(layer(&one.url(), Retention::default()).await).await;
    let two = Node::start(layer(&other.url(), Retention::default()).await).await;
    for node in [&one, &two] {
        node.layer.listen("a").await.unwrap();
    }
    one.layer.pass("a", event("one")).await.unwrap();
    one.layer.append("a", event("one")).await.unwrap();
    two.layer.append("a", event("two")).await.unwrap();
    assert_eq!(two.ears.logged("a", 1).await[0].1, event("two"));
    assert_eq!(two.ears.of("a").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_start_at_once_make_the_tables_once() {
    let Some(schema) = Schema::new().await else { return };
    let starting = (0..6).map(|_| {
        let url = schema.url();
        tokio::spawn(async move { Node::start(layer(&url, Retention::default()).await).await })
    });
    let nodes: Vec<_> = futures_util::future::join_all(starting).await;
    for node in nodes {
        let node = node.unwrap();
        until_back(&node).await;
        node.layer.append("a", event("1")).await.unwrap();
    }
    let db = open(&schema.url()).await;
    assert_eq!(count(&db, "SELECT count(*) FROM quintet_channel_site").await, 1);
    assert_eq!(count(&db, "SELECT last FROM quintet_channel_topic").await, 6);
}

#[tokio::test]
async fn other_databases_are_refused() {
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    let error = Postgres::new(db, PostgresOptions::default()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Settings);
    assert!(error.to_string().contains("sqlite"), "{error}");
}
