//! All places for sessions keep one contract; and what those in a cache do when the cache forgets, is away, or is raced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_handlers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quintet::{
    cache::{Backend, CacheOptions, Counted, MemoryCache},
    core::{BoxFuture, clock::Clock},
    prelude::*,
    sessions::{self, CacheSessions, CachedSessions, DatabaseSessions, SessionRow},
    web::session::{Change, Record, SessionSettings, SessionStore, token_hash},
};
use session_handlers::*;
use tokio::sync::Notify;

#[post("/cycle/")]
async fn cycle(session: Session) -> &'static str {
    session.cycle();
    "another token"
}

#[post("/end/{agent}/")]
async fn end_one(
    Path(agent): Path<String>,
    session: Session,
    all: quintet::web::session::Sessions,
) -> Result<String> {
    let own = session.list().await?;
    let one = own.iter().find(|info| info.agent.as_deref() == Some(&agent)).or_404()?;
    let other = all.end("somebody else", &one.id).await?;
    Ok(format!("{other} {}", all.end(session.user().await?.unwrap_or_default(), &one.id).await?))
}

#[post("/others/")]
async fn others(session: Session) -> Result<String> {
    Ok(format!("{:?}", session.end_others().await?))
}

fn site() -> Site {
    let app = App::new("shop").routes(routes![get_one, set, sign_in, out, cycle, mine, end_one, others]);
    Site::new().install(sessions::app()).install(app)
}

fn agent(site: &TestSite, name: &str) -> TestClient {
    site.browser().with_header("user-agent", name)
}

async fn contract(site: &TestSite) {
    let read = async |browser: &TestClient, key: &str| browser.get(format!("/get/{key}/")).await.ok().text();
    // What is kept is found, and nobody else's.
    let one = agent(site, "one");
    one.get("/set/a/1/").await.ok();
    one.get("/set/b/2/").await.ok();
    assert_eq!((read(&one, "a").await, read(&one, "b").await), ("1".into(), "2".into()));
    assert_eq!(read(&site.browser(), "a").await, "none");
    // Signing in gives another token; the one of before is nothing.
    let before = one.cookie("session").unwrap();
    one.post("/in/7/", &[]).await.ok();
    assert_eq!(read(&one, "a").await, "1");
    assert_eq!(read(&site.browser().with_cookie("session", &before), "a").await, "none");
    let before = one.cookie("session").unwrap();
    one.post("/cycle/", &[]).await.ok();
    assert_eq!(read(&one, "a").await, "1");
    assert_eq!(read(&site.browser().with_cookie("session", &before), "a").await, "none");
    // The list of a user's, the last used first; one that ends is gone.
    let (two, three, foe) = (agent(site, "two"), agent(site, "three"), agent(site, "foe"));
    for (browser, user) in [(&two, "7"), (&three, "7"), (&foe, "8")] {
        site.advance(Duration::from_secs(60)).await;
        browser.post(format!("/in/{user}/"), &[]).await.ok();
    }
    assert_eq!(one.get("/mine/").await.ok().text(), "three;two;one*;");
    assert_eq!(foe.get("/mine/").await.ok().text(), "foe*;");
    assert_eq!(one.post("/end/two/", &[]).await.ok().text(), "false true");
    assert_eq!(two.get("/mine/").await.ok().text(), "");
    assert_eq!(one.get("/mine/").await.ok().text(), "three;one*;");
    // All others.
    assert_eq!(one.post("/others/", &[]).await.ok().text(), "Some(1)");
    assert_eq!(
        (one.get("/mine/").await.ok().text(), three.get("/mine/").await.ok().text()),
        ("one*;".into(), String::new())
    );
    assert_eq!((read(&one, "a").await, foe.get("/mine/").await.ok().text()), ("1".into(), "foe*;".into()));
    // Signing out leaves nothing, also for who has kept the cookie.
    let before = one.cookie("session").unwrap();
    one.post("/out/", &[]).await.ok();
    for browser in [&one, &site.browser().with_cookie("session", &before)] {
        assert_eq!(
            (read(browser, "a").await, browser.get("/mine/").await.ok().text()),
            ("none".into(), String::new())
        );
    }
    // Not used for too long, it is over; used, it lasts until its absolute end.
    let lazy = agent(site, "lazy");
    lazy.get("/set/a/1/").await.ok();
    site.advance(Duration::from_secs(14 * 86_400 - 1)).await;
    assert_eq!(read(&lazy, "a").await, "1");
    site.advance(Duration::from_secs(14 * 86_400 + 1)).await;
    assert_eq!(read(&lazy, "a").await, "none");
    let busy = agent(site, "busy");
    busy.get("/set/a/1/").await.ok();
    for _ in 0..8 {
        site.advance(Duration::from_secs(10 * 86_400)).await;
        assert_eq!(read(&busy, "a").await, "1");
    }
    site.advance(Duration::from_secs(10 * 86_400)).await;
    assert_eq!(read(&busy, "a").await, "none");
}

