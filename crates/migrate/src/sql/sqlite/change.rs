//! All field operations that stand together, as one change of one table.

use std::collections::BTreeMap;

use quintet_core::Result;

use super::{convert, guard, quoted, rebuild, renaming, table};
use crate::{
    operation::Operation,
    sql::{Step, literal},
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
    let mut change = Change::new(&before);
    for operation in operations {
        change.take(state, operation)?;
        operation.apply(state)?;
    }
    let after = state.model(label)?;
    change.check_uniqueness(after)?;
    steps.append(&mut change.guards);
    if change.rebuild {
        let source = |field: &FieldState| change.source(field);
        steps.extend(rebuild::steps(state, &before, after, source)?);
        return Ok(steps);
    }
    let (dropped, created) = table::index_changes(&before, after)?;
    steps.extend(dropped.into_iter().chain(change.alters.drain(..)).map(Step::Sql));
    let table = quoted(&after.table);
    let sets: Vec<String> = after
        .fields
        .iter()
        .map(|field| (quoted(&field.column), change.source(field)))
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

struct Change<'a> {
    before: &'a ModelState,
    /// By field: the expression over the old table that its values come from.
    sources: BTreeMap<String, String>,
    guards: Vec<Step>,
    /// What is done if no rebuild is needed.
    alters: Vec<String>,
    rebuild: bool,
}

impl<'a> Change<'a> {
    fn new(before: &'a ModelState) -> Self {
        let sources = before.fields.iter().map(|f| (f.name.clone(), quoted(&f.column))).collect();
        Change { before, sources, guards: Vec::new(), alters: Vec::new(), rebuild: false }
    }

    fn source(&self, field: &FieldState) -> String {
        self.sources.get(&field.name).cloned().unwrap_or_else(|| "NULL".to_owned())
    }

    fn take(&mut self, state: &ProjectState, operation: &Operation) -> Result {
        match operation {
            Operation::AddField { model, field, backfill } => {
                let owner = state.model(model)?;
                self.add(state, owner, field, backfill.as_deref())
            }
            Operation::RemoveField { model, name, .. } => {
                let field = state.model(model)?.field(name)?;
                self.rebuild |= field.primary_key || field.reference.is_some();
                self.sources.remove(name);
                self.alters.push(format!(
                    "ALTER TABLE {} DROP COLUMN {}",
                    quoted(&self.before.table),
                    quoted(&field.column)
                ));
                Ok(())
            }
            Operation::AlterField { model, field, backfill, values } => {
                let owner = state.model(model)?;
                let old = owner.field(&field.name)?.clone();
                self.alter(&old, field, backfill.as_deref(), values)?;
                self.rebuild |= old.primary_key != field.primary_key
                    || table::column(state, owner, &old)? != table::column(state, owner, field)?;
                Ok(())
            }
            Operation::AddIndex { model, index, .. } if index.unique && index.is_raw() => {
                self.guards.push(guard::shared_in_index(state.model(model)?, index)?);
                Ok(())
            }
            Operation::AddConstraint { check, .. } => {
                self.rebuild = true;
                let wrong = format!("break the rule `{}`", check.name);
                let hint = "change these rows first (run_sql), or the rule";
                self.guards.push(guard::rows(self.before, &format!("NOT ({})", check.sql), wrong, hint));
                Ok(())
            }
            Operation::RemoveConstraint { .. } => {
                self.rebuild = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add(
        &mut self,
        state: &ProjectState,
        owner: &ModelState,
        field: &FieldState,
        backfill: Option<&str>,
    ) -> Result {
        let value = match (backfill, &field.db_default) {
            (Some(given), _) => literal::sqlite(field, given)?,
            (None, Some(sql)) => format!("({sql})"),
            (None, None) => "NULL".to_owned(),
        };
        if value == "NULL" && !field.null && !field.auto {
            self.guards.push(guard::rows(
                self.before,
                "1",
                format!("would have no `{}`", field.name),
                "give add_field a `backfill` for the rows that exist, or let it be null",
            ));
        }
        self.rebuild |= !field.null || field.primary_key || field.db_default.is_some();
        self.sources.insert(field.name.clone(), value);
        if !self.rebuild {
            let definition = table::column(state, owner, field)?;
            self.alters.push(format!("ALTER TABLE {} ADD COLUMN {definition}", quoted(&owner.table)));
        }
        Ok(())
    }

    fn alter(
        &mut self,
        old: &FieldState,
        new: &FieldState,
        backfill: Option<&str>,
        values: &BTreeMap<String, String>,
    ) -> Result {
        let mut value = self.source(old);
        if !values.is_empty() {
            let cases: String = values
                .iter()
                .map(|(from, to)| format!(" WHEN {} THEN {}", literal::text(from), literal::text(to)))
                .collect();
            value = format!("CASE {value}{cases} ELSE {value} END");
        }
        let converted = convert::convert(old, new, &value)?;
        for (condition, wrong) in converted.refused {
            let condition = format!("({value}) IS NOT NULL AND ({condition})");
            let hint = "change these rows first (run_sql), or keep the field as it is";
            self.guards.push(guard::rows(self.before, &condition, wrong, hint));
        }
        value = converted.value;
        if old.null && !new.null && !old.primary_key {
            match (backfill, &new.db_default) {
                (Some(given), _) => value = format!("COALESCE({value}, {})", literal::sqlite(new, given)?),
                (None, Some(sql)) => value = format!("COALESCE({value}, ({sql}))"),
                (None, None) => {
                    let wrong = format!("have no `{}`", new.name);
                    let hint = "give alter_field a `backfill` for them, or let the field be null";
                    self.guards.push(guard::rows(self.before, &format!("({value}) IS NULL"), wrong, hint));
                }
            }
        }
        self.sources.insert(new.name.clone(), value);
        Ok(())
    }

    /// Asks for shared values wherever uniqueness is new or the values are.
    fn check_uniqueness(&mut self, after: &ModelState) -> Result {
        let before = table::indexes(self.before)?;
        let changed = |field: &String| {
            after.get(field).is_none_or(|f| self.sources.get(field) != Some(&quoted(&f.column)))
        };
        let mut sets: Vec<Vec<String>> = Vec::new();
        for index in table::indexes(after)? {
            let Some(fields) = index.unique_fields else { continue };
            let was_unique = before.iter().any(|i| i.unique_fields.as_ref() == Some(&fields));
            if !was_unique || fields.iter().any(changed) {
                sets.push(fields);
            }
        }
        let key = |model: &ModelState| -> Vec<String> { model.key().map(|f| f.name.clone()).collect() };
        let numbered = after.fields.iter().any(|f| f.auto);
        if !numbered && (key(self.before) != key(after) || key(after).iter().any(changed)) {
            sets.push(key(after));
        }
        for fields in sets {
            let expressions: Vec<&str> =
                fields.iter().map(|f| self.sources.get(f).map_or("NULL", String::as_str)).collect();
            if !expressions.is_empty() {
                self.guards.push(guard::shared(self.before, &expressions, &fields));
            }
        }
        Ok(())
    }
}
