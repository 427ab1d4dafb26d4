//! Two branches of work that met: a migration that follows both, if they don't speak of the same thing.

use std::collections::BTreeSet;

use quintet_core::Result;

use crate::{error::refuse, file::Migration, graph::Graph, key::MigrationKey, operation::Operation};

/// The migration that follows all leaves of an app; `None` if there is at most one.
///
/// # Errors
/// If two branches change the same field or the same model in ways whose order would matter; the message names both
/// operations.
pub fn merge(graph: &Graph, app: &str) -> Result<Option<Migration>> {
    let leaves: Vec<MigrationKey> = graph.leaves(app).into_iter().cloned().collect();
    if leaves.len() < 2 {
        return Ok(None);
    }
    let histories: Vec<BTreeSet<MigrationKey>> =
        leaves.iter().map(|leaf| graph.with_ancestors(leaf)).collect();
    let branches: Vec<Vec<&Migration>> = histories
        .iter()
        .map(|own| {
            let shared = |key: &MigrationKey| histories.iter().all(|history| history.contains(key));
            graph.of_app(app).filter(|m| own.contains(&m.key) && !shared(&m.key)).collect()
        })
        .collect();
    for (i, left) in branches.iter().enumerate() {
        for right in branches.iter().skip(i + 1) {
            check(left, right)?;
        }
    }
    let number = graph.next_number(app);
    let merged = Migration::new(MigrationKey::new(app, format!("{number:04}_merge")), leaves, Vec::new());
    // The operations must fit each other in the order in which the graph runs them.
    Graph::new(graph.iter().cloned().chain([merged.clone()]).collect())?.state()?;
    Ok(Some(merged))
}

fn check(left: &[&Migration], right: &[&Migration]) -> Result {
    let all = |branch: &[&Migration]| -> Vec<(MigrationKey, Operation)> {
        branch
            .iter()
            .flat_map(|m| m.operations.iter().map(|operation| (m.key.clone(), operation.clone())))
            .collect()
    };
    let right = all(right);
    for (left_key, left) in all(left) {
        if let Some((right_key, right)) =
            right.iter().find(|(key, other)| *key != left_key && clash(&left, other))
        {
            return Err(refuse(format!(
                "{left_key} ({left}) and {right_key} ({right}) speak of the same thing, so that their order matters: let \
                 one follow the other, with `depends = [\"{}\"]` in {}.toml",
                left_key.name, right_key.name
            )));
        }
    }
    Ok(())
}

/// Would the order of the two make a difference?
fn clash(a: &Operation, b: &Operation) -> bool {
    let raw = |o: &Operation| matches!(o, Operation::RunSql { .. } | Operation::RunRust { .. });
    let apart = |o: &Operation| matches!(o, Operation::Separate { .. });
    if apart(a) || apart(b) {
        return true;
    }
    if raw(a) || raw(b) {
        // What SQL or a function does to rows nobody can tell; beside changes of the schema of its own it may well stand.
        return raw(a) && raw(b);
    }
    let (Some(x), Some(y)) = (models(a), models(b)) else { return false };
    if x.is_disjoint(&y) {
        return false;
    }
    match (names(a), names(b)) {
        (Some(a), Some(b)) => !a.is_disjoint(&b),
        // One of them is about the whole model.
        _ => true,
    }
}

/// The models by all names that they have before and after.
fn models(operation: &Operation) -> Option<BTreeSet<&str>> {
    let mut found = BTreeSet::from([operation.model()?]);
    if let Operation::RenameModel { to, .. } = operation {
        found.insert(to);
    }
    Some(found)
}

/// The parts of the model that are changed; `None` if it is the whole.
fn names(operation: &Operation) -> Option<BTreeSet<String>> {
    let of = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    match operation {
        Operation::AddField { field, .. } | Operation::AlterField { field, .. } => of(&[&field.name]),
        Operation::RemoveField { name, .. } => of(&[name]),
        Operation::RenameField { from, to, .. } => of(&[from, to]),
        Operation::AddIndex { index, .. } => Some(
            index.parts().map(|(name, _)| name.to_owned()).chain(index.include.iter().cloned()).collect(),
        ),
        Operation::RemoveIndex { name, .. } | Operation::RemoveConstraint { name, .. } => {
            of(&[&format!("the rule {name}")])
        }
        Operation::RenameIndex { from, to, .. } => {
            Some(std::iter::once(from).chain(to).map(|name| format!("the rule {name}")).collect())
        }
        Operation::AddConstraint { check, .. } => of(&[&format!("the rule {}", check.name)]),
        Operation::AlterUniqueTogether { .. } => of(&["what is unique together"]),
        _ => None,
    }
}
