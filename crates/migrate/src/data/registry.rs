//! The functions that apps bring.

use std::{collections::BTreeMap, fmt, sync::Arc};

use quintet_core::{App, BoxFuture, Result, Site, near::did_you_mean};
use quintet_orm::Tx;

use super::OldModels;
use crate::{error::refuse, file::Migration};

/// A function without its type.
type Erased = Arc<dyn for<'a> Fn(&'a Tx, &'a OldModels) -> BoxFuture<'a, Result> + Send + Sync>;

/// An `async fn(&Tx, &OldModels) -> Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data migration",
    label = "expected an `async fn(tx: &Tx, old: &OldModels) -> Result`",
    note = "name the function without calling it: `.data_migration(\"fill_slugs\", fill_slugs)`"
)]
pub trait DataFn<'a>: Send + Sync {
    /// Calls it.
    fn call(&self, tx: &'a Tx, old: &'a OldModels) -> impl Future<Output = Result> + Send + 'a;
}

#[diagnostic::do_not_recommend]
impl<'a, F, R> DataFn<'a> for F
where
    F: Fn(&'a Tx, &'a OldModels) -> R + Send + Sync,
    R: Future<Output = Result> + Send + 'a,
{
    fn call(&self, tx: &'a Tx, old: &'a OldModels) -> impl Future<Output = Result> + Send + 'a {
        self(tx, old)
    }
}

/// What an app has registered: by name, in order.
#[derive(Default)]
struct DataSlot(Vec<(String, Erased)>);

/// `.data_migration("fill_slugs", fill_slugs)`, on apps.
pub trait DataMigrating: Sized {
    /// Registers a function that migrations of the app name in `run_rust`, as what is run forwards (`name`) or as what
    /// undoes it (`reverse`). Keep it as long as a migration names it.
    #[must_use]
    fn data_migration<F>(self, name: &str, function: F) -> Self
    where
        F: for<'a> DataFn<'a> + 'static;
}

impl DataMigrating for App {
    fn data_migration<F>(mut self, name: &str, function: F) -> Self
    where
        F: for<'a> DataFn<'a> + 'static,
    {
        let function = Arc::new(function);
        let erased: Erased = Arc::new(move |tx, old| {
            // The future borrows the two, not the function.
            Box::pin(function.call(tx, old))
        });
        self.slot_mut::<DataSlot>().0.push((name.to_owned(), erased));
        self
    }
}

/// The data migrations of a site, by app and name.
#[derive(Clone, Default)]
pub struct DataMigrations {
    functions: Arc<BTreeMap<String, Erased>>,
    /// Names that an app gives to two functions.
    twice: Arc<Vec<String>>,
}

impl DataMigrations {
    /// Those of all apps of a site.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        let (mut functions, mut twice) = (BTreeMap::new(), Vec::new());
        for (app, slot) in site.slots::<DataSlot>() {
            for (i, (name, function)) in slot.0.iter().enumerate() {
                let full = format!("{}.{name}", app.label());
                if slot.0.iter().take(i).any(|(other, _)| other == name) {
                    twice.push(full.clone());
                }
                functions.entry(full).or_insert_with(|| function.clone());
            }
        }
        DataMigrations { functions: Arc::new(functions), twice: Arc::new(twice) }
    }

    pub(crate) fn get(&self, full: &str) -> Option<Erased> {
        self.functions.get(full).cloned()
    }

    /// Are all functions there that these migrations name?
    ///
    /// # Errors
    /// The first that is not, with the file and line that names it.
    pub fn check<'m>(&self, migrations: impl IntoIterator<Item = &'m Migration>) -> Result {
        if let Some(name) = self.twice.first() {
            let (app, short) = name.split_once('.').unwrap_or(("", name));
            return Err(refuse(format!(
                "app `{app}` registers two data migrations `{short}`: give one another name"
            )));
        }
        for migration in migrations {
            for (index, operation) in migration.operations.iter().enumerate() {
                let missing =
                    operation.functions().into_iter().find(|name| !self.functions.contains_key(*name));
                if let Some(name) = missing {
                    return Err(migration.locate(index, &self.unknown(name)));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn unknown(&self, full: &str) -> quintet_core::Error {
        let (app, name) = full.split_once('.').unwrap_or(("", full));
        let of_app = self.functions.keys().filter_map(|key| key.strip_prefix(app)?.strip_prefix('.'));
        let near = did_you_mean(name, of_app);
        refuse(format!(
            "app `{app}` has no data migration `{name}`{near}: register the function with \
             `.data_migration(\"{name}\", {name})`, or mend the name"
        ))
    }
}

impl fmt::Debug for DataMigrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}
