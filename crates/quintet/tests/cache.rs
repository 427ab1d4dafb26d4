//! The cache in a site: settings, handlers, tasks of a kind, commands, tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use quintet::{axum::http::StatusCode, prelude::*};

#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

#[get("/stats/")]
async fn stats(cache: Cache, State(runs): State<Runs>) -> Result<Json<Vec<usize>>> {
    Ok(Json(cache.get_or("stats", "10m", async || Ok(vec![runs.0.fetch_add(1, SeqCst)])).await?))
}

#[get("/forget/")]
async fn forget(cache: Cache) -> Result<String> {
    Ok(cache.forget("stats").await?.to_string())
}

#[get("/login/")]
async fn login(cache: Cache) -> Result<String> {
    let sessions = cache.named("sessions")?;
    sessions.set("user", "Ripley", "forever").await?;
    Ok(format!("{:?} {:?}", sessions.get::<String>("user").await?, cache.get::<String>("user").await?))
}

/// Tells what is cached.
#[command]
async fn cached(cache: &Cache, console: &Console) -> Result {
    console.line(format!("{:?}", cache.get::<Vec<usize>>("stats").await?));
    Ok(())
}

fn site() -> Site {
    Site::new().with(Runs::default()).routes(routes![stats, forget, login]).commands(commands![cached])
}

#[quintet::test(site)]
async fn handlers_and_commands_share_it_and_time_passes_as_the_test_says(site: TestSite) -> Result {
    for _ in 0..2 {
        site.get("/stats/").await.status(200).contains("[0]");
    }
    assert_eq!(site.run("cached").await?.trim(), "Some([0])");
    site.advance(Duration::from_secs(601)).await;
    site.get("/stats/").await.contains("[1]");
    site.get("/forget/").await.contains("true");
    site.get("/stats/").await.contains("[2]");
    assert_eq!(site.run("cache clear").await?, "The cache `default` is empty.\n");
    site.get("/stats/").await.contains("[3]");
    Ok(())
}

#[quintet::test(site)]
async fn each_test_has_its_own(site: TestSite) -> Result {
    site.get("/stats/").await.contains("[0]");
    // The same site once more has the same cache, if it has the same settings.
    site.with_settings(&[("cache.keep", "1h")], async |again| {
        again.get("/stats/").await.contains("[0]");
    })
    .await?;
    site.with_settings(&[("cache.url", "dummy://")], async |again| {
        again.get("/stats/").await.contains("[1]");
        again.get("/stats/").await.contains("[2]");
    })
    .await
}

#[quintet::test(site)]
async fn caches_have_names(site: TestSite) -> Result {
    let error = Cache::named(site.services().require()?, "sessions").unwrap_err().to_string();
    assert!(error.contains("`[cache.sessions]`"), "{error}");
    let folder = tempfile::tempdir()?;
    let url = format!("file://{}", folder.path().display());
    let settings = [("cache.sessions.url", url.as_str()), ("cache.named_in_memory", "false")];
    site.with_settings(&settings, async |site| {
        site.get("/login/").await.contains("Some(\"Ripley\") None");
        assert!(std::fs::read_dir(folder.path()).unwrap().count() > 0, "it is in the folder");
        let emptied = site.run("cache clear sessions").await.unwrap();
        assert_eq!(emptied, "The cache `sessions` is empty.\n");
        let error = site.run("cache clear session").await.unwrap_err().to_string();
        assert!(error.contains("did you mean `sessions`?"), "{error}");
        let error = site.run("cache claer").await.unwrap_err().to_string();
        assert!(error.contains("did you mean `clear`?"), "{error}");
    })
    .await?;
    // In a test a name's place is memory, unless the test says otherwise.
    site.with_settings(&[("cache.sessions.url", "redis://example.com")], async |site| {
        site.get("/login/").await.contains("Some(\"Ripley\")");
    })
    .await
}

