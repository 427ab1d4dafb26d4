use std::sync::Arc;

use quintet_core::{App, Boot, BoxFuture, EmbeddedFile, Error, Folder, Result, Room, Services, check::Check};
use quintet_orm::{Db, Models as _};
use quintet_web::session::{SessionSettings, SessionStore, StoreChoice};

use crate::{DatabaseSessions, SessionRow};

static FILES: &[EmbeddedFile] = &[EmbeddedFile {
    path: "migrations/0001_initial.toml",
    bytes: include_bytes!("../migrations/0001_initial.toml"),
}];

/// Marks the app among those of a site.
#[derive(Debug, Default)]
struct Installed;

/// Sessions in the database: `Site::new().install(sessions::app())`.
#[must_use]
pub fn app() -> App {
    let mut app = App::new("sessions").folder(Folder::embedded(env!("CARGO_MANIFEST_DIR"), FILES));
    app.slot_mut::<Installed>();
    app.models((SessionRow,))
}

/// The room of sessions that the web room does not keep itself. It starts after that of caches, and before the web room, which takes its store.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionsRoom;

impl Room for SessionsRoom {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let settings = boot.settings.get::<SessionSettings>()?;
            if boot.services.is_given::<Arc<dyn SessionStore>>() {
                // The site's own: the web room looks whether the settings want another one.
                return Ok(());
            }
            if let Some(store) = store(boot, settings)? {
                boot.services.insert(store);
            }
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { kept_here(services).into_iter().collect() })
    }
}

/// Where the settings want sessions to be; none, if the web room knows.
fn store(boot: &Boot, settings: SessionSettings) -> Result<Option<Arc<dyn SessionStore>>> {
    let installed = boot.site.slots::<Installed>().next().is_some();
    let db = boot.services.get::<Db>().filter(|_| installed).cloned();
    let table = db.map(|db| DatabaseSessions::new(db, settings.clone()));
    match (settings.store, table) {
        (StoreChoice::Auto, Some(table)) => Ok(Some(Arc::new(table))),
        #[cfg(feature = "cache")]
        (StoreChoice::Cache, _) => {
            Ok(Some(Arc::new(crate::CacheSessions::new(cache(boot, &settings)?, settings))))
        }
        #[cfg(feature = "cache")]
        (StoreChoice::CachedDb, Some(table)) => {
            Ok(Some(Arc::new(crate::CachedSessions::new(table, cache(boot, &settings)?))))
        }
        (StoreChoice::CachedDb, None) => Err(Error::settings(
            "session.store: `cached_db` keeps sessions in the database, too: install `sessions::app()`, which has the table",
        )),
        _ => Ok(None),
    }
}

#[cfg(feature = "cache")]
fn cache(boot: &Boot, settings: &SessionSettings) -> Result<quintet_cache::Cache> {
    let cache = boot
        .services
        .get::<quintet_cache::Cache>()
        .ok_or_else(|| Error::internal("the room of caches has not been started"))?
        .named(&settings.cache);
    cache.map_err(|error| Error::settings(format!("session.cache: {error}")))
}

/// Sessions that end with the process, and are not those of its neighbours, are seldom meant.
#[cfg(feature = "cache")]
fn kept_here(services: &Services) -> Option<Check> {
    let settings = services.get::<quintet_core::settings::Settings>()?.get::<SessionSettings>().ok()?;
    if settings.store != StoreChoice::Cache {
        return None;
    }
    let cache = services.get::<quintet_cache::Cache>()?.named(&settings.cache).ok()?;
    let text = format!(
        "sessions are kept in the cache `{}`, which other processes don't see and which ends with this one: give it a `url` of Redis, of \
         files or of the database, or say `[session] store = \"cached_db\"`",
        cache.name()
    );
    (!cache.backend().is_shared()).then(|| Check::warning("sessions.W001", text))
}

#[cfg(not(feature = "cache"))]
fn kept_here(_: &Services) -> Option<Check> {
    None
}
