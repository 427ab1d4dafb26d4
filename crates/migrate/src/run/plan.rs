//! What is to be done, from the history and a target.

use std::{collections::BTreeSet, fmt};

use quintet_core::Result;

use crate::{error::refuse, graph::Graph, key::MigrationKey};

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything.
    Latest,
    /// The last migration of an app, with what it needs.
    App(String),
    /// A migration: forwards to it, or back to it.
    Migration(MigrationKey),
    /// Before the first migration of an app.
    Zero(String),
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply.
    Forwards,
    /// Reverse.
    Backwards,
}

/// A migration that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which one.
    pub key: MigrationKey,
    /// Which way.
    pub direction: Direction,
}

impl Planned {
    /// The place in the file of the operation that runs as the `index`-th of `count`.
    pub(super) fn original(&self, index: usize, count: usize) -> usize {
        match self.direction {
            Direction::Forwards => index,
            Direction::Backwards => count.saturating_sub(index + 1),
        }
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.direction {
            Direction::Forwards => "apply",
            Direction::Backwards => "reverse",
        };
        write!(f, "{verb} {}", self.key)
    }
}

/// What is to be done, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The migrations.
    pub steps: Vec<Planned>,
}

impl Plan {
    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

pub(super) fn make(graph: &Graph, applied: &BTreeSet<MigrationKey>, target: &Target) -> Result<Plan> {
    graph.check_leaves()?;
    check_history(graph, applied)?;
    let forwards = |wanted: &dyn Fn(&MigrationKey) -> bool| {
        let keys = graph.iter().map(|m| &m.key).filter(|key| wanted(key) && !applied.contains(key));
        keys.map(|key| Planned { key: key.clone(), direction: Direction::Forwards }).collect()
    };
    let backwards = |unwanted: BTreeSet<MigrationKey>| {
        let keys =
            graph.iter().rev().map(|m| &m.key).filter(|key| unwanted.contains(key) && applied.contains(key));
        keys.map(|key| Planned { key: key.clone(), direction: Direction::Backwards }).collect()
    };
    let steps = match target {
        Target::Latest => forwards(&|_| true),
        Target::App(app) => match graph.leaf(app)? {
            Some(leaf) => {
                let wanted = graph.with_ancestors(leaf);
                forwards(&|key| wanted.contains(key))
            }
            None => return Err(refuse(format!("app `{app}` has no migrations"))),
        },
        Target::Zero(app) => {
            if graph.of_app(app).next().is_none() {
                return Err(refuse(format!("app `{app}` has no migrations")));
            }
            backwards(graph.of_app(app).flat_map(|m| graph.with_descendants(&m.key)).collect())
        }
        Target::Migration(key) if applied.contains(key) => {
            // What the app did after it, and whatever builds on that; other apps' work on `key` itself stays.
            let after = graph.with_descendants(key).into_iter().filter(|k| k.app == key.app && k != key);
            backwards(after.flat_map(|k| graph.with_descendants(&k)).collect())
        }
        Target::Migration(key) => {
            if graph.get(key).is_none() {
                return Err(refuse(format!("there is no migration {key}")));
            }
            let wanted = graph.with_ancestors(key);
            forwards(&|key| wanted.contains(key))
        }
    };
    Ok(Plan { steps })
}

/// The state before a migration is only known if what it depends on was applied.
fn check_history(graph: &Graph, applied: &BTreeSet<MigrationKey>) -> Result {
    for migration in graph.iter().filter(|m| applied.contains(&m.key)) {
        if let Some(missing) = migration.depends.iter().find(|key| !applied.contains(key)) {
            return Err(refuse(format!(
                "the database has {} applied, but not {missing}, which it depends on. If the tables are as they should be, \
                 write it down with `migrate {} {} --fake`; else look at `depends` of {}",
                migration.key, missing.app, missing.name, migration.key.name
            )));
        }
    }
    Ok(())
}
