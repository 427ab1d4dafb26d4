//! All field operations that stand together, as one change of one table.

use std::collections::BTreeMap;

use quintet_core::Result;

use super::{WORDS, convert, quoted, rebuild, renaming, table};
use crate::{
    operation::Operation,
    sql::{Step, shared::Rows},
    state::{FieldState, ModelState, ProjectState},
};

/// The operations at the front that one change serves. A renamed column starts another one, because the rows are
/// read from the columns as they are named at its start.
pub(super) fn together<'a>(state: &ProjectState, operations: &'a [Operation]) -> Result<&'a [Operation]> {
    let Some(label) = operations.first().and_then(Operation::model) else { return Ok(operations) };
    let mut columns: BTreeMap<&str, &str> =
        state.model(label)?.fields.iter().map(|f| (f.name.as_str(), f.column.as_str())).collect();
    let mut count = 0;
    for operation in operations {
        let fits = operation.model() == Some(label)
            && match operation {
                Operation::AddField { field, .. } => {
                    columns.insert(&field.name, &field.column);
                    true
                }
                Operation::AlterField { field, .. } => {
                    let renamed = columns.insert(&field.name, &field.column) != Some(&field.column);
                    count == 0 || !renamed
                }
                Operation::RemoveField { .. } | Operation::AlterUniqueTogether { .. } => true,
                _ => false,
            };
        if !fits {
            break;
        }
        count += 1;
    }
    Ok(operations.get(..count.max(1)).unwrap_or(operations))
}

/// The steps for operations that stand together. The state becomes that after them.
pub(super) fn steps(state: &mut ProjectState, operations: &[Operation]) -> Result<Vec<Step>> {
    let Some(label) = operations.first().and_then(Operation::model) else { return Ok(Vec::new()) };
    let mut steps = Vec::new();
    if let Some(Operation::AlterField { field, .. }) = operations.first() {
        steps.extend(rename_column(state, label, field)?);
    }
    let before = state.model(label)?.clone();
    let mut change = Change { rows: Rows::of(&WORDS, &before), alters: Vec::new(), rebuild: false };
    for operation in operations {
        change.take(state, operation)?;
        operation.apply(state)?;
    }
    let after = state.model(label)?;
    change.rows.check_uniqueness(after)?;
    steps.append(&mut change.rows.guards);
    if change.rebuild {
        let source = |field: &FieldState| change.rows.source(&field.name);
        steps.extend(rebuild::steps(state, &before, after, source)?);
        return Ok(steps);
    }
    let (dropped, created) = table::index_changes(&before, after)?;
    steps.extend(dropped.into_iter().chain(change.alters.drain(..)).map(Step::Sql));
    let table = quoted(&after.table);
    let sets: Vec<String> = after
        .fields
        .iter()
        .filter(|field| field.generated.is_none())
        .map(|field| (quoted(&field.column), change.rows.source(&field.name)))
        .filter(|(column, value)| column != value && value != "NULL")
        .map(|(column, value)| format!("{column} = {value}"))
        .collect();
    if !sets.is_empty() {
        steps.push(Step::Sql(format!("UPDATE {table} SET {}", sets.join(", "))));
    }
    steps.extend(created.into_iter().map(Step::Sql));
    Ok(steps)
}

/// Renames the column first, if the altered field has another.
fn rename_column(state: &mut ProjectState, label: &str, field: &FieldState) -> Result<Vec<Step>> {
    let before = state.model(label)?.clone();
    let old = before.field(&field.name)?;
    if old.column == field.column {
        return Ok(Vec::new());
    }
    let renamed = FieldState { column: field.column.clone(), ..old.clone() };
    let operation = Operation::AlterField {
        model: label.to_owned(),
        field: renamed,
        backfill: None,
        values: BTreeMap::new(),
    };
    operation.apply(state)?;
    renaming(&before, state.model(label)?, table::rename_column(&before.table, &old.column, &field.column))
}

struct Change {
    rows: Rows,
    /// What is done if no rebuild is needed.
    alters: Vec<String>,
    rebuild: bool,
}

impl Change {
    fn take(&mut self, state: &ProjectState, operation: &Operation) -> Result {
        match operation {
            Operation::AddField { model, field, backfill } => {
                let owner = state.model(model)?;
                self.add(state, owner, field, backfill.as_deref())
            }
            Operation::RemoveField { model, name, .. } => {
                let field = state.model(model)?.field(name)?;
                // SQLite drops no column that another is computed from.
                let computing = self.rows.before.fields.iter().any(|field| field.generated.is_some());
                self.rebuild |= field.primary_key || field.reference.is_some() || computing;
                self.rows.forget(name);
                self.alters.push(format!(
                    "ALTER TABLE {} DROP COLUMN {}",
                    quoted(&self.rows.before.table),
                    quoted(&field.column)
                ));
                Ok(())
            }
            Operation::AlterField { model, field, backfill, values } => {
                let owner = state.model(model)?;
                let old = owner.field(&field.name)?.clone();
                let given = (backfill.as_deref(), values);
                self.rows.altered(&old, field, given, convert::convert)?;
                self.rebuild |= old.primary_key != field.primary_key
                    || table::column(state, owner, &old)? != table::column(state, owner, field)?;
                Ok(())
            }
            Operation::AddConstraint { .. } | Operation::RemoveConstraint { .. } => {
                self.rebuild = true;
                self.rows.ask_rule(state, operation)
            }
            _ => self.rows.ask_rule(state, operation),
        }
    }

    fn add(
        &mut self,
        state: &ProjectState,
        owner: &ModelState,
        field: &FieldState,
        backfill: Option<&str>,
    ) -> Result {
        self.rows.added(field, backfill)?;
        self.rebuild |=
            !field.null || field.primary_key || field.db_default.is_some() || field.generated.is_some();
        if !self.rebuild {
            let definition = table::column(state, owner, field)?;
            self.alters.push(format!("ALTER TABLE {} ADD COLUMN {definition}", quoted(&owner.table)));
        }
        Ok(())
    }
}