#[quintet::test(site)]
async fn what_is_wrong_in_the_settings_is_told(site: TestSite) {
    let file = |n: u8| (format!("cache.a{n}.url"), "file://here".to_owned());
    let cases: [(Vec<(String, String)>, &str); 9] = [
        (vec![("cache.url".into(), "redsi://x".into())], "begins with `redsi`"),
        (vec![("cache.url".into(), "memori://".into())], "did you mean `memory`?"),
        (vec![("cache.url".into(), "file://".into())], "names no folder"),
        (vec![("cache.url".into(), "redis://".into())], "`url` of `[cache]`"),
        (vec![("cache.url".into(), "database://archive".into())], "there is no database `archive`"),
        (vec![("cache.prefix".into(), "a:b".into())], "`prefix` of `[cache]` is `a:b`"),
        (vec![("cache.keep".into(), "5".into())], "\"5m\", or \"forever\""),
        (vec![("cache.default.url".into(), "memory://".into())], "`[cache.default]`"),
        (
            vec![
                file(1),
                file(2),
                ("cache.a1.prefix".into(), "p".into()),
                ("cache.a2.prefix".into(), "p".into()),
                ("cache.named_in_memory".into(), "false".into()),
            ],
            "the caches `a1` and `a2` have the same `url` and the same `prefix`",
        ),
    ];
    for (settings, why) in cases {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let error = site.with_settings(&settings, async |_| ()).await.unwrap_err().to_string();
        assert!(error.contains(why), "{settings:?}: {error}");
    }
}

/// A thing.
#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its name.
    pub name: String,
}

/// Keeps a row and a cached value, and then fails or not.
#[post("/make/{status}/", atomic)]
async fn make(Path(status): Path<u16>, db: Db, cache: Cache) -> Result<(StatusCode, &'static str)> {
    create!(Thing { name: "a" }).insert(&db).await?;
    cache.set("things", &1, "1h").await?;
    let seen = cache.get_or("things", "1h", async || Ok(2)).await?;
    assert_eq!(cache.incr("things", 1).await?, Some(seen + 1));
    cache.set_many([("a", 1), ("b", 2)], "1h").await?;
    Ok((StatusCode::from_u16(status)?, "done"))
}

fn with_table() -> Site {
    let shop = App::new("shop").models((Thing,)).routes(routes![make]);
    site().install(shop).install(quintet::cache::app())
}

#[quintet::test(with_table, settings = { "cache.url" = "database://" })]
async fn a_table_of_the_site_keeps_it(site: TestSite) -> Result {
    for _ in 0..2 {
        site.get("/stats/").await.status(200).contains("[0]");
    }
    site.advance(Duration::from_secs(601)).await;
    site.get("/stats/").await.contains("[1]");
    assert_eq!(quintet::cache::CacheEntry.count(&site.db).await?, 1);
    assert_eq!(site.run("cache clear").await?, "The cache `default` is empty.\n");
    assert_eq!(quintet::cache::CacheEntry.count(&site.db).await?, 0);
    // The model is as its migration says.
    site.run("makemigrations --check cache").await?;
    Ok(())
}

#[quintet::test(with_table, settings = { "cache.url" = "database://" })]
async fn what_a_request_takes_back_was_not_cached(site: TestSite) -> Result {
    let cache: &Cache = site.services().require()?;
    site.post("/make/409/", &[]).await.status(409);
    assert_eq!(cache.get::<i32>("things").await?, None);
    assert!(!cache.contains("a").await?);
    site.post("/make/200/", &[]).await.status(200);
    assert_eq!(cache.get::<i32>("things").await?, Some(2));
    assert!(cache.contains("b").await?);
    Ok(())
}

#[quintet::test(site, settings = { "cache.url" = "database://" })]
async fn without_its_table_nothing_is_cached_and_the_site_goes_on(site: TestSite) -> Result {
    site.get("/stats/").await.status(200).contains("[0]");
    site.get("/stats/").await.status(200).contains("[1]");
    let strict = [("cache.strict", "true")];
    site.with_settings(&strict, async |site| {
        site.get("/stats/").await.status(500);
    })
    .await
}
