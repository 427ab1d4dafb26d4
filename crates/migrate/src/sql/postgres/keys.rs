//! Foreign keys between tables, as they follow from the state.
//!
//! A reference is only a constraint while both columns have comparable types: where the key of a table changes its type,
//! the constraints that lead to it go, and come back once their columns have followed.

use quintet_core::{Result, value::Kind};

use super::{Step, quoted, sql};
use crate::{
    error::refuse,
    names,
    state::{FieldState, ProjectState},
};

/// A foreign key as the database has it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) table: String,
    pub(super) name: String,
    /// Both ends: model and field.
    ends: [(String, String); 2],
    definition: String,
}

impl ForeignKey {
    /// Is this field one of its ends?
    pub(super) fn touches(&self, model: &str, field: &str) -> bool {
        self.ends.iter().any(|(m, f)| m == model && f == field)
    }

    /// Does it lead to this model?
    pub(super) fn leads_to(&self, model: &str) -> bool {
        let [_, (to, _)] = &self.ends;
        to == model
    }

    pub(super) fn drop(&self) -> Step {
        sql(format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(&self.table), quoted(&self.name)))
    }

    pub(super) fn add(&self) -> Step {
        let (table, name) = (quoted(&self.table), quoted(&self.name));
        sql(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {}", self.definition))
    }
}

/// The foreign keys of a model and those that lead to it.
pub(super) fn around(state: &ProjectState, label: &str) -> Result<Vec<ForeignKey>> {
    let mut found = Vec::new();
    for (owner, model) in &state.models {
        for field in &model.fields {
            let Some(reference) = &field.reference else { continue };
            if owner == label || reference.model == label {
                found.extend(foreign_key(state, owner, field)?);
            }
        }
    }
    Ok(found)
}

/// The foreign key of a field, if there can be one at this point.
fn foreign_key(state: &ProjectState, owner: &str, field: &FieldState) -> Result<Option<ForeignKey>> {
    let Some(reference) = &field.reference else { return Ok(None) };
    let (model, target) = (state.model(owner)?, state.model(&reference.model)?);
    let mut keys = target.key();
    let (key, more) = (keys.next(), keys.next());
    if more.is_some() {
        return Err(refuse(format!(
            "`{}` can't point to {}, whose key is not a single column",
            field.name, reference.model
        )));
    }
    // Between two operations a table may be without a key.
    let Some(key) = key.filter(|key| comparable(key.kind, field.kind)) else { return Ok(None) };
    let rule = field.on_delete_clause();
    Ok(Some(ForeignKey {
        table: model.table.clone(),
        name: name(&model.table, &field.column),
        ends: [(owner.to_owned(), field.name.clone()), (reference.model.clone(), key.name.clone())],
        definition: format!(
            "FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {rule} DEFERRABLE INITIALLY DEFERRED",
            quoted(&field.column),
            quoted(&target.table),
            quoted(&key.column)
        ),
    }))
}

/// The name of a column's foreign key.
pub(super) fn name(table: &str, column: &str) -> String {
    names::of(table, &[column], "fkey")
}

fn comparable(a: Kind, b: Kind) -> bool {
    a == b || (a.is_integer() && b.is_integer())
}
