//! Indexes that are made and dropped while others write: by statements that no transaction takes.

use quintet_core::Result;

use super::{WORDS, quoted, table};
use crate::{
    error::refuse,
    operation::Operation,
    sql::{
        Step,
        shared::{self, Index},
    },
    state::ModelState,
};

/// The statements can be run again: what a failure left behind is dropped first.
pub(super) fn steps(before: &ModelState, after: &ModelState, operation: &Operation) -> Result<Vec<Step>> {
    let (old, new) = (table::indexes(before)?, table::indexes(after)?);
    let mut steps = Vec::new();
    let drop = |name: &str| Step::Alone(format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quoted(name)));
    steps.extend(old.iter().filter(|index| !new.contains(index)).map(|index| drop(&index.name)));
    let deferrable = |index: &&Index| index.drop.starts_with("ALTER TABLE");
    let changed = old.iter().filter(|i| !new.contains(i)).chain(new.iter().filter(|i| !old.contains(i)));
    if let Some(index) = changed.into_iter().find(deferrable) {
        return Err(refuse(format!(
            "`{}` is deferrable and so is a constraint, which is not made beside those who write: leave `concurrently` out",
            index.name
        )));
    }
    if let Operation::AddIndex { index, .. } = operation
        && index.unique
    {
        steps.push(shared::shared_in_index(&WORDS, before, index)?);
    }
    for index in new.iter().filter(|index| !old.contains(index)) {
        steps.push(drop(&index.name));
        let create = index.create.replacen("INDEX", "INDEX CONCURRENTLY", 1);
        steps.push(Step::Alone(create));
    }
    Ok(steps)
}