#[quintet::test(site)]
async fn in_the_database(site: TestSite) -> Result {
    contract(&site).await;
    Ok(())
}

#[quintet::test(site, settings = { "session.store" = "memory" })]
async fn in_memory(site: TestSite) -> Result {
    contract(&site).await;
    Ok(())
}

#[quintet::test(site, settings = { "session.store" = "cache" })]
async fn in_a_cache(site: TestSite) -> Result {
    contract(&site).await;
    assert_eq!(SessionRow.query().count(&site.db).await?, 0);
    Ok(())
}

#[quintet::test(site, settings = { "session.store" = "cached_db" })]
async fn in_the_database_and_a_cache(site: TestSite) -> Result {
    contract(&site).await;
    assert!(SessionRow.query().count(&site.db).await? > 0);
    // Reading asks no database, but for what the cache does not have.
    let ann = site.browser();
    ann.get("/set/a/1/").await.ok();
    site.queries(0, async || drop(ann.get("/get/a/").await.ok())).await;
    site.services().require::<Cache>()?.clear().await?;
    site.queries(1, async || drop(ann.get("/get/a/").await.ok())).await;
    site.queries(0, async || assert_eq!(ann.get("/get/a/").await.ok().text(), "1")).await;
    Ok(())
}

/// A place that is away when it is told, and that waits before it adds.
#[derive(Debug)]
struct Place {
    inner: MemoryCache,
    away: AtomicBool,
    wait: AtomicBool,
    waiting: Notify,
    go_on: Notify,
}

impl Place {
    fn new(clock: Clock) -> Arc<Place> {
        let (waiting, go_on) = (Notify::new(), Notify::new());
        Arc::new(Place {
            inner: MemoryCache::new(1 << 20, 1000, clock),
            away: AtomicBool::default(),
            wait: AtomicBool::default(),
            waiting,
            go_on,
        })
    }

    fn check(&self) -> Result {
        if self.away.load(Ordering::SeqCst) { Err(Error::internal("away")) } else { Ok(()) }
    }
}

#[derive(Debug)]
struct Shared(Arc<Place>);

macro_rules! forward {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(fn $name<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, Result<$out>> {
            Box::pin(async move {
                self.0.check()?;
                self.0.inner.$name($($arg),*).await
            })
        })*
    };
}

