//! Several migrations of an app as one.
//!
//! [`squash`] puts the operations of a row of migrations into one migration that names them in `replaces`, and lets
//! [`optimize`] fold them. Whichever database has all of the old ones counts the new one as applied, one that has some
//! goes on with the old files, and a new one runs the new one ([`Graph::for_history`]).
mod fold;
mod optimize;
mod relabel;

use std::collections::BTreeSet;

use quintet_core::Result;

pub use optimize::optimize;

use crate::{
    error::refuse, file::Migration, graph::Graph, key::MigrationKey, operation::Operation,
    state::ProjectState,
};

/// What squashing has made.
#[derive(Clone, Debug)]
pub struct Squashed {
    /// The new migration.
    pub migration: Migration,
    /// How many operations there were.
    pub before: usize,
    /// The operations that nothing could be folded across and that are not marked elidable, in words.
    pub kept: Vec<String>,
}

/// The migrations of an app from `from` (its first, if none is given) to `to` as one. `name` stands behind the numbers
/// in place of the last one's name.
///
/// # Errors
/// If `from` does not come before `to`, one of them was squashed already, or a migration of another app comes between
/// them.
pub fn squash(
    graph: &Graph,
    app: &str,
    from: Option<&MigrationKey>,
    to: &MigrationKey,
    name: Option<&str>,
) -> Result<Squashed> {
    let range = range(graph, app, from, to)?;
    let keys: BTreeSet<&MigrationKey> = range.iter().map(|m| &m.key).collect();
    comes_between(graph, &keys)?;
    let mut depends: Vec<MigrationKey> = Vec::new();
    for key in range.iter().flat_map(|m| &m.depends).filter(|key| !keys.contains(key)) {
        if !depends.contains(key) {
            depends.push(key.clone());
        }
    }
    let ancestors: BTreeSet<MigrationKey> =
        depends.iter().flat_map(|key| graph.with_ancestors(key)).collect();
    let before = graph.state_of(|key| ancestors.contains(key))?;
    let mut operations: Vec<Operation> = range.iter().flat_map(|m| m.operations.clone()).collect();
    let count = operations.len();
    // Whoever has none of them has no rows either, if they begin with the app's first. Otherwise there may be some.
    if depends.iter().all(|key| key.app != app) {
        operations.retain(|operation| !operation.is_elidable());
    }
    // In one transaction with others, no index can be made beside it.
    operations.iter_mut().for_each(Operation::take_turns);
    let operations = optimize(&before, operations)?;
    let kept =
        operations.iter().filter(|o| o.is_opaque() && !o.is_elidable()).map(ToString::to_string).collect();
    let key = MigrationKey::new(app, new_name(&range, name));
    let replaces = range.iter().map(|m| m.key.clone()).collect();
    let migration = Migration::new(key, depends, operations).with_replaces(replaces);
    // What has been made must stand in the graph as the others did.
    let files = graph.files().cloned().chain([migration.clone()]).collect();
    let after: ProjectState = Graph::new(files)?.state()?;
    if !after.same_as(&graph.state()?) {
        return Err(refuse(format!(
            "{} would not lead to the same tables: please report this",
            migration.key
        )));
    }
    Ok(Squashed { migration, before: count, kept })
}

/// The app's migrations from one to the other, in order.
fn range<'g>(
    graph: &'g Graph,
    app: &str,
    from: Option<&MigrationKey>,
    to: &MigrationKey,
) -> Result<Vec<&'g Migration>> {
    let up_to = graph.with_ancestors(to);
    let since = from.map(|from| graph.with_descendants(from));
    if let Some(from) = from
        && !up_to.contains(from)
    {
        return Err(refuse(format!("{from} does not come before {to}")));
    }
    let inside =
        |key: &MigrationKey| up_to.contains(key) && since.as_ref().is_none_or(|since| since.contains(key));
    let range: Vec<&Migration> = graph.of_app(app).filter(|m| inside(&m.key)).collect();
    if let Some(squashed) = range.iter().find(|m| !m.replaces.is_empty()) {
        return Err(refuse(format!(
            "{} was squashed itself: delete the files that it stands for and its `replaces` first, once every database has \
             it; or begin after it",
            squashed.key
        )));
    }
    if range.len() < 2 {
        return Err(refuse(format!("{to} alone is nothing to squash: name an earlier one to begin with")));
    }
    Ok(range)
}

/// A migration of another app that needs one of them, and that another of them needs, can be neither before nor after
/// the new one.
fn comes_between(graph: &Graph, keys: &BTreeSet<&MigrationKey>) -> Result {
    let mut after: BTreeSet<MigrationKey> = BTreeSet::new();
    let mut before: BTreeSet<MigrationKey> = BTreeSet::new();
    for key in keys {
        after.extend(graph.with_descendants(key));
        before.extend(graph.with_ancestors(key));
    }
    let Some(between) = after.intersection(&before).find(|key| !keys.contains(key)) else { return Ok(()) };
    let needed = graph.with_ancestors(between);
    let last = graph.iter().map(|m| &m.key).rfind(|key| keys.contains(key) && needed.contains(*key));
    let last = last.map(|key| key.name.clone()).unwrap_or_default();
    Err(refuse(format!(
        "{between} comes between them: it needs {last}, and later ones need it. Squash up to {last}, and from the one after \
         it on"
    )))
}

/// `0001_squashed_0004_title`.
fn new_name(range: &[&Migration], name: Option<&str>) -> String {
    let (first, last) = (range.first().map(|m| &m.key), range.last().map(|m| &m.key));
    let first = first.map_or("0001", |key| key.name.split('_').next().unwrap_or_default());
    let last = last.map_or("", |key| &key.name);
    match name {
        Some(name) => {
            let number = last.split('_').next().unwrap_or_default();
            format!("{first}_squashed_{number}_{name}")
        }
        None => format!("{first}_squashed_{last}"),
    }
}
