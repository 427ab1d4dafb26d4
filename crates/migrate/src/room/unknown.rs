//! What the database knows and the files don't, and models that the site no longer has.

use std::sync::Arc;

use quintet_core::{Result, Site, check::Check};
use quintet_orm::Db;

use super::databases;
use crate::{
    graph::Graph,
    operation::Operation,
    run::{Applied, Migrator},
    state::{ProjectState, name_of},
};

/// Migrations of installed apps that were applied and have no file: another branch's, most likely.
pub(super) async fn applied_without_file(
    site: &Site,
    graph: &Graph,
    migrator: &Migrator<'_>,
) -> Result<Vec<Applied>> {
    let mut found = migrator.history().await?;
    found.retain(|applied| {
        let installed = site.parts().any(|part| part.label() == applied.key.app);
        let known = graph.files().any(|m| m.key == applied.key || m.replaces.contains(&applied.key));
        installed && !known
    });
    Ok(found)
}

/// The same, as a finding.
pub(super) async fn check(site: &Arc<Site>, graph: &Graph, db: &Db, all: &[Db]) -> Option<Check> {
    let found = applied_without_file(site, graph, &Migrator::new(db, graph)).await.ok()?;
    let first = found.first()?;
    let names: Vec<String> = found.iter().map(|applied| applied.key.to_string()).collect();
    let text = format!(
        "the database{} has migrations applied that have no file: {}; its tables may differ from what the files say",
        databases::of(db, all),
        super::list(&names)
    );
    let hint = format!(
        "take the files out of version control again, or go back to the branch that has them; `migrate {} --prune` forgets \
         what was taken out for good",
        first.key.app
    );
    Some(Check::warning("migrate.W004", text).hint(hint))
}

/// What to look at if models seem to be deleted: mostly they are only in no list.
pub(super) fn left_out(operations: &[Operation], from: &ProjectState) -> Option<String> {
    let gone: Vec<&str> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::DeleteModel { model } => Some(model),
            _ => None,
        })
        // The table of a many-to-many goes with its field.
        .filter(|model| from.models.get(*model).is_some_and(|state| state.through.is_none()))
        .map(|model| name_of(model))
        .collect();
    let (last, others) = gone.split_last()?;
    Some(match others {
        [] => format!(
            "if {last} still exists in the code, add it to `.models((..))` of its app: now its table and rows go"
        ),
        others => format!(
            "if {} or {last} still exist in the code, add them to `.models((..))` of their app: now their tables and rows go",
            others.join(", ")
        ),
    })
}
