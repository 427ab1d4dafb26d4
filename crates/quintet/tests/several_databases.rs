//! A site with several databases: its tests have all of them, and its requests find their way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{panic::AssertUnwindSafe, path::Path as File};

use quintet::{axum::http::StatusCode, core::own_writes, orm::DbOptions, prelude::*};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/several_site");

/// Somebody who comes.
#[model(app = "several")]
pub struct Guest {
    /// The name.
    #[field(unique, max_length = 40)]
    pub name: String,
}

/// That somebody came.
#[model(app = "several", database = "archive")]
pub struct Visit {
    /// The name.
    pub name: String,
    /// How long.
    pub minutes: i32,
}

/// What another program keeps.
#[model(app = "several", database = "legacy")]
pub struct Bill {
    /// How much.
    pub cents: i32,
}

#[post("/come/{name}/{end}/", atomic)]
async fn come(Path((name, end)): Path<(String, String)>, db: Db) -> Result<StatusCode> {
    create!(Guest { name: &*name }).insert(&db).await?;
    create!(Visit { name: &*name, minutes: 3 }).insert(&db).await?;
    match &*end {
        "fail" => Err(Error::forbidden("no")),
        "bill" => create!(Bill { cents: 7 }).insert(&db).await.map(|_| StatusCode::CREATED),
        _ => Ok(StatusCode::CREATED),
    }
}

#[get("/visits/")]
async fn visits(db: Db) -> Result<String> {
    Ok(format!("{} of {}", Visit.query().count(&db).await?, Guest.query().count(&db).await?))
}

/// Has this request seen that it has written?
#[post("/written/")]
async fn written() -> String {
    let before = own_writes::noted(77);
    own_writes::note(77);
    format!("{before} {}", own_writes::noted(77))
}

fn site() -> Site {
    let app = App::new("several").models((Guest, Visit, Bill)).routes(routes![come, visits, written]);
    Site::new().folder(quintet::core::Folder::on_disk(FOLDER)).install(app)
}

#[quintet::test(site)]
async fn a_test_has_each_of_the_databases(site: TestSite) -> Result {
    let names: Vec<&str> = site.databases.keys().map(String::as_str).collect();
    assert_eq!(names, ["archive", "default", "legacy"]);
    let kinds: Vec<&str> = site.databases.values().map(|db| db.url().split(':').next().unwrap()).collect();
    assert!(kinds.iter().all(|kind| *kind == kinds[0]), "{kinds:?}");
    create!(Visit { name: "Ann", minutes: 3 }).insert(&site.db).await?;
    create!(Bill { cents: 3 }).insert(&site.db).await?;
    let archive = &site.databases["archive"];
    assert_eq!(Visit.query().count(archive).await?, 1);
    // The guests' table is elsewhere.
    assert!(Guest.query().count(archive).await.is_err());
    assert_eq!(Guest.query().count(&site.db).await?, 0);
    // Nothing of what the settings name was touched.
    for file in ["main.db", "archive.db", "copy.db"] {
        assert!(!File::new(FOLDER).join(file).exists(), "{file}");
    }
    Ok(())
}

#[quintet::test(site)]
async fn another_test_does_not_see_it(site: TestSite) -> Result {
    assert_eq!(Visit.query().count(&site.db).await?, 0);
    assert_eq!(Bill.query().count(&site.db).await?, 0);
    Ok(())
}

#[quintet::test(site)]
async fn requests_are_transactions_of_the_databases_that_take_part(site: TestSite) -> Result {
    site.post("/come/ann/well/", &[]).await.status(201);
    site.get("/visits/").await.ok().contains("1 of 1");
    site.post("/come/bob/fail/", &[]).await.status(403);
    site.get("/visits/").await.ok().contains("1 of 1");
    // The legacy database takes no part: the write is refused, and all is undone.
    site.post("/come/cleo/bill/", &[]).await.status(500);
    site.get("/visits/").await.ok().contains("1 of 1");
    assert_eq!(Bill.query().count(&site.db).await?, 0);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn each_request_is_a_scope_of_its_own_writes(site: TestSite) {
    site.post("/written/", &[]).await.ok().contains("false true");
    site.post("/written/", &[]).await.ok().contains("false true");
}

/// What work that panics says.
async fn failure<T>(work: impl Future<Output = T>) -> String {
    use std::{pin::pin, task::Poll};
    let mut work = pin!(work);
    let ended = std::future::poll_fn(|cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) => Poll::Ready(None),
            Err(panic) => Poll::Ready(panic.downcast::<String>().ok()),
        }
    });
    *ended.await.expect("it did not fail")
}

#[quintet::test(site, on = "sqlite")]
async fn statements_of_all_databases_are_counted_and_named(site: TestSite) -> Result {
    site.queries(2, async || site.get("/visits/").await.ok().contains("0 of 0")).await;
    let text = failure(site.queries(1, async || drop(site.get("/visits/").await))).await;
    assert!(text.contains("expected 1 queries, got 2") && text.contains("on archive: SELECT"), "{text}");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_second_start_keeps_the_databases(site: TestSite) -> Result {
    create!(Visit { name: "Ann", minutes: 3 }).insert(&site.db).await?;
    site.with_settings(&[("databases.archive.slow_query", "9s")], async |site| {
        assert_eq!(Visit.query().count(&site.db).await.unwrap(), 1);
        site.get("/visits/").await.ok().contains("1 of 0");
    })
    .await?;
    // They are still open.
    site.get("/visits/").await.ok().contains("1 of 0");
    let error = site.with_settings(&[("databases.archive.url", "sqlite::memory:")], async |_| ()).await;
    assert!(error.unwrap_err().to_string().contains("databases.archive.url"));
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn the_command_line_knows_them(site: TestSite) -> Result {
    let shown = site.run("settings").await?;
    assert!(shown.contains("databases.archive") || shown.contains("[databases.archive]"), "{shown}");
    let shown = site.run("showmigrations").await?;
    assert!(shown.contains("Database default:") && shown.contains("Database archive:"), "{shown}");
    assert!(!shown.contains("legacy"), "{shown}");
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "databases.archive.slow_query" = "8s" })]
async fn settings_of_a_test_reach_them(site: TestSite) -> Result {
    let rows = site.settings()?.rows();
    let row = rows.iter().find(|row| row.section == "databases.archive" && row.key == "slow_query").unwrap();
    assert_eq!(row.value, "8s");
    // A replica of a test's own, with a handle that tells which it is.
    let folder = std::env::temp_dir().join(format!("quintet-several-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let url = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let options = DbOptions { replicas: vec![url("copy.db")], ..DbOptions::default() };
    let db = Db::open(&url("main.db"), options).await?;
    let log = db.record();
    raw::<i64>("SELECT 1", vec![]).on_replica().all(&db).await?;
    assert_eq!(log.queries()[0].replica, Some(1));
    db.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
