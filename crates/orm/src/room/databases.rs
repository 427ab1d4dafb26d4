//! The databases of a site: `[database]`, `[databases.NAME]`, their replicas, and a router of the site's own.

use std::{collections::BTreeMap, sync::Arc};

use quintet_core::{
    Boot, Error, Result, Site,
    settings::{Origin, Section, Settings, SettingsSection},
};

use super::settings::DatabaseSettings;
use crate::db::{DEFAULT, DatabaseRouter, Databases, Db};

/// `[databases.NAME]`: the keys of `[database]`, of which `url` has to be given.
pub(super) fn section() -> Section {
    let mut section = Section::each("databases", DatabaseSettings::section().keys);
    for key in &mut section.keys {
        *key = match key.name {
            "url" => key.clone().env(&["DATABASE_*_URL"]).required(),
            "replicas" => key.clone().env(&["DATABASE_*_REPLICAS"]),
            "atomic_requests" => key
                .clone()
                .help("Do atomic requests (see [database]) have a transaction of this database as well?"),
            _ => key.clone().env(&[]),
        };
    }
    section
}

impl DatabaseSettings {
    /// The section of the database with this name: `[database]` for `default`, else `[databases.NAME]`.
    ///
    /// # Errors
    /// If there is none of that name, or the settings are not those of a site with models.
    pub fn named(settings: &Settings, name: &str) -> Result<DatabaseSettings> {
        if name == DEFAULT {
            return settings.get();
        }
        let mut all = settings.each::<DatabaseSettings>(&section())?;
        all.remove(name).ok_or_else(|| Error::settings(format!("there is no section `[databases.{name}]`")))
    }
}

/// Opens all databases and puts them together. Gives those that were opened here as well, the default one last.
pub(super) async fn open(
    default: &DatabaseSettings,
    named: &BTreeMap<String, DatabaseSettings>,
    boot: &Boot,
) -> Result<(Db, Vec<Db>)> {
    if named.contains_key(DEFAULT) {
        return Err(Error::settings(format!(
            "`[databases.{DEFAULT}]`: `{DEFAULT}` is the database of the section `[database]`; give this one another name"
        )));
    }
    // A first start of the same site may have opened them already.
    let first = boot.services.get::<Db>();
    let mut opened = Vec::new();
    let mut all = Databases::new(match first {
        Some(db) => db.alone(),
        None => {
            let db = open_one(DEFAULT, "database", default, &boot.settings).await?;
            opened.push(db.clone());
            db
        }
    });
    for (name, settings) in named {
        let open = first.and_then(|db| db.using(name).ok()).map(|db| db.alone());
        all = all.with(match open {
            Some(db) => db,
            None => {
                let section = format!("databases.{name}");
                let db = open_one(name, &section, settings, &boot.settings).await?;
                opened.push(db.clone());
                db
            }
        });
    }
    if let Some(router) = boot.site.slot::<Routing>().and_then(|routing| routing.0.clone()) {
        all = all.router(router);
    }
    opened.reverse();
    Ok((all.build()?, opened))
}

async fn open_one(name: &str, section: &str, given: &DatabaseSettings, settings: &Settings) -> Result<Db> {
    let options = given.options(name, settings.root());
    let opened = Db::open(&given.url, options).await;
    opened.map_err(|error| {
        let replica = error.details().iter().any(|(name, _)| *name == "replica");
        told_where(&error, (section, if replica { "replicas" } else { "url" }), settings)
    })
}

/// Names section and key, and points at the line that gave them.
fn told_where(error: &Error, (section, key): (&str, &str), settings: &Settings) -> Error {
    let row = settings.rows().into_iter().find(|row| row.section == section && row.key == key);
    let mut told =
        Error::of_kind(error.kind().clone(), error.status(), format!("`{key}` of `[{section}]`: {error}"));
    for (name, detail) in error.details() {
        told = told.with_detail(name, detail.clone());
    }
    match row.map(|row| row.origin) {
        Some(Origin::File(place) | Origin::DotEnv { place, .. }) => told.in_file(place),
        Some(Origin::Environment { variable }) => {
            told.with_detail("setting", format!("from the variable {variable}"))
        }
        _ => told,
    }
}

/// What a site says about its databases.
#[derive(Default)]
pub(super) struct Routing(pub(super) Option<Arc<dyn DatabaseRouter>>);

/// `.route_databases(Tenants)`, on sites.
pub trait RouteDatabases: Sized {
    /// Has a router of the site's own decide which database a query goes to, where what the models say is not enough: see
    /// [`DatabaseRouter`]. A closure of model and access is one, too.
    #[must_use]
    fn route_databases(self, router: impl DatabaseRouter) -> Self;
}

impl RouteDatabases for Site {
    fn route_databases(mut self, router: impl DatabaseRouter) -> Self {
        self.slot_mut::<Routing>().0 = Some(Arc::new(router));
        self
    }
}
