//! Squashed migrations: for a history, either one of them stands in the graph, or those that it was squashed from.

use std::collections::{BTreeMap, BTreeSet};

use quintet_core::Result;

use crate::{error::refuse, file::Migration, key::MigrationKey};

type Files = BTreeMap<MigrationKey, Migration>;

/// Takes out of `files` whatever does not count for this history, and leads each dependency to what stands in its
/// place.
///
/// # Errors
/// If a squashed migration stands for another squashed one, or some of what it stands for is applied and the rest
/// has no file.
pub(super) fn settle(files: &mut Files, applied: &BTreeSet<MigrationKey>) -> Result {
    let squashed: Vec<Migration> = files.values().filter(|m| !m.replaces.is_empty()).cloned().collect();
    for migration in &squashed {
        check(files, migration)?;
    }
    // From a name that counts no more to those that stand for it.
    let mut instead: BTreeMap<MigrationKey, Vec<MigrationKey>> = BTreeMap::new();
    for migration in squashed {
        if counts(files, &migration, applied)? {
            for old in &migration.replaces {
                files.remove(old);
                instead.insert(old.clone(), vec![migration.key.clone()]);
            }
        } else {
            instead.insert(migration.key.clone(), last_of(files, &migration));
            files.remove(&migration.key);
        }
    }
    for migration in files.values_mut() {
        let own = migration.key.clone();
        let mut depends: Vec<MigrationKey> = Vec::new();
        for key in &migration.depends {
            let led = instead.get(key).cloned().unwrap_or_else(|| vec![key.clone()]);
            for key in led.into_iter().filter(|key| *key != own) {
                if !depends.contains(&key) {
                    depends.push(key);
                }
            }
        }
        migration.depends = depends;
    }
    Ok(())
}

fn check(files: &Files, migration: &Migration) -> Result {
    for old in &migration.replaces {
        if let Some(inner) = files.get(old).filter(|m| !m.replaces.is_empty()) {
            return Err(place(
                migration,
                refuse(format!(
                    "{} stands for {old}, which stands for others itself: delete those, and the `replaces` of {old}, once \
                     every database has it",
                    migration.key
                )),
                inner,
            ));
        }
        if let Some(other) = files.values().find(|m| m.key != migration.key && m.replaces.contains(old)) {
            return Err(place(
                migration,
                refuse(format!("{} and {} both stand for {old}", migration.key, other.key)),
                other,
            ));
        }
    }
    Ok(())
}

fn place(migration: &Migration, error: quintet_core::Error, other: &Migration) -> quintet_core::Error {
    match migration.replaces_place().or_else(|| other.replaces_place()) {
        Some(place) => error.in_file(place),
        None => error,
    }
}

/// Does the squashed migration count, rather than those that it stands for?
fn counts(files: &Files, migration: &Migration, applied: &BTreeSet<MigrationKey>) -> Result<bool> {
    if applied.contains(&migration.key) {
        return Ok(true);
    }
    let (done, open): (Vec<_>, Vec<_>) = migration.replaces.iter().partition(|key| applied.contains(key));
    if done.is_empty() || open.is_empty() {
        return Ok(true);
    }
    match migration.replaces.iter().find(|key| !files.contains_key(key)) {
        None => Ok(false),
        Some(lost) => {
            let names = |keys: &[&MigrationKey]| -> String {
                keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            let error = refuse(format!(
                "{} stands for {}; this database has {} of them and not {}, so that it needs the files of all, and {lost} has \
                 none: bring them back (from the version before they were deleted), run `migrate`, and delete them again",
                migration.key,
                names(&migration.replaces.iter().collect::<Vec<_>>()),
                names(&done),
                names(&open),
            ));
            Err(place(migration, error, migration))
        }
    }
}

/// Those of what it stands for that no other of them builds on.
fn last_of(files: &Files, migration: &Migration) -> Vec<MigrationKey> {
    let built_on = |key: &MigrationKey| {
        migration
            .replaces
            .iter()
            .filter_map(|other| files.get(other))
            .any(|other| other.depends.contains(key))
    };
    migration.replaces.iter().filter(|key| !built_on(key)).cloned().collect()
}
