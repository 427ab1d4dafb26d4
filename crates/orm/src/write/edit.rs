use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
};

use quintet_core::{BoxFuture, Error, FieldErrors, Result, Value, meta::FieldMeta};

use super::{
    links::{LinkChange, change_links},
    save::{Done, Save, quietly, save},
};
use crate::{
    ast::{Node, Select},
    db::to_home,
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::{Key, key_is},
    model::{Model, Record},
    query::not_found,
    signal::{Ears, Moment},
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
    /// The objects that many-to-many relations are to have: the field, and their keys.
    links: Vec<(u16, Vec<Value>)>,
}

impl<M: Model> Edit<M> {
    pub(crate) fn new(row: M) -> Self {
        let before = values(&row);
        Edit { key: row.pk().to_key(), row, before, links: Vec::new() }
    }

    /// Takes over what somebody gave: columns at once, many-to-many objects when the row is saved.
    pub(super) fn take(&mut self, given: Vec<RawAssign>) -> Result {
        for assign in given {
            match assign.value {
                AssignValue::Node(Node::Value(value)) => self.row.set_at(assign.field, &value)?,
                AssignValue::Many(keys) => {
                    self.links.retain(|(field, _)| *field != assign.field);
                    self.links.push((assign.field, keys));
                }
                AssignValue::Several(all) => self.take(all)?,
                AssignValue::Node(_) => {
                    let name = M::meta().field_at(assign.field).map_or("", |field| field.name);
                    let why = "is to become an expression, which only the database could compute: use `.update(..)`";
                    return Err(Error::internal(format!("{}.{name} {why}", M::meta().name)));
                }
            }
        }
        Ok(())
    }

    /// The names of the fields that have changed.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        let changed = self.changes();
        changed.iter().filter_map(|(index, _)| M::meta().field_at(*index)).map(|field| field.name).collect()
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
        self.save_at(db, Location::caller())
    }

    fn save_at<'a>(self, db: &'a dyn Executor, at: &'static Location<'static>) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        Box::pin(async move {
            let mut edit = self;
            if !edit.links.is_empty() {
                return edit.save_with_links(db, at).await;
            }
            let Some(sets) = changed(&mut edit.row, &edit.before).map_err(|error| error.at(at))? else {
                return Ok(edit.row);
            };
            let Edit { mut row, key, before, .. } = edit;
            write(&mut row, key, before, sets, db, at).await?;
            Ok(row)
        })
    }

    /// Saves the row and its many-to-many objects, all or nothing.
    async fn save_with_links(mut self, db: &dyn Executor, at: &'static Location<'static>) -> Result<M> {
        let links = std::mem::take(&mut self.links);
        let tx = db.begin().await?;
        let row = self.save_at(&*tx, at).await?;
        for (field, keys) in links {
            let owner = row.pk().to_key();
            change_links((M::meta(), field), owner, LinkChange::Set(keys), None, &*tx, at).await?;
        }
        tx.commit().await?;
        Ok(row)
    }

    /// The columns that have changed, with their values.
    pub(crate) fn changes(&self) -> Vec<(u16, Value)> {
        changes(&self.row, &self.before)
    }

    /// Runs the model's own rules, which may change the row, and checks what has changed. Gives what is wrong.
    pub(crate) fn clean(&mut self, check: Check) -> Result<FieldErrors> {
        let changed = self.changes();
        Ok(cleaned(&mut self.row, &self.before, changed, check)?.1)
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

/// Writes the changes of a row, and takes over what has become of them.
async fn write(
    row: &mut dyn Record,
    key: Value,
    before: Vec<(u16, Value)>,
    sets: Vec<(u16, Value)>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let meta = row.model();
    to_home!(db, meta, at);
    let version = meta.version().and_then(|(field, _)| row.value_at(field)?.as_int());
    // What the database computes of the changes has to come back.
    let computed = meta.columns().any(|(_, field)| field.is_generated());
    if !computed && Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at).is_none() {
        return match quietly(meta, &key, &sets, version, db, at).await? {
            true => refresh(row, None, version),
            false => Err(not_found(meta, Some(&key)).at(at)),
        };
    }
    let mut select = Box::new(Select::new(meta));
    select.add_filter(key_is(meta, key.clone()));
    let assign = |(field, value)| RawAssign { field, value: AssignValue::Node(Node::Value(value)) };
    let sets = sets.into_iter().map(assign).collect();
    let change = Save { select, sets, version, row: Some((key.clone(), before)) };
    match save(change, computed, db, at).await? {
        Some(done) => refresh(row, Some(&done), version),
        None => Err(not_found(meta, Some(&key)).at(at)),
    }
}

