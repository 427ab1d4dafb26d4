//! Rows written by name, from strings.

use std::panic::Location;

use quintet_core::{
    BoxFuture, Error, FieldErrors, Result, Value,
    meta::{FieldMeta, ModelMeta},
    near::did_you_mean,
    value::Kind,
};

use super::{DynKey, DynRow, DynSet, lookup};
use crate::{
    ast::Node,
    executor::Executor,
    expr::{AssignValue, RawAssign},
    query::not_found,
    validate::{check_given, push},
    write::{delete_rows, insert_given, update_values},
};

impl DynSet {
    /// Lets these columns be written by [`insert`](Self::insert) and [`update`](Self::update). Without this, none can
    /// be.
    ///
    /// # Errors
    /// Status 500: it is the developer who names a field that does not exist, is no column, or is computed by the database.
    #[track_caller]
    pub fn writable<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self> {
        for name in names {
            let (name, meta) = (name.as_ref(), self.meta());
            match meta.field(name) {
                Some((_, field)) if field.is_generated() => {
                    let why = "is computed by the database, and nobody writes it";
                    return Err(Error::internal(format!("{}.{name} {why}", meta.name)));
                }
                Some((index, field)) if field.is_column() => self.writable.push(index),
                _ => {
                    let near = did_you_mean(name, meta.columns().map(|(_, field)| field.name));
                    return Err(Error::internal(format!("{} has no column `{name}`{near}", meta.name)));
                }
            }
        }
        Ok(self)
    }

    /// A new row of these values: names and texts, as a form or a file has them. An empty text is NULL where the
    /// column can be.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) with a message for each field that is wrong, missing, unknown or not
    /// [`writable`](Self::writable); `Conflict` (409) if a unique field's value is taken.
    #[track_caller]
    pub fn insert<'a, N: AsRef<str>, V: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (N, V)>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<DynRow>> {
        let at = Location::caller();
        let (meta, sets) = (self.meta(), self.assigns(values));
        Box::pin(async move { Ok(DynRow::new(meta, insert_given(meta, sets, db, at).await?)) })
    }

    /// Changes these columns of the row with this key, if it is among the query's rows, and gives it back as it is now.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); of kind `NotFound` (404) if there is no such row.
    #[track_caller]
    pub fn update<'a, N: AsRef<str>, V: AsRef<str>>(
        self,
        key: impl DynKey,
        values: impl IntoIterator<Item = (N, V)>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<DynRow>> {
        let at = Location::caller();
        let (meta, key) = (self.meta(), key.key_of(self.meta()));
        let sets = self.assigns(values);
        Box::pin(async move {
            let key = key.map_err(|error| error.at(at))?;
            let one = self.with_key(key.clone());
            if sets.0.is_empty() && sets.1.is_empty() {
                return one.all(db).await?.into_iter().next().ok_or_else(|| missing(meta, &key, at));
            }
            let row =
                update_values(one.select, sets, db, at).await?.ok_or_else(|| missing(meta, &key, at))?;
            Ok(DynRow::new(meta, row))
        })
    }

    /// Deletes the row with this key, if it is among the query's rows.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is no such row, `Protected` (409) if a row that stays points to it.
    #[track_caller]
    pub fn delete<'a>(self, key: impl DynKey, db: &'a dyn Executor) -> BoxFuture<'a, Result> {
        let at = Location::caller();
        let (meta, key) = (self.meta(), key.key_of(self.meta()));
        Box::pin(async move {
            let key = key.map_err(|error| error.at(at))?;
            let one = self.with_key(key.clone());
            match delete_rows(one.select, db, at).await? {
                0 => Err(missing(meta, &key, at)),
                _ => Ok(()),
            }
        })
    }

    /// The values as assignments, and all that is wrong by field.
    fn assigns<N: AsRef<str>, V: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (N, V)>,
    ) -> (Vec<RawAssign>, FieldErrors) {
        let (meta, mut errors, mut sets) = (self.meta(), FieldErrors::new(), Vec::<RawAssign>::new());
        for (name, text) in values {
            let name = name.as_ref();
            let found = meta.field(name).filter(|(index, _)| self.writable.contains(index));
            let Some((index, field)) = found else {
                let known = self.writable.iter().filter_map(|index| meta.field_at(*index));
                let near = did_you_mean(name, known.map(|field| field.name));
                errors.push(name.to_owned(), format!("there is no such field{near}"));
                continue;
            };
            match read(field, text.as_ref()) {
                Ok(value) => {
                    // The model's own rules may change it first.
                    if meta.clean.is_none() {
                        check_given(field, &value, &mut errors);
                    }
                    sets.push(RawAssign { field: index, value: AssignValue::Node(Node::Value(value)) });
                }
                Err(message) => push(field, "invalid", message, &mut errors),
            }
        }
        (sets, errors)
    }
}

fn missing(meta: &'static ModelMeta, key: &Value, at: &'static Location<'static>) -> Error {
    not_found(meta, Some(key)).at(at)
}

/// Reads a text as the column's value.
fn read(field: &FieldMeta, text: &str) -> Result<Value, String> {
    if text.is_empty() && (field.null || field.kind != Kind::Text) {
        // Where it can't be empty, the check says that it is required.
        return Ok(Value::Null);
    }
    lookup::value(field, text)
}
