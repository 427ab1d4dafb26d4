//! The ORM as a room of a site: the `[database]` section, the models of the apps, the `Db` service.
//!
//! Apps register models when they are put together ([`Models`]); at start [`OrmRoom`] reads the section, opens the
//! database and puts it into the services, where handlers (`db: Db`), commands and tasks (`db: &Db`) find it.
mod checks;
mod debug;
#[cfg(feature = "axum")]
mod extract;
mod models;
mod settings;

use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Error, Result, Room, Services, ServicesBuilder,
    atomic::AtomicRequests,
    check::Check,
    debug::DebugFacts,
    settings::{Origin, Section, Settings, SettingsSection},
    signal::Signals,
};

pub use models::{IntoModels, ModelSlot, Models, registered_models};
pub use settings::DatabaseSettings;

use crate::db::{Db, Requests};

/// The room that opens the site's database.
#[derive(Debug, Default, Clone, Copy)]
pub struct OrmRoom;

impl Room for OrmRoom {
    fn name(&self) -> &'static str {
        "orm"
    }

    fn sections(&self) -> Vec<Section> {
        vec![DatabaseSettings::section()]
    }

    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        if let Some(db) = first.get::<Db>() {
            second.insert(db.clone());
        }
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            boot.services.insert::<Arc<dyn DebugFacts>>(Arc::new(debug::Statements));
            let section = boot.settings.get::<DatabaseSettings>()?;
            // A test kit may have put its own database there already, which it closes itself.
            let db = match boot.services.get::<Db>() {
                Some(db) => db.clone(),
                None => {
                    let opened = Db::open(&section.url, section.options(boot.settings.root())).await;
                    boot.services.insert(Opened);
                    opened.map_err(|error| with_place(error, &boot.settings))?
                }
            };
            let requests = Requests { db: db.clone(), by_default: section.atomic_requests };
            boot.services.insert::<Arc<dyn AtomicRequests>>(Arc::new(requests));
            attach(&db, boot);
            boot.services.insert(db);
            Ok(())
        })
    }

    fn ready<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            if let Some(db) = services.get::<Db>() {
                // Now there are services for receivers of writes that no request, task or command makes.
                db.listen(services.get::<Signals>().cloned().unwrap_or_default(), services);
            }
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { checks::all(services) })
    }

    fn stop<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let (Some(db), Some(Opened)) = (services.get::<Db>(), services.get()) {
                db.close().await;
            }
        })
    }
}

/// Marks a site whose database this room has opened.
#[derive(Debug)]
struct Opened;

/// Tells the handle of the site's models and receivers.
fn attach(db: &Db, boot: &Boot) {
    db.know(registered_models(&boot.site));
    if let Some(signals) = boot.services.get::<Signals>() {
        db.listen_to(signals.clone());
    }
}

/// Points at the line that gave the URL.
fn with_place(error: Error, settings: &Settings) -> Error {
    let row = settings.rows().into_iter().find(|row| row.section == "database" && row.key == "url");
    match row.map(|row| row.origin) {
        Some(Origin::File(place) | Origin::DotEnv { place, .. }) => error.in_file(place),
        Some(Origin::Environment { variable }) => {
            error.with_detail("setting", format!("from the variable {variable}"))
        }
        _ => error,
    }
}
