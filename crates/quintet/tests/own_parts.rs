//! What a site brings of its own in place of the framework's parts, by `.with(..)`, and rooms of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use quintet::{
    auth::throttle::AttemptStore,
    cache::{self, Cache, CacheOptions, Counted},
    core::{
        Boot, BoxFuture, Room, ServicesBuilder,
        check::Check,
        command::{Args, Command},
        rate::Limit,
        settings::{Section, SettingsSection},
        value::Timestamp,
    },
    prelude::*,
    storage::{self, Content, Info, Names, Opened, Storage},
    web::session::{Change, MemorySessions, Record, SessionSettings, SessionStore},
};

/// What the site's own parts were asked.
#[derive(Debug, Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn has(&self, part: &str) -> bool {
        self.0.lock().unwrap().iter().any(|what| what.contains(part))
    }
}

#[derive(Debug)]
struct OwnCache(cache::MemoryCache, Asked);

impl cache::Backend for OwnCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        self.1.note(format!("get {key}"));
        self.0.get(key)
    }
    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        self.1.note(format!("set {key}"));
        self.0.set(key, value, keep)
    }
    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.0.add(key, value, keep)
    }
    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        self.0.replace(key, old, new, keep)
    }
    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.0.touch(key, keep)
    }
    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        self.0.count(key, by)
    }
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.0.delete(key)
    }
    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        self.0.delete_if(key, value)
    }
    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        self.0.clear(prefix)
    }
}

#[derive(Debug)]
struct OwnFiles(storage::Memory, Asked);

impl storage::Backend for OwnFiles {
    fn create<'a>(&'a self, names: Names, content: Content) -> BoxFuture<'a, Result<String>> {
        self.1.note("create");
        self.0.create(names, content)
    }
    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result> {
        self.0.replace(name, content)
    }
    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>> {
        self.1.note(format!("open {name}"));
        self.0.open(name, range)
    }
    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>> {
        self.0.info(name)
    }
    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.0.delete(name)
    }
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>> {
        self.0.list(prefix)
    }
}

struct OwnSessions(MemorySessions, Asked);

impl SessionStore for OwnSessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        self.1.note("load");
        self.0.load(token)
    }
    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        self.1.note("insert");
        self.0.insert(record)
    }
    fn update<'a>(
        &'a self,
        token: &'a str,
        known: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        self.0.update(token, known, change)
    }
    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result> {
        self.0.end(token)
    }
    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        self.0.end_all(user, except)
    }
    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        self.0.clear()
    }
}

#[get("/kept/", cache = "1h")]
async fn kept() -> &'static str {
    "kept"
}

#[post("/visits/", csrf = false)]
async fn visit(session: Session) -> Result<String> {
    let visits: u32 = session.get("visits").await?.unwrap_or(0) + 1;
    session.set("visits", &visits)?;
    Ok(visits.to_string())
}

