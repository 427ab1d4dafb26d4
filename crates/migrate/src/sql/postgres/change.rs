//! One operation as the statements for it.

use std::collections::BTreeMap;

use quintet_core::Result;

use super::{SETTLE, WORDS, concurrent, convert, keys, quoted, sql, table};
use crate::{
    operation::Operation,
    sql::{
        Step, literal,
        shared::{Index, Rows, required},
    },
    state::{FieldState, ModelState, ProjectState, mentions},
};

/// The steps for an operation. The state becomes that after it.
pub(super) fn steps(state: &mut ProjectState, operation: &Operation) -> Result<Vec<Step>> {
    match operation {
        Operation::CreateModel { model, .. } => {
            operation.apply(state)?;
            let new = state.model(model)?;
            let mut steps = vec![sql(table::create(new)?)];
            steps.extend(table::indexes(new)?.into_iter().map(|index| sql(index.create)));
            steps.extend(keys::around(state, model)?.iter().map(keys::ForeignKey::add));
            Ok(steps)
        }
        Operation::DeleteModel { model } => {
            let name = quoted(&state.model(model)?.table);
            operation.apply(state)?;
            Ok(vec![sql(format!("DROP TABLE {name}"))])
        }
        Operation::RenameTable { model, table } => {
            let before = state.model(model)?.clone();
            operation.apply(state)?;
            table::check_name(table)?;
            let statement = format!("ALTER TABLE {} RENAME TO {}", quoted(&before.table), quoted(table));
            renaming(state, model, &before, statement)
        }
        Operation::RenameField { model, from, to, .. } => {
            let before = state.model(model)?.clone();
            operation.apply(state)?;
            let column = &state.model(model)?.field(to)?.column;
            rename_column(state, model, &before, &before.field(from)?.column, column)
        }
        Operation::RenameIndex { model, .. } => {
            let before = state.model(model)?.clone();
            operation.apply(state)?;
            let (old, new) = (table::indexes(&before)?, table::indexes(state.model(model)?)?);
            let renamed = old.iter().zip(&new).filter(|(a, b)| a.name != b.name);
            let rename = |(a, b): (&Index, &Index)| {
                sql(format!("ALTER INDEX {} RENAME TO {}", quoted(&a.name), quoted(&b.name)))
            };
            Ok(renamed.map(rename).collect())
        }
        Operation::AddField { model, field, backfill } => {
            let change = Change::new(state, model)?;
            operation.apply(state)?;
            change.add(state, field, backfill.as_deref())
        }
        Operation::RemoveField { model, name, .. } => {
            let change = Change::new(state, model)?;
            operation.apply(state)?;
            change.remove(state, name)
        }
        Operation::AlterField { model, field, backfill, values } => {
            let mut steps = take_column_name(state, model, field)?;
            let change = Change::new(state, model)?;
            operation.apply(state)?;
            steps.extend(change.alter(state, field, backfill.as_deref(), values)?);
            Ok(steps)
        }
        Operation::AddIndex { model, concurrently: true, .. }
        | Operation::RemoveIndex { model, concurrently: true, .. } => {
            let before = state.model(model)?.clone();
            operation.apply(state)?;
            concurrent::steps(&before, state.model(model)?, operation)
        }
        Operation::AlterUniqueTogether { model, .. }
        | Operation::AddIndex { model, .. }
        | Operation::RemoveIndex { model, .. }
        | Operation::AddConstraint { model, .. }
        | Operation::RemoveConstraint { model, .. } => {
            let mut change = Change::new(state, model)?;
            change.rows.ask_rule(state, operation)?;
            operation.apply(state)?;
            change.finish(state, |_| false)
        }
        _ => {
            operation.apply(state)?;
            Ok(Vec::new())
        }
    }
}

/// Renames the column first, if the altered field has another.
fn take_column_name(state: &mut ProjectState, label: &str, field: &FieldState) -> Result<Vec<Step>> {
    let before = state.model(label)?.clone();
    let old = before.field(&field.name)?;
    let renamed = Operation::AlterField {
        model: label.to_owned(),
        field: FieldState { column: field.column.clone(), ..old.clone() },
        backfill: None,
        values: BTreeMap::new(),
    };
    renamed.apply(state)?;
    rename_column(state, label, &before, &old.column, &field.column)
}

