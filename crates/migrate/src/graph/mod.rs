//! Which migration needs which: over all apps, by the `depends` of the files.
//!
//! [`Graph::new`] refuses what can't be ordered (a dependency that is not there, a circle). Two leaves in one app
//! are no such case: they are two branches of work that met, told by [`Graph::leaf`] to whoever wants to go on.
//!
//! A squashed migration stands in the place of those that it names in `replaces`, unless a database has only some of
//! them: [`Graph::for_history`] gives the graph that counts there.
mod replace;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use quintet_core::{Result, near::did_you_mean};

use crate::{error::refuse, file::Migration, key::MigrationKey, state::ProjectState};

/// All migrations of a site, in an order in which each comes after what it depends on.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    migrations: BTreeMap<MigrationKey, Migration>,
    order: Vec<MigrationKey>,
    /// All files, also those that another stands for.
    files: Arc<BTreeMap<MigrationKey, Migration>>,
}

impl Graph {
    /// Orders the migrations. The order is the same however they were found. Squashed migrations stand for those that they
    /// replace.
    ///
    /// # Errors
    /// If two have one name, a dependency is not there, or dependencies run in a circle.
    pub fn new(migrations: Vec<Migration>) -> Result<Graph> {
        let mut files = BTreeMap::new();
        for migration in migrations {
            let key = migration.key.clone();
            if let Some(other) = files.insert(key.clone(), migration) {
                return Err(refuse(format!("there are two migrations {key}{}", other.whereabouts())));
            }
        }
        Graph::settled(Arc::new(files), &BTreeSet::new())
    }

    /// The graph that counts for a database with this history: one that has only some of what a squashed migration stands
    /// for goes on with the old files.
    ///
    /// # Errors
    /// If it needs old files that are gone.
    pub fn for_history(&self, applied: &BTreeSet<MigrationKey>) -> Result<Graph> {
        if self.files.values().all(|m| m.replaces.is_empty()) {
            return Ok(self.clone());
        }
        Graph::settled(self.files.clone(), applied)
    }

    /// What counts as applied: what is written down, and each squashed migration of which all is.
    #[must_use]
    pub fn counted(&self, applied: &BTreeSet<MigrationKey>) -> BTreeSet<MigrationKey> {
        let whole =
            |m: &&Migration| !m.replaces.is_empty() && m.replaces.iter().all(|key| applied.contains(key));
        applied.iter().chain(self.migrations.values().filter(whole).map(|m| &m.key)).cloned().collect()
    }

    /// The squashed migration that stands for this one, if one counts.
    #[must_use]
    pub fn stands_for(&self, key: &MigrationKey) -> Option<&Migration> {
        self.migrations.values().find(|m| m.replaces.contains(key))
    }

    /// Every file, also those that another migration stands for.
    pub fn files(&self) -> impl Iterator<Item = &Migration> {
        self.files.values()
    }

    fn settled(
        files: Arc<BTreeMap<MigrationKey, Migration>>,
        applied: &BTreeSet<MigrationKey>,
    ) -> Result<Graph> {
        let mut migrations = (*files).clone();
        replace::settle(&mut migrations, applied)?;
        let mut graph = Graph { migrations, order: Vec::new(), files };
        for migration in graph.migrations.values() {
            for wanted in &migration.depends {
                if !graph.migrations.contains_key(wanted) {
                    return Err(graph.missing(migration, wanted));
                }
            }
        }
        let mut order = Vec::with_capacity(graph.migrations.len());
        let mut done = BTreeSet::new();
        for key in graph.migrations.keys() {
            graph.visit(key, &mut Vec::new(), &mut done, &mut order)?;
        }
        graph.order = order;
        Ok(graph)
    }

    fn missing(&self, migration: &Migration, wanted: &MigrationKey) -> quintet_core::Error {
        let names: Vec<String> = self.migrations.keys().map(ToString::to_string).collect();
        let near = did_you_mean(&wanted.to_string(), names.iter().map(String::as_str));
        let known = self.migrations.keys().any(|k| k.app == wanted.app);
        let app =
            if known { String::new() } else { format!(": no installed app `{}` has migrations", wanted.app) };
        let hint = app + &near;
        let error = refuse(format!("{} depends on {wanted}, which is not there{hint}", migration.key));
        match migration.depends_place() {
            Some(place) => error.in_file(place),
            None => error,
        }
    }

    fn visit(
        &self,
        key: &MigrationKey,
        path: &mut Vec<MigrationKey>,
        done: &mut BTreeSet<MigrationKey>,
        order: &mut Vec<MigrationKey>,
    ) -> Result {
        if done.contains(key) {
            return Ok(());
        }
        if let Some(start) = path.iter().position(|k| k == key) {
            let mut circle: Vec<String> = path.iter().skip(start).map(ToString::to_string).collect();
            circle.push(key.to_string());
            let error = refuse(format!(
                "migrations depend on each other in a circle: {}. Take one of these out of `depends`",
                circle.join(" → ")
            ));
            return Err(match self.migrations.get(key).and_then(Migration::depends_place) {
                Some(place) => error.in_file(place),
                None => error,
            });
        }
        path.push(key.clone());
        let mut wanted: Vec<&MigrationKey> =
            self.migrations.get(key).map(|m| m.depends.iter().collect()).unwrap_or_default();
        wanted.sort();
        for before in wanted {
            self.visit(before, path, done, order)?;
        }
        path.pop();
        done.insert(key.clone());
        order.push(key.clone());
        Ok(())
    }

