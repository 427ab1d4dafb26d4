use std::sync::Arc;

use quintet_core::{App, Boot, BoxFuture, EmbeddedFile, Folder, Result, Room};
use quintet_orm::{Db, Models as _};
use quintet_web::session::{SessionSettings, SessionStore};

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

/// The room of sessions in the database. It starts before the web room, which takes its store.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionsRoom;

impl Room for SessionsRoom {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            if boot.site.slots::<Installed>().next().is_none() {
                return Ok(());
            }
            let Some(db) = boot.services.get::<Db>().cloned() else { return Ok(()) };
            let store = DatabaseSessions::new(db, boot.settings.get::<SessionSettings>()?);
            boot.services.insert::<Arc<dyn SessionStore>>(Arc::new(store));
            Ok(())
        })
    }
}
