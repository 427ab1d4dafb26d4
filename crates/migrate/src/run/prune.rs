//! `--prune`: a history without what has no file any more.

use quintet_core::Result;
use quintet_orm::Db;

use super::history;
use crate::{error::refuse, graph::Graph, key::MigrationKey};

/// Strikes out what an app has no file for.
///
/// # Errors
/// If a squashed migration still stands for one of these: a database that has only some of them would take it for
/// not applied.
pub(super) async fn prune(db: &Db, graph: &Graph, app: &str) -> Result<Vec<MigrationKey>> {
    let recorded = history::read_if_there(db).await?.into_iter().map(|applied| applied.key);
    let filed = |key: &MigrationKey| graph.files().any(|m| m.key == *key);
    let gone: Vec<MigrationKey> = recorded.filter(|key| key.app == app && !filed(key)).collect();
    for key in &gone {
        if let Some(squashed) = graph.files().find(|m| m.replaces.contains(key)) {
            let error = refuse(format!(
                "{key} has no file, but {} says that it stands for it: take `replaces` out of that file first, once every \
                 database has it",
                squashed.key
            ));
            return Err(match squashed.replaces_place() {
                Some(place) => error.in_file(place),
                None => error,
            });
        }
    }
    if !gone.is_empty() {
        history::remove(db, &gone).await?;
    }
    Ok(gone)
}
