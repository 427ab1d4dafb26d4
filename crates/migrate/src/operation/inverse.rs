//! The way back. Nothing for it has to stand in the file: the state before an operation knows what was there.

use std::collections::BTreeMap;

use quintet_core::{Error, Result};

use super::Operation;
use crate::{error::refuse, state::ProjectState};

impl Operation {
    /// The operation that undoes this one, given the state before it.
    ///
    /// # Errors
    /// If there is no way back (SQL without `down`), or the operation does not fit the state.
    pub fn inverse(&self, before: &ProjectState) -> Result<Operation> {
        Ok(match self {
            Operation::CreateModel { model, .. } => Operation::DeleteModel { model: model.clone() },
            Operation::DeleteModel { model } => {
                Operation::CreateModel { model: model.clone(), state: before.model(model)?.clone() }
            }
            Operation::RenameModel { model, to } => {
                Operation::RenameModel { model: to.clone(), to: model.clone() }
            }
            Operation::RenameTable { model, .. } => {
                Operation::RenameTable { model: model.clone(), table: before.model(model)?.table.clone() }
            }
            Operation::AddField { model, field, .. } => {
                Operation::RemoveField { model: model.clone(), name: field.name.clone(), backfill: None }
            }
            Operation::RemoveField { model, name, backfill } => Operation::AddField {
                model: model.clone(),
                field: before.model(model)?.field(name)?.clone(),
                backfill: backfill.clone(),
            },
            Operation::AlterField { model, field, .. } => Operation::AlterField {
                model: model.clone(),
                field: before.model(model)?.field(&field.name)?.clone(),
                backfill: None,
                values: BTreeMap::new(),
            },
            Operation::RenameField { model, from, to, .. } => Operation::RenameField {
                model: model.clone(),
                from: to.clone(),
                to: from.clone(),
                column: Some(before.model(model)?.field(from)?.column.clone()),
            },
            Operation::AlterUniqueTogether { model, .. } => Operation::AlterUniqueTogether {
                model: model.clone(),
                sets: before.model(model)?.unique_together.clone(),
            },
            Operation::AddIndex { model, index, concurrently } => Operation::RemoveIndex {
                model: model.clone(),
                name: index.name(before.model(model)?)?,
                concurrently: *concurrently,
            },
            Operation::RemoveIndex { model, name, concurrently } => Operation::AddIndex {
                model: model.clone(),
                index: before.model(model)?.index(name)?.clone(),
                concurrently: *concurrently,
            },
            Operation::RenameIndex { model, from, to } => {
                let owner = before.model(model)?;
                let old = owner.index(from)?;
                let new = crate::state::IndexState { name: to.clone(), ..old.clone() };
                Operation::RenameIndex { model: model.clone(), from: new.name(owner)?, to: old.name.clone() }
            }
            Operation::AddConstraint { model, check } => {
                Operation::RemoveConstraint { model: model.clone(), name: check.name.clone() }
            }
            Operation::RemoveConstraint { model, name } => Operation::AddConstraint {
                model: model.clone(),
                check: before.model(model)?.check(name)?.clone(),
            },
            Operation::Separate { state, database } => {
                let back =
                    |all: &[Operation]| inverse_of(&mut before.clone(), all).map_err(|(_, error)| error);
                Operation::Separate { state: back(state)?, database: back(database)? }
            }
            Operation::RunSql { up, down, database, elidable } if !down.is_empty() => Operation::RunSql {
                up: down.clone(),
                down: up.clone(),
                database: database.clone(),
                elidable: *elidable,
            },
            Operation::RunRust { function, reverse: Some(reverse), database, elidable } => {
                Operation::RunRust {
                    function: reverse.clone(),
                    reverse: Some(function.clone()),
                    database: database.clone(),
                    elidable: *elidable,
                }
            }
            Operation::RunRust { function, .. } => {
                return Err(refuse(format!(
                    "`{function}` has no `reverse`, so there is no way back: name a function that undoes it (`reverse = \"\"` \
                     if there is nothing to undo)"
                )));
            }
            Operation::RunSql { .. } => {
                return Err(refuse(
                    "run_sql has no `down`, so there is no way back: give it one (`down = \"\"` if there is nothing \
                     to undo)",
                ));
            }
        })
    }
}

/// The operations that undo `operations`, in the order in which they are to run. `before` is the state before the
/// first of them, and becomes the state after the last.
///
/// # Errors
/// The first operation (counted from 0) that has no way back or does not fit the state.
pub fn inverse_of(
    before: &mut ProjectState,
    operations: &[Operation],
) -> Result<Vec<Operation>, (usize, Error)> {
    let mut back = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        back.push(operation.inverse(before).map_err(|error| (index, error))?);
        operation.apply(before).map_err(|error| (index, error))?;
    }
    back.reverse();
    Ok(back)
}