/// What finds out whether a value is right.
type Check = fn(&FieldMeta, &Value, &mut FieldErrors);

/// The changes of a row, checked; `None` if there are none. The version is none of them: it is the one that the
/// row was read with, or that somebody else says they have read.
fn changed(row: &mut dyn Record, before: &[(u16, Value)]) -> Result<Option<Vec<(u16, Value)>>> {
    let meta = row.model();
    let version = meta.version().map(|(field, _)| field);
    let mut changed = changes(row, before);
    if changed.iter().all(|(field, _)| Some(*field) == version) {
        return Ok(None);
    }
    if touch(row, &changed)? {
        changed = changes(row, before);
    }
    let (mut changed, errors) = cleaned(row, before, changed, check)?;
    errors.into_result()?;
    changed.retain(|(field, _)| Some(*field) != version);
    // The model's own rules may have taken it all back.
    Ok((!changed.is_empty()).then_some(changed))
}

/// Computes anew what is computed at each save, unless it was given. Is anything?
fn touch(row: &mut dyn Record, changed: &[(u16, Value)]) -> Result<bool> {
    let mut touched = false;
    for (index, field) in row.model().columns() {
        if let Some(make) = field.on_save.filter(|_| !changed.iter().any(|(other, _)| *other == index)) {
            row.set_at(index, &make())?;
            touched = true;
        }
    }
    Ok(touched)
}

/// Runs the model's own rules, which may change the row, and checks what has changed. Gives that, and what is wrong.
fn cleaned(
    row: &mut dyn Record,
    before: &[(u16, Value)],
    mut changed: Vec<(u16, Value)>,
    check: Check,
) -> Result<(Vec<(u16, Value)>, FieldErrors)> {
    let meta = row.model();
    let mut refused = FieldErrors::new();
    if meta.clean.is_some() {
        let set;
        (set, refused) = own_rules(meta, false, values(row).iter().map(|(index, value)| (*index, value)));
        for (index, value) in set {
            row.set_at(index, &value)?;
        }
        changed = changes(row, before);
    }
    let mut errors = FieldErrors::new();
    for (index, value) in &changed {
        if let Some(field) = meta.field_at(*index) {
            check(field, value, &mut errors);
        }
    }
    errors.extend(refused);
    Ok((changed, errors))
}

/// The columns whose values are others than before.
fn changes(row: &dyn Record, before: &[(u16, Value)]) -> Vec<(u16, Value)> {
    let changed = before.iter().filter_map(|(index, was)| {
        let now = row.value_at(*index).unwrap_or_default();
        (now != *was).then_some((*index, now))
    });
    changed.collect()
}

/// Takes over what receivers have changed, what the database has computed, and the next version.
fn refresh(row: &mut dyn Record, done: Option<&Done>, number: Option<i64>) -> Result {
    let meta = row.model();
    if let Some(done) = done {
        for ((index, field), value) in meta.columns().zip(done.row.iter().flatten()) {
            // A foreign key that stays as it is keeps its loaded object.
            let new = done.fields.contains(&index) || field.is_generated();
            if new && row.value_at(index).as_ref() != Some(value) {
                row.set_at(index, value)?;
            }
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
