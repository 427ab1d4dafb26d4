//! What a site is told when migrations run: `.on(async |services: Services, event: Arc<Migrated>| { … })`.

use std::collections::BTreeSet;

use crate::run::{Direction, Mode, Plan, Planned};

/// Migrations are about to run. An error of a receiver keeps them from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrating {
    /// The name of the database: `default`, or one of `[databases.NAME]`. Each is told of by itself.
    pub database: String,
    /// What is to be done; empty if there is nothing.
    pub plan: Plan,
    /// Are they run, or only written down as done?
    pub mode: Mode,
}

/// Migrations have run, or there was nothing to do: the tables are as the files say. This is the place for rows that
/// follow from the models, such as permissions.
///
/// ```
/// use std::sync::Arc;
///
/// use quintet_core::{App, Result, Services, signal::Listen};
/// use quintet_migrate::events::Migrated;
///
/// async fn make_permissions(services: Services, event: Arc<Migrated>) -> Result {
///     for app in event.apps() {
///         println!("{app} has changed");
///     }
///     Ok(())
/// }
///
/// let app = App::new("auth").on(make_permissions);
/// # let _ = app;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The name of the database: `default`, or one of `[databases.NAME]`. Each is told of by itself.
    pub database: String,
    /// What was to be done.
    pub plan: Plan,
    /// What this process did of it, in order; the rest another one had done meanwhile.
    pub done: Vec<Planned>,
    /// Were they run, or only written down as done?
    pub mode: Mode,
}

impl Migrated {
    /// The apps whose migrations this process applied or reversed.
    #[must_use]
    pub fn apps(&self) -> BTreeSet<&str> {
        self.done.iter().map(|step| step.key.app.as_str()).collect()
    }

    /// Were migrations taken back?
    #[must_use]
    pub fn is_backwards(&self) -> bool {
        self.done.iter().any(|step| step.direction == Direction::Backwards)
    }
}