impl Backend for Shared {
    forward! {
        get(key: &'a str) -> Option<bytes::Bytes>;
        set(key: &'a str, value: bytes::Bytes, keep: Option<Duration>) -> ();
        replace(key: &'a str, old: bytes::Bytes, new: bytes::Bytes, keep: Option<Duration>) -> bool;
        touch(key: &'a str, keep: Option<Duration>) -> bool;
        count(key: &'a str, by: i64) -> Counted;
        delete(key: &'a str) -> bool;
        delete_if(key: &'a str, value: bytes::Bytes) -> bool;
        clear(prefix: &'a str) -> ();
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: bytes::Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            if self.0.wait.swap(false, Ordering::SeqCst) {
                self.0.waiting.notify_one();
                self.0.go_on.notified().await;
            }
            self.0.check()?;
            self.0.inner.add(key, value, keep).await
        })
    }
}

struct Bed {
    place: Arc<Place>,
    alone: CacheSessions,
    both: Arc<CachedSessions>,
    table: DatabaseSessions,
}

fn bed(site: &TestSite) -> Result<Bed> {
    let settings = site.settings()?.get::<SessionSettings>()?;
    let place = Place::new(site.clock().clone());
    let cache = Cache::new(Shared(place.clone()), CacheOptions::default());
    let table = || DatabaseSessions::new(site.db.clone(), settings.clone());
    Ok(Bed {
        alone: CacheSessions::new(cache.clone(), settings.clone()),
        both: Arc::new(CachedSessions::new(table(), cache)),
        table: table(),
        place,
    })
}

fn record(site: &TestSite, user: Option<&str>) -> Record {
    let now = site.clock().now();
    let mut record = Record::new([("a".to_owned(), 1.into())].into(), now);
    record.user = user.map(str::to_owned);
    record.expires = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
    record
}

fn change(key: &str) -> Change {
    let mut change = Change::default();
    change.data.insert(key.to_owned(), Some(2.into()));
    change
}

fn changed(key: &str, change_more: impl FnOnce(&mut Change)) -> Change {
    let mut change = change(key);
    change_more(&mut change);
    change
}

#[quintet::test(site)]
async fn a_session_that_has_ended_is_not_begun_again(site: TestSite) -> Result {
    let bed = bed(&site)?;
    for store in [&bed.alone as &dyn SessionStore, &*bed.both, &bed.table] {
        for user in [None, Some("7")] {
            for change in [
                change("b"),
                changed("b", |change| change.cycle = true),
                changed("b", |change| (change.user, change.cycle) = (Some(Some("9".to_owned())), true)),
            ] {
                let token = store.insert(&record(&site, user)).await?;
                let known = store.load(&token).await?.unwrap();
                store.end(&token).await?;
                assert_eq!(store.update(&token, &known, &change).await?, None);
                assert_eq!(store.load(&token).await?, None);
                assert!(store.of_user("9", None).await?.is_empty());
            }
        }
        let token = store.insert(&record(&site, Some("7"))).await?;
        let known = store.load(&token).await?.unwrap();
        assert_eq!(store.end_all("7", None).await?, Some(1));
        assert_eq!(store.update(&token, &known, &change("b")).await?, None);
        assert_eq!(store.load(&token).await?, None);
    }
    Ok(())
}

#[quintet::test(site)]
async fn who_has_read_before_the_end_copies_nothing_after_it(site: TestSite) -> Result {
    let bed = bed(&site)?;
    let token = bed.both.insert(&record(&site, Some("7"))).await?;
    bed.place.inner.clear("").await?;
    bed.place.wait.store(true, Ordering::SeqCst);
    let (store, shown) = (bed.both.clone(), token.clone());
    let reading = tokio::spawn(async move { store.load(&shown).await });
    bed.place.waiting.notified().await;
    // The row is read, the copy not yet put: meanwhile the session ends.
    bed.both.end(&token).await?;
    bed.place.go_on.notify_one();
    assert!(reading.await?.unwrap().is_some(), "it was there when it was read");
    assert_eq!(bed.both.load(&token).await?, None);
    Ok(())
}

#[quintet::test(site)]
async fn an_older_copy_is_not_put_over_a_newer_one(site: TestSite) -> Result {
    let bed = bed(&site)?;
    let token = bed.both.insert(&record(&site, None)).await?;
    let known = bed.both.load(&token).await?.unwrap();
    bed.place.inner.clear("").await?;
    bed.place.wait.store(true, Ordering::SeqCst);
    let (store, shown) = (bed.both.clone(), token.clone());
    let reading = tokio::spawn(async move { store.load(&shown).await });
    bed.place.waiting.notified().await;
    bed.both.update(&token, &known, &change("b")).await?.unwrap();
    bed.place.go_on.notify_one();
    assert!(!reading.await?.unwrap().unwrap().data.contains_key("b"));
    assert!(bed.both.load(&token).await?.unwrap().data.contains_key("b"));
    // And requests at the same time keep each other's keys.
    let known = bed.both.load(&token).await?.unwrap();
    bed.both.update(&token, &known, &change("c")).await?.unwrap();
    bed.both.update(&token, &known, &change("d")).await?.unwrap();
    let keys: Vec<String> = bed.both.load(&token).await?.unwrap().data.into_keys().collect();
    assert_eq!(keys, ["a", "b", "c", "d"]);
    let token = bed.alone.insert(&record(&site, None)).await?;
    let known = bed.alone.load(&token).await?.unwrap();
    bed.alone.update(&token, &known, &change("c")).await?.unwrap();
    bed.alone.update(&token, &known, &change("d")).await?.unwrap();
    assert_eq!(bed.alone.load(&token).await?.unwrap().data.len(), 3);
    Ok(())
}

#[quintet::test(site)]
async fn what_the_cache_forgets_logs_out_rather_than_staying_for_ever(site: TestSite) -> Result {
    let bed = bed(&site)?;
    let token = bed.alone.insert(&record(&site, Some("7"))).await?;
    let session = bed.place.inner.get(&format!("default:1:session:{}", token_hash(&token).unwrap())).await?;
    bed.place.inner.clear("default:1:sessions-of:").await?;
    assert!(session.is_some());
    assert_eq!(bed.alone.load(&token).await?, None);
    Ok(())
}

#[quintet::test(site)]
async fn a_cache_that_is_away_is_no_empty_session(site: TestSite) -> Result {
    let bed = bed(&site)?;
    let (alone, both) = (
        bed.alone.insert(&record(&site, Some("7"))).await?,
        bed.both.insert(&record(&site, Some("7"))).await?,
    );
    let known = bed.both.load(&both).await?.unwrap();
    bed.place.away.store(true, Ordering::SeqCst);
    assert!(bed.alone.load(&alone).await.is_err() && bed.alone.end(&alone).await.is_err());
    // From the database it is read, and not changed.
    assert_eq!(bed.both.load(&both).await?.unwrap().user.as_deref(), Some("7"));
    assert!(
        bed.both.update(&both, &known, &change("b")).await.is_err() && bed.both.end(&both).await.is_err()
    );
    assert!(bed.both.end_all("7", None).await.is_err());
    assert!(bed.table.load(&both).await?.is_some(), "nothing was half done");
    bed.place.away.store(false, Ordering::SeqCst);
    assert!(!bed.both.load(&both).await?.unwrap().data.contains_key("b"));
    Ok(())
}