    /// The migrations, each after what it depends on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Migration> {
        self.order.iter().filter_map(|key| self.migrations.get(key))
    }

    /// The migration of this name.
    #[must_use]
    pub fn get(&self, key: &MigrationKey) -> Option<&Migration> {
        self.migrations.get(key)
    }

    /// The migrations of one app, in order.
    pub fn of_app<'a>(&'a self, app: &str) -> impl DoubleEndedIterator<Item = &'a Migration> + use<'a> {
        let app = app.to_owned();
        self.iter().filter(move |m| m.key.app == app)
    }

    /// The labels of the apps that have migrations.
    #[must_use]
    pub fn apps(&self) -> BTreeSet<&str> {
        self.migrations.keys().map(|k| k.app.as_str()).collect()
    }

    /// The number of the app's next migration.
    #[must_use]
    pub fn next_number(&self, app: &str) -> u32 {
        let keys = self.files.values().flat_map(|m| std::iter::once(&m.key).chain(&m.replaces));
        keys.filter(|key| key.app == app).map(MigrationKey::number).max().unwrap_or(0) + 1
    }

    /// The app's migration that no other of the app builds on; `None` if the app has no migrations.
    ///
    /// # Errors
    /// If there are several: two branches of work each added one.
    pub fn leaf(&self, app: &str) -> Result<Option<&MigrationKey>> {
        let leaves = self.leaves(app);
        match leaves.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => {
                let names: Vec<&str> = leaves.iter().map(|k| k.name.as_str()).collect();
                Err(refuse(format!(
                    "app `{app}` has {} migrations that nothing follows: {}. Two branches of work met: \
                     `makemigrations --merge` writes one that follows both, if they fit together",
                    leaves.len(),
                    names.join(", ")
                )))
            }
        }
    }

    /// The app's migrations that no other of the app builds on.
    #[must_use]
    pub fn leaves(&self, app: &str) -> Vec<&MigrationKey> {
        self.of_app(app).map(|m| &m.key).filter(|key| !self.is_built_on_by_own_app(key)).collect()
    }

    fn is_built_on_by_own_app(&self, key: &MigrationKey) -> bool {
        self.migrations.values().any(|m| m.key.app == key.app && m.depends.contains(key))
    }

    /// Refuses to go on while an app has two leaves.
    ///
    /// # Errors
    /// The first app that has.
    pub fn check_leaves(&self) -> Result {
        self.apps().into_iter().try_for_each(|app| self.leaf(app).map(|_| ()))
    }

    /// The migration and all that it needs.
    #[must_use]
    pub fn with_ancestors(&self, key: &MigrationKey) -> BTreeSet<MigrationKey> {
        let mut found = BTreeSet::new();
        let mut todo = vec![key.clone()];
        while let Some(next) = todo.pop() {
            if found.insert(next.clone()) {
                todo.extend(self.get(&next).into_iter().flat_map(|m| m.depends.iter().cloned()));
            }
        }
        found
    }

    /// The migration and all that need it.
    #[must_use]
    pub fn with_descendants(&self, key: &MigrationKey) -> BTreeSet<MigrationKey> {
        let mut found = BTreeSet::from([key.clone()]);
        for migration in self.iter() {
            if migration.depends.iter().any(|d| found.contains(d)) {
                found.insert(migration.key.clone());
            }
        }
        found
    }

    /// The state after those migrations that `wanted` lets through.
    ///
    /// # Errors
    /// If an operation does not fit; the error names file and line.
    pub fn state_of(&self, wanted: impl Fn(&MigrationKey) -> bool) -> Result<ProjectState> {
        let mut state = ProjectState::default();
        for migration in self.iter().filter(|m| wanted(&m.key)) {
            migration.apply(&mut state)?;
        }
        Ok(state)
    }

    /// The state after all migrations.
    ///
    /// # Errors
    /// If an operation does not fit; the error names file and line.
    pub fn state(&self) -> Result<ProjectState> {
        self.state_of(|_| true)
    }

    /// The app's migration that this text means: its name, or a beginning that only one name has.
    ///
    /// # Errors
    /// If none or several fit.
    pub fn find(&self, app: &str, text: &str) -> Result<&MigrationKey> {
        let names: Vec<&MigrationKey> = self.of_app(app).map(|m| &m.key).collect();
        let text = text.strip_suffix(".toml").unwrap_or(text);
        if let Some(exact) = names.iter().find(|k| k.name == text) {
            return Ok(exact);
        }
        let begun: Vec<&&MigrationKey> = names.iter().filter(|k| k.name.starts_with(text)).collect();
        match begun.as_slice() {
            [one] => Ok(one),
            [] => {
                let mut replaced = self.migrations.values().filter(|m| m.key.app == app);
                if let Some(squashed) = replaced.find(|m| m.replaces.iter().any(|k| k.name.starts_with(text)))
                {
                    return Err(refuse(format!(
                        "`{text}` of app `{app}` is part of {} now, which is applied and reversed as a whole",
                        squashed.key.name
                    )));
                }
                let near = did_you_mean(text, names.iter().map(|k| k.name.as_str()));
                Err(refuse(format!("app `{app}` has no migration `{text}`{near}")))
            }
            many => {
                let many: Vec<&str> = many.iter().map(|k| k.name.as_str()).collect();
                Err(refuse(format!("`{text}` could be {} of app `{app}`", many.join(" or "))))
            }
        }
    }
}