#[tokio::test]
async fn a_cache_and_a_storage_of_ones_own() -> Result {
    let asked = Asked::default();
    let own = OwnCache(cache::MemoryCache::new(100, 1 << 20, Default::default()), asked.clone());
    let files = Storage::new(OwnFiles(storage::Memory::default(), asked.clone()));
    let site = Site::new().with(Cache::new(own, CacheOptions::default())).with(files).routes(routes![kept]);
    let site = TestSite::start(site, quintet::rooms()).await?;
    site.services().require::<Cache>()?.set("answer", &42, Duration::from_secs(60)).await?;
    assert!(asked.has("answer"), "{asked:?}");
    // What the framework itself keeps is kept there, too.
    site.get("/kept/").await.ok();
    assert!(asked.has("page:"), "{asked:?}");

    let storage = site.services().require::<Storage>()?;
    let name = storage.save("notes/a.txt", Bytes::from_static(b"text")).await?;
    assert!(asked.has("create"));
    let address = storage.url(&name);
    site.get(&address).await.ok().contains("text");
    assert!(asked.has(&format!("open {name}")), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn sessions_of_ones_own() -> Result {
    let asked = Asked::default();
    let settings: SessionSettings =
        quintet::core::settings::Settings::for_tests(".", Vec::<(&str, &str)>::new()).get()?;
    let own: Arc<dyn SessionStore> = Arc::new(OwnSessions(MemorySessions::new(settings), asked.clone()));
    // Also where the table of sessions is there.
    let declared = || Site::new().install(quintet::sessions::app()).with(own.clone()).routes(routes![visit]);
    let site = TestSite::start(declared(), quintet::rooms()).await?;
    let browser = site.browser();
    browser.post("/visits/", &[]).await.ok().contains("1");
    browser.post("/visits/", &[]).await.ok().contains("2");
    assert!(asked.has("insert") && asked.has("load"), "{asked:?}");
    for store in ["cookie", "memory", "cache", "cached_db"] {
        let error =
            site.with_settings(&[("session.store", store)], async |_| ()).await.unwrap_err().to_string();
        assert!(error.contains(store) && error.contains("`.with(..)`"), "{error}");
    }
    Ok(())
}

/// Buckets that are always full, and one that never has anything.
struct OwnCounts(Asked);

impl AttemptStore for OwnCounts {
    fn take<'a>(&'a self, key: &'a str, _: Limit, _: Timestamp) -> BoxFuture<'a, Result<Option<Duration>>> {
        self.0.note(format!("take {key}"));
        Box::pin(async { Ok(self.0.has("closed").then_some(Duration::from_secs(7))) })
    }
    fn give_back<'a>(&'a self, _: &'a str, _: Limit) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }
    fn forget<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn wrong_passwords_are_counted_by_ones_own() -> Result {
    let asked = Asked::default();
    let own: Arc<dyn AttemptStore> = Arc::new(OwnCounts(asked.clone()));
    let site = Site::new().install(quintet::auth::app()).install(quintet::sessions::app()).with(own);
    let site = TestSite::start(site, quintet::rooms()).await?;
    let form = [("username", "ann"), ("password", "wrong")];
    site.browser().post("/login/", &form).await.status(422);
    assert!(asked.has("take"), "{asked:?}");
    asked.note("closed");
    site.browser().post("/login/", &form).await.status(429);
    Ok(())
}

#[tokio::test]
async fn a_value_that_can_not_be_had() -> Result {
    let twice = Site::new().with(1u8).with(2u8);
    let error = TestSite::start(twice, quintet::rooms()).await.err().unwrap().to_string();
    assert!(error.contains("two values of the type `u8`") && error.contains("own_parts.rs"), "{error}");
    // The framework would make another one of this type, and this one would be nobody's.
    let taken = Site::new().with(quintet::web::Stopping::default());
    let error = TestSite::start(taken, quintet::rooms()).await.err().unwrap().to_string();
    assert!(error.contains("Stopping") && error.contains("own_parts.rs"), "{error}");
    Ok(())
}

static STOPPED: AtomicUsize = AtomicUsize::new(0);

/// `[backups]`
#[derive(Debug, Clone, Settings)]
#[settings("backups")]
struct BackupSettings {
    /// Where they are.
    #[setting(default = "")]
    folder: String,
}

/// What it has found at its start.
struct Backups(BackupSettings);

struct BackupRoom;

impl Room for BackupRoom {
    fn name(&self) -> &'static str {
        "backups"
    }

    fn sections(&self) -> Vec<Section> {
        vec![BackupSettings::section()]
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command::new("back-up", "Says where.", |services: Services, _: Args| async move {
            let Backups(settings) = services.require::<Backups>()?;
            services.require::<Console>()?.line(format!("to {}", settings.folder));
            Ok(())
        })]
    }

    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("backups.folder", "/nowhere")]
    }

    fn share(&self, _: &Services, _: &mut ServicesBuilder) {}

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            // It starts after those of the framework.
            assert!(boot.services.get::<Db>().is_some());
            boot.services.insert(Backups(boot.settings.get()?));
            Ok(())
        })
    }

    fn checks<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async { vec![Check::warning("backups.W001", "nobody looks whether they can be read")] })
    }

    fn stop<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, ()> {
        Box::pin(async {
            STOPPED.fetch_add(1, SeqCst);
        })
    }
}

#[tokio::test]
async fn a_room_of_ones_own() -> Result {
    let app = App::new("backups").room(BackupRoom);
    let site = TestSite::start(Site::new().install(app), quintet::rooms()).await?;
    let written = site.run("back-up").await?;
    assert!(written.contains("to /nowhere"), "{written}");
    let written = site.run("check").await?;
    assert!(written.contains("1 finding"), "{written}");
    site.with_settings(&[("backups.folder", "/elsewhere")], async |site| {
        let written = site.run("back-up").await.unwrap();
        assert!(written.contains("to /elsewhere"), "{written}");
    })
    .await?;
    assert_eq!(STOPPED.load(SeqCst), 1, "the second one has ended");
    Ok(())
}
