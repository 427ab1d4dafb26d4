use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
};

use quintet_core::{BoxFuture, Result, Value};

use super::update::execute;
use crate::{
    ast::{Comparison, Node, PathKey, Select},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    field::FieldType,
    model::{Model, Record},
    query::not_found,
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
        Edit { key: row.pk().encode(), row, before }
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
    /// (404) if the row is gone.
    #[track_caller]
    pub fn save<'a>(self, db: &'a dyn Executor) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        let at = Location::caller();
        Box::pin(async move {
            let changed =
                values(&self.row).into_iter().zip(&self.before).filter(|(now, before)| now != *before);
            let sets: Vec<RawAssign> = changed
                .map(|((field, value), _)| RawAssign { field, value: AssignValue::Node(Node::Value(value)) })
                .collect();
            if sets.is_empty() {
                return Ok(self.row);
            }
            let mut select = Box::new(Select::new(M::meta()));
            let column = Node::Column(PathKey::ROOT, M::meta().key().unwrap_or_default());
            select.add_filter(Node::compare(Comparison::Eq, column, Node::Value(self.key.clone())));
            if execute(select, sets, db, at).await? == 0 {
                return Err(not_found(M::meta(), Some(&self.key)).at(at));
            }
            Ok(self.row)
        })
    }

    /// The row with its changes, not written.
    #[must_use]
    pub fn into_inner(self) -> M {
        self.row
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
