//! The ORM as a room of a site: the `[database]` section, the models of the apps, the `Db` service.
//!
//! Apps register models when they are put together ([`Models`]); at start [`OrmRoom`] reads the section, opens the
//! database and puts it into the services, where handlers (`db: Db`), commands and tasks (`db: &Db`) find it.
mod checks;
mod databases;
mod debug;
#[cfg(feature = "axum")]
mod extract;
mod models;
mod settings;

use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Result, Room, Services, ServicesBuilder,
    atomic::AtomicRequests,
    check::Check,
    debug::{DebugFacts, DebugPanels},
    settings::{Section, SettingsSection},
    signal::Signals,
};

pub use databases::RouteDatabases;
pub use models::{IntoModels, ModelSlot, Models, registered_models};
pub use settings::DatabaseSettings;

use crate::db::{DEFAULT, Db, Requests};

/// The room that opens the site's database.
#[derive(Debug, Default, Clone, Copy)]
pub struct OrmRoom;

impl Room for OrmRoom {
    fn name(&self) -> &'static str {
        "orm"
    }

    fn sections(&self) -> Vec<Section> {
        vec![DatabaseSettings::section(), databases::section()]
    }

    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("database.replicas", "")]
    }

    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        if let Some(db) = first.get::<Db>() {
            second.insert(db.clone());
        }
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            boot.services.insert::<Arc<dyn DebugFacts>>(Arc::new(debug::Statements));
            let mut panels = boot.services.get::<DebugPanels>().cloned().unwrap_or_default();
            panels.0.push(Arc::new(debug::Statements));
            boot.services.insert(panels);
            let section = boot.settings.get::<DatabaseSettings>()?;
            let named = boot.settings.each::<DatabaseSettings>(&databases::section())?;
            let (db, opened) = databases::open(&section, &named, boot).await?;
            boot.services.insert(Opened(opened));
            let mut parts = db.all();
            parts
                .retain(|db| db.name() == DEFAULT || named.get(db.name()).is_some_and(|s| s.atomic_requests));
            let requests = Requests { databases: parts, by_default: section.atomic_requests };
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
                for db in db.all() {
                    db.listen(services.get::<Signals>().cloned().unwrap_or_default(), services);
                }
            }
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { checks::all(services) })
    }

    fn stop<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            for db in services.get::<Opened>().iter().flat_map(|opened| &opened.0) {
                db.close().await;
            }
        })
    }
}

/// The databases that this room has opened, in the order in which they are closed. What a first start of the site has opened,
/// or a test kit, they close themselves.
#[derive(Debug)]
struct Opened(Vec<Db>);

/// Tells the handles of the site's models and receivers.
fn attach(db: &Db, boot: &Boot) {
    let models = registered_models(&boot.site);
    for db in db.all() {
        let here = models.iter().filter(|model| db.holds(model.label(), model.options.database));
        db.know(here.copied());
        if let Some(signals) = boot.services.get::<Signals>() {
            db.listen_to(signals.clone());
        }
    }
}