fn rename_column(
    state: &ProjectState,
    label: &str,
    before: &ModelState,
    from: &str,
    to: &str,
) -> Result<Vec<Step>> {
    if from == to {
        return Ok(Vec::new());
    }
    table::check_name(to)?;
    let (table, from, to) = (quoted(&before.table), quoted(from), quoted(to));
    renaming(state, label, before, format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"))
}

/// A statement that renames, with all that is named after what it renames.
fn renaming(state: &ProjectState, label: &str, before: &ModelState, statement: String) -> Result<Vec<Step>> {
    let after = state.model(label)?;
    let mut steps = vec![sql(statement)];
    let table = quoted(&after.table);
    let mut rename = |what: &str, old: &str, new: &str| {
        let (from, to) = (quoted(old), quoted(new));
        if old != new {
            steps.push(match what {
                "CONSTRAINT" => sql(format!("ALTER TABLE {table} RENAME CONSTRAINT {from} TO {to}")),
                _ => sql(format!("ALTER {what} {from} RENAME TO {to}")),
            });
        }
    };
    rename("CONSTRAINT", &table::key_name(&before.table), &table::key_name(&after.table));
    let present = keys::around(state, label)?;
    for (old, new) in before.fields.iter().zip(&after.fields) {
        let name = keys::name(&after.table, &new.column);
        if present.iter().any(|key| key.table == after.table && key.name == name) {
            rename("CONSTRAINT", &keys::name(&before.table, &old.column), &name);
        }
        if old.kind.is_unsigned() {
            let old = table::range_name(&before.table, &old.column);
            rename("CONSTRAINT", &old, &table::range_name(&after.table, &new.column));
        }
        if old.auto {
            let old = table::sequence(&before.table, &old.column);
            rename("SEQUENCE IF EXISTS", &old, &table::sequence(&after.table, &new.column));
        }
    }
    for (old, new) in table::indexes(before)?.iter().zip(&table::indexes(after)?) {
        rename("INDEX", &old.name, &new.name);
    }
    Ok(steps)
}

/// A change of one table: what it was, and what is to be done before, at and after the columns themselves.
struct Change {
    label: String,
    keys: Vec<keys::ForeignKey>,
    rows: Rows,
    /// What is done to the columns.
    alters: Vec<Step>,
    /// Computed columns that are dropped before that, and made again after it.
    anew: Vec<FieldState>,
}

impl Change {
    fn new(state: &ProjectState, label: &str) -> Result<Change> {
        let rows = Rows::of(&WORDS, state.model(label)?);
        let keys = keys::around(state, label)?;
        Ok(Change { label: label.to_owned(), keys, rows, alters: Vec::new(), anew: Vec::new() })
    }

    fn before(&self) -> &ModelState {
        &self.rows.before
    }

    /// `ALTER TABLE …`
    fn alter_table(&mut self, what: &str) {
        self.alters.push(sql(format!("ALTER TABLE {} {what}", quoted(&self.before().table))));
    }

    fn add(mut self, state: &ProjectState, field: &FieldState, backfill: Option<&str>) -> Result<Vec<Step>> {
        let column = quoted(&field.column);
        let definition = table::column(self.before(), field)?;
        self.rows.added(field, backfill)?;
        if let Some(given) = backfill {
            // A default of the moment fills the rows without writing them anew.
            let bare = FieldState { db_default: Some(literal::postgres(field, given)?), ..field.clone() };
            let definition = table::column(self.before(), &bare)?;
            self.alter_table(&format!("ADD COLUMN {definition}"));
            let usual = field.db_default.as_ref();
            let usual = usual.map_or_else(|| "DROP DEFAULT".to_owned(), |sql| format!("SET DEFAULT ({sql})"));
            self.alter_table(&format!("ALTER COLUMN {column} {usual}"));
        } else {
            self.alter_table(&format!("ADD COLUMN {definition}"));
        }
        self.finish(state, |_| false)
    }

    fn remove(mut self, state: &ProjectState, name: &str) -> Result<Vec<Step>> {
        let column = quoted(&self.before().field(name)?.column);
        self.alter_table(&format!("DROP COLUMN {column}"));
        self.rows.forget(name);
        self.finish(state, |_| false)
    }

    fn alter(
        mut self,
        state: &ProjectState,
        new: &FieldState,
        backfill: Option<&str>,
        values: &BTreeMap<String, String>,
    ) -> Result<Vec<Step>> {
        let old = self.before().field(&new.name)?.clone();
        let column = quoted(&new.column);
        let (from, to) = (table::declared(&old)?, table::declared(new)?);
        let retyped = from != to;
        if new.generated.is_some() && (retyped || old.generated != new.generated) {
            self.anew.push(new.clone());
            return self.finish(state, |_| false);
        }
        let value = self.rows.altered(&old, new, (backfill, values), convert::convert)?;
        if old.generated.is_some() && new.generated.is_none() {
            self.alter_table(&format!("ALTER COLUMN {column} DROP EXPRESSION"));
        }
        if retyped {
            let of_it = |field: &&FieldState| {
                field.generated.as_deref().is_some_and(|sql| mentions(sql, &old.column))
            };
            self.anew = self.before().fields.iter().filter(of_it).cloned().collect();
        }
        if old.auto && !new.auto {
            self.alter_table(&format!("ALTER COLUMN {column} DROP IDENTITY IF EXISTS"));
        }
        if old.db_default.is_some() && (retyped || new.db_default != old.db_default) {
            self.alter_table(&format!("ALTER COLUMN {column} DROP DEFAULT"));
        }
        if required(&old) && !required(new) {
            self.alter_table(&format!("ALTER COLUMN {column} DROP NOT NULL"));
        }
        if retyped {
            let using = if value == column { String::new() } else { format!(" USING {value}") };
            self.alter_table(&format!("ALTER COLUMN {column} TYPE {to}{using}"));
        } else if value != column {
            let table = quoted(&self.before().table);
            self.alters.push(sql(format!(
                "UPDATE {table} SET {column} = {value} WHERE {column} IS DISTINCT FROM {value}"
            )));
            self.alters.push(sql(SETTLE));
        }
        if let Some(default) = &new.db_default
            && (retyped || new.db_default != old.db_default)
        {
            self.alter_table(&format!("ALTER COLUMN {column} SET DEFAULT ({default})"));
        }
        if required(new) && !required(&old) {
            self.alter_table(&format!("ALTER COLUMN {column} SET NOT NULL"));
        }
        if new.auto && !old.auto {
            self.number(new, &column)?;
        }
        let label = self.label.clone();
        let other_kind = old.kind != new.kind;
        self.finish(state, |key| other_kind && key.touches(&label, &new.name))
    }

    /// Has the database number a column, from after its greatest value.
    fn number(&mut self, field: &FieldState, column: &str) -> Result {
        let identity = table::identity(self.before(), field)?;
        self.alter_table(&format!("ALTER COLUMN {column} ADD {identity}"));
        let table = quoted(&self.before().table);
        let (name, raw) = (literal::postgres_text(&table), literal::postgres_text(&field.column));
        self.alters.push(sql(format!(
            "SELECT setval(pg_get_serial_sequence({name}, {raw}), COALESCE(MAX({column}), 0) + 1, false) FROM {table}"
        )));
        Ok(())
    }

    /// All steps, with the constraints and indexes that go and come. `anew` tells which foreign keys must be made again.
    fn finish(mut self, state: &ProjectState, anew: impl Fn(&keys::ForeignKey) -> bool) -> Result<Vec<Step>> {
        let after = state.model(&self.label)?;
        self.rows.check_uniqueness(after)?;
        let key = |model: &ModelState| -> Vec<String> { model.key().map(|f| f.column.clone()).collect() };
        let new_key = key(self.before()) != key(after);
        let keys = keys::around(state, &self.label)?;
        let anew = |k: &keys::ForeignKey| anew(k) || (new_key && k.leads_to(&self.label));
        let table = quoted(&after.table);
        let mut steps = Vec::new();
        if !self.rows.guards.is_empty() {
            // From here on the rows stay as they are found.
            steps.push(sql(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")));
        }
        steps.append(&mut self.rows.guards);
        let gone = self.keys.iter().filter(|k| anew(k) || !keys.contains(k));
        steps.extend(gone.map(keys::ForeignKey::drop));
        let (old, new) = (table::indexes(self.before())?, table::indexes(after)?);
        // Dropping a column drops what is on it.
        let on_anew = |sql: &str| self.anew.iter().any(|field| mentions(sql, &field.column));
        let dropped = old.iter().filter(|index| !new.contains(index) || on_anew(&index.create));
        steps.extend(dropped.map(|index| sql(&*index.drop)));
        let (old_checks, new_checks) = (table::checks(self.before()), table::checks(after));
        for check in old_checks.iter().filter(|check| !new_checks.contains(check) || on_anew(&check.sql)) {
            steps.push(sql(format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(&check.name))));
        }
        if new_key {
            let name = quoted(&table::key_name(&after.table));
            steps.push(sql(format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")));
        }
        for field in &self.anew {
            steps.push(sql(format!("ALTER TABLE {table} DROP COLUMN {}", quoted(&field.column))));
        }
        steps.append(&mut self.alters);
        for field in &self.anew {
            steps.push(sql(format!("ALTER TABLE {table} ADD COLUMN {}", table::column(after, field)?)));
        }
        if new_key && after.key().next().is_some() {
            steps.push(sql(format!("ALTER TABLE {table} ADD {}", table::primary_key(after))));
        }
        for check in new_checks.iter().filter(|check| !old_checks.contains(check) || on_anew(&check.sql)) {
            steps.push(sql(format!("ALTER TABLE {table} ADD {}", table::check(check))));
        }
        let created = new.iter().filter(|index| !old.contains(index) || on_anew(&index.create));
        steps.extend(created.map(|index| sql(&*index.create)));
        steps.extend(keys.iter().filter(|k| anew(k) || !self.keys.contains(k)).map(keys::ForeignKey::add));
        Ok(steps)
    }
}
