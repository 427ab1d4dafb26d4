//! The rows of a table that changes: where each value comes from, and what is asked of them first.

use std::collections::BTreeMap;

use quintet_core::Result;

use super::{Converted, Words, guard, guard_rows, indexes, required, shared_in_index};
use crate::{
    operation::Operation,
    sql::Step,
    state::{FieldState, ModelState, ProjectState},
};

/// How a writer converts values: the expression over the old column as one of the new field's kind.
type Convert = fn(&FieldState, &FieldState, &str) -> Result<Converted>;

/// The rows of a table as it was before some operations.
pub(in crate::sql) struct Rows {
    words: &'static Words,
    pub(in crate::sql) before: ModelState,
    /// By field: the expression over the old table that its values come from.
    sources: BTreeMap<String, String>,
    /// The questions, and what they need.
    pub(in crate::sql) guards: Vec<Step>,
}

impl Rows {
    pub(in crate::sql) fn of(words: &'static Words, before: &ModelState) -> Self {
        let sources = before.fields.iter().map(|f| (f.name.clone(), words.quoted(&f.column))).collect();
        Rows { words, before: before.clone(), sources, guards: Vec::new() }
    }

    /// Where a field's values come from.
    pub(in crate::sql) fn source(&self, field: &str) -> String {
        self.sources.get(field).cloned().unwrap_or_else(|| "NULL".to_owned())
    }

    /// From now on the field's values come from here.
    pub(in crate::sql) fn fill(&mut self, field: &str, value: String) {
        self.sources.insert(field.to_owned(), value);
    }

    /// The field has gone.
    pub(in crate::sql) fn forget(&mut self, field: &str) {
        self.sources.remove(field);
    }

    /// Refuses if any row meets the condition.
    pub(in crate::sql) fn refuse_if(&mut self, condition: &str, wrong: String, hint: &str) {
        self.guards.push(guard_rows(self.words, &self.before, condition, wrong, hint));
    }

    /// What the rows that exist get in a new field.
    ///
    /// # Errors
    /// If `backfill` is no value of the field.
    pub(in crate::sql) fn added(&mut self, field: &FieldState, backfill: Option<&str>) -> Result<()> {
        if field.generated.is_some() {
            self.fill(&field.name, "NULL".to_owned());
            return Ok(());
        }
        let value = match (backfill, &field.db_default) {
            (Some(given), _) => (self.words.literal)(field, given)?,
            (None, Some(sql)) => format!("({sql})"),
            (None, None) => {
                if required(field) && !field.auto {
                    let hint = "give add_field a `backfill` for the rows that exist, or let it be null";
                    self.refuse_if("1 = 1", format!("would have no `{}`", field.name), hint);
                }
                "NULL".to_owned()
            }
        };
        self.fill(&field.name, value);
        Ok(())
    }

    /// The new values of an altered field as an expression over the old table, with questions about what can't be
    /// converted.
    ///
    /// # Errors
    /// If there is no way from the old kind to the new one, or `backfill` is no value of the field.
    pub(in crate::sql) fn altered(
        &mut self,
        old: &FieldState,
        new: &FieldState,
        (backfill, values): (Option<&str>, &BTreeMap<String, String>),
        convert: Convert,
    ) -> Result<String> {
        let mut value = self.source(&old.name);
        if new.generated.is_some() {
            // Whatever it was, it is computed now.
            return Ok(value);
        }
        if !values.is_empty() {
            let text = self.words.text;
            let cases: String =
                values.iter().map(|(from, to)| format!(" WHEN {} THEN {}", text(from), text(to))).collect();
            value = format!("CASE {value}{cases} ELSE {value} END");
        }
        let converted = convert(old, new, &value)?.fitting(self.words, old, new);
        self.guards.extend(converted.prepare.map(|sql| Step::Sql(sql.to_owned())));
        for (condition, wrong) in converted.refused {
            let condition = format!("({value}) IS NOT NULL AND ({condition})");
            let hint = "change these rows first (run_sql), or keep the field as it is";
            self.refuse_if(&condition, wrong, hint);
        }
        value = converted.value;
        if !required(old) && required(new) {
            match (backfill, &new.db_default) {
                (Some(given), _) => {
                    value = format!("COALESCE({value}, {})", (self.words.literal)(new, given)?);
                }
                (None, Some(sql)) => value = format!("COALESCE({value}, ({sql}))"),
                (None, None) => {
                    let hint = "give alter_field a `backfill` for them, or let the field be null";
                    self.refuse_if(&format!("({value}) IS NULL"), format!("have no `{}`", new.name), hint);
                }
            }
        }
        self.fill(&new.name, value.clone());
        Ok(value)
    }

    /// Asks the rows whether they keep a rule that is new. `now` is the state that the operation finds.
    ///
    /// # Errors
    /// If the operation does not fit the state.
    pub(in crate::sql) fn ask_rule(&mut self, now: &ProjectState, operation: &Operation) -> Result {
        match operation {
            Operation::AddIndex { model, index, .. } if index.unique && index.is_raw() => {
                self.guards.push(shared_in_index(self.words, now.model(model)?, index)?);
            }
            Operation::AddConstraint { check, .. } => {
                let wrong = format!("break the rule `{}`", check.name);
                let hint = "change these rows first (run_sql), or the rule";
                self.refuse_if(&format!("NOT ({})", check.sql), wrong, hint);
            }
            _ => {}
        }
        Ok(())
    }

    /// Asks for shared values wherever uniqueness is new or the values are.
    ///
    /// # Errors
    /// If an index does not fit its model.
    pub(in crate::sql) fn check_uniqueness(&mut self, after: &ModelState) -> Result {
        let before = indexes(self.words, &self.before)?;
        let changed = |field: &String| {
            after.get(field).is_none_or(|f| self.sources.get(field) != Some(&self.words.quoted(&f.column)))
        };
        let mut sets: Vec<Vec<String>> = Vec::new();
        for index in indexes(self.words, after)? {
            let Some(fields) = index.unique_fields else { continue };
            let was_unique = before.iter().any(|i| i.unique_fields.as_ref() == Some(&fields));
            if !was_unique || fields.iter().any(changed) {
                sets.push(fields);
            }
        }
        let key = |model: &ModelState| -> Vec<String> { model.key().map(|f| f.name.clone()).collect() };
        let numbered = after.fields.iter().any(|f| f.auto);
        if !numbered && (key(&self.before) != key(after) || key(after).iter().any(changed)) {
            sets.push(key(after));
        }
        for fields in sets {
            let expressions: Vec<String> = fields.iter().map(|f| self.source(f)).collect();
            let expressions: Vec<&str> = expressions.iter().map(String::as_str).collect();
            if !expressions.is_empty() {
                self.guards.push(guard::shared(self.words, &self.before, &expressions, &fields));
            }
        }
        Ok(())
    }
}
