use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
};

use quintet_core::{BoxFuture, FieldErrors, Result, Value, meta::FieldMeta};

use super::{
    save::{Done, Save, save},
    version,
};
use crate::{
    ast::{Node, Select},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::{Key, key_is},
    model::{Model, Record},
    query::not_found,
    validate::{check, own_rules},
};

/// A row that is being edited: it derefs to the model, and [`save`](Self::save) writes what has changed.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// # async fn show(film: Film, db: &dyn Executor) -> Result {
/// let mut film = film.edit();
/// film.title = "Alien".into();
/// let film = film.save(db).await?; // UPDATE "docs_film" SET "title" = …
/// # let _ = film; Ok(()) }
/// ```
#[must_use = "nothing is written until `.save(&db).await?`"]
pub struct Edit<M: Model> {
    row: M,
    key: Value,
    before: Vec<(u16, Value)>,
}

impl<M: Model> Edit<M> {
    pub(crate) fn new(row: M) -> Self {
        let before = values(&row);
        Edit { key: row.pk().to_key(), row, before }
    }

    /// The names of the fields that have changed.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        let now = values(&self.row);
        let changed = now.iter().zip(&self.before).filter(|(now, before)| now != before);
        changed.filter_map(|((index, _), _)| M::meta().field_at(*index)).map(|field| field.name).collect()
    }

    /// Writes the changed columns, or nothing if there are none.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) if a value is wrong, `Conflict` (409) if a unique field's value is taken, `NotFound`
    /// (404) if the row is gone. In a model with a `#[field(version)]`, `Conflict` too if somebody else has changed the
    /// row since it was read: since it had the version that this value has, which may be set to one that a form was
    /// filled with.
    #[track_caller]
    pub fn save<'a>(self, db: &'a dyn Executor) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        let at = Location::caller();
        Box::pin(async move {
            let mut edit = self;
            if edit.assigns().is_empty() {
                return Ok(edit.row);
            }
            edit.touch().map_err(|error| error.at(at))?;
            let errors = edit.clean(check).map_err(|error| error.at(at))?;
            errors.into_result().map_err(|error| error.at(at))?;
            let sets = edit.assigns();
            let number = M::meta().version().and_then(|(field, _)| edit.row.value_at(field)?.as_int());
            let mut select = Box::new(Select::new(M::meta()));
            select.add_filter(key_is(M::meta(), edit.key.clone()));
            let Edit { mut row, key, before } = edit;
            let change = Save { select, sets, version: number, row: Some((key.clone(), before)) };
            let Some(done) = save(change, false, db, at).await? else {
                return Err(not_found(M::meta(), Some(&key)).at(at));
            };
            refresh(&mut row, &done, number)?;
            Ok(row)
        })
    }

    /// The columns that have changed, with their values.
    pub(crate) fn changes(&self) -> Vec<(u16, Value)> {
        let changed = values(&self.row).into_iter().zip(&self.before).filter(|(now, before)| now != *before);
        changed.map(|(now, _)| now).collect()
    }

    /// The changes as assignments, without the version: that the row was read with, or that somebody else says they have
    /// read.
    fn assigns(&self) -> Vec<RawAssign> {
        let assign = |(field, value)| RawAssign { field, value: AssignValue::Node(Node::Value(value)) };
        let mut sets: Vec<RawAssign> = self.changes().into_iter().map(assign).collect();
        version::expected(M::meta(), &mut sets);
        sets
    }

    /// Computes anew what is computed at each save, unless it was given.
    fn touch(&mut self) -> Result {
        let changed = self.changes();
        for (index, field) in M::meta().columns() {
            if let Some(make) = field.on_save.filter(|_| !changed.iter().any(|(other, _)| *other == index)) {
                self.row.set_at(index, &make())?;
            }
        }
        Ok(())
    }

    /// Runs the model's own rules, which may change the row, and checks what has changed. Gives what is wrong.
    pub(crate) fn clean(&mut self, check: fn(&FieldMeta, &Value, &mut FieldErrors)) -> Result<FieldErrors> {
        let (set, refused) = match M::meta().clean {
            Some(_) => {
                own_rules(M::meta(), false, values(&self.row).iter().map(|(index, value)| (*index, value)))
            }
            None => Default::default(),
        };
        for (index, value) in set {
            self.row.set_at(index, &value)?;
        }
        let mut errors = FieldErrors::new();
        for (index, value) in self.changes() {
            if let Some(field) = M::meta().field_at(index) {
                check(field, &value, &mut errors);
            }
        }
        errors.extend(refused);
        Ok(errors)
    }

    /// The key of the row as it is in the database, by field.
    pub(crate) fn own_key(&self) -> Vec<(u16, Value)> {
        self.before.iter().filter(|(index, _)| M::meta().primary_key.contains(index)).cloned().collect()
    }

    /// The row with its changes, not written.
    #[must_use]
    pub fn into_inner(self) -> M {
        self.row
    }
}

/// Takes over what receivers have changed, and the next version.
fn refresh(row: &mut dyn Record, done: &Done, number: Option<i64>) -> Result {
    let meta = row.model();
    for (index, value) in meta.columns().map(|(index, _)| index).zip(done.row.iter().flatten()) {
        // A foreign key that stays as it is keeps its loaded object.
        if done.fields.contains(&index) && row.value_at(index).as_ref() != Some(value) {
            row.set_at(index, value)?;
        }
    }
    match (meta.version(), number) {
        (Some((index, _)), Some(number)) => row.set_at(index, &Value::Int(number.saturating_add(1))),
        _ => Ok(()),
    }
}

/// The values of all columns.
fn values(record: &dyn Record) -> Vec<(u16, Value)> {
    record.model().columns().map(|(index, _)| (index, record.value_at(index).unwrap_or_default())).collect()
}

impl<M: Model> Deref for Edit<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.row
    }
}

impl<M: Model> DerefMut for Edit<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.row
    }
}

impl<M: Model> fmt::Debug for Edit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}, changed: {:?}", M::meta().name, self.key, self.changed())
    }
}
