//! Rows written by name, from values: for programs whose names are their own, such as migrations and scripts.

use std::panic::Location;

use quintet_core::{BoxFuture, Error, Result, Value, near::did_you_mean};

use super::{DynRow, DynSet};
use crate::{
    ast::{Node, Nulls, OrderBy},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::{key_after, key_columns},
    write::{delete_rows, insert_values, update_rows},
};

impl DynSet {
    /// Lets every field be filtered and ordered by, and every column be written: for names that come from the program and
    /// never from a request.
    pub fn unrestricted(mut self) -> Self {
        self.unrestricted = true;
        let columns: Vec<u16> = self.meta().columns().map(|(index, _)| index).collect();
        self.writable = columns;
        self
    }

    /// A new row of these values; of a foreign key, the other row's key. What is not given gets its default.
    ///
    /// # Errors
    /// Status 500 for a name that is no [`writable`](Self::writable) column; of kind `Invalid` (422) if a value does not
    /// fit or is missing, `Conflict` (409) if a unique field's value is taken.
    #[track_caller]
    pub fn create<'a, N: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (N, Value)>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<DynRow>> {
        let at = Location::caller();
        let (meta, sets) = (self.meta(), self.value_assigns(values).map_err(|error| error.at(at)));
        Box::pin(async move { Ok(DynRow::new(meta, insert_values(meta, sets?, db, at).await?)) })
    }

    /// Gives all rows of the query these values, and tells how many there were.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    #[track_caller]
    pub fn update_all<'a, N: AsRef<str>>(
        self,
        values: impl IntoIterator<Item = (N, Value)>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<u64>> {
        let at = Location::caller();
        let sets = self.value_assigns(values).map_err(|error| error.at(at));
        Box::pin(async move { update_rows(self.select, sets?, db, at).await })
    }

    /// Deletes all rows of the query, and tells how many there were.
    ///
    /// # Errors
    /// Of kind `Protected` (409) if a row that stays points to one of them.
    #[track_caller]
    pub fn delete_all(self, db: &dyn Executor) -> BoxFuture<'_, Result<u64>> {
        Box::pin(delete_rows(self.select, db, Location::caller()))
    }

    /// Only this row.
    ///
    /// # Errors
    /// Status 500 if it is a row of another model.
    #[track_caller]
    pub fn only(self, row: &DynRow) -> Result<Self> {
        if row.meta() != self.meta() {
            let (is, wanted) = (row.meta().name, self.meta().name);
            return Err(Error::internal(format!("this is a row of {is}, not of {wanted}")));
        }
        Ok(self.with_key(row.key()))
    }

    /// The first rows whose key comes after this one, in the order of their keys: for tables that are too large to be read
    /// at once. Rows that are changed meanwhile are met once.
    ///
    /// # Errors
    /// If the key is none of the model's, or the database fails.
    #[track_caller]
    pub fn after<'a>(
        mut self,
        key: Option<&Value>,
        size: u64,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Vec<DynRow>>> {
        let at = Location::caller();
        let meta = self.meta();
        let after = key.map(|key| key_after(meta, key)).transpose().map_err(|error| error.at(at));
        Box::pin(async move {
            let by = |node| OrderBy { node, descending: false, nulls: Nulls::Default };
            self.select.order = key_columns(meta).into_iter().map(by).collect();
            if let Some(after) = after? {
                self.select.add_filter(after);
            }
            self.page(size, 0).all(db).await
        })
    }

    fn value_assigns<N: AsRef<str>>(
        &self,
        values: impl IntoIterator<Item = (N, Value)>,
    ) -> Result<Vec<RawAssign>> {
        let meta = self.meta();
        let mut sets = Vec::new();
        for (name, value) in values {
            let name = name.as_ref();
            let Some((field, _)) = meta.field(name).filter(|(index, _)| self.writable.contains(index)) else {
                let known = self.writable.iter().filter_map(|index| meta.field_at(*index));
                let near = did_you_mean(name, known.map(|field| field.name));
                return Err(Error::internal(format!(
                    "{} has no column `{name}` that can be written{near}",
                    meta.name
                )));
            };
            sets.push(RawAssign { field, value: AssignValue::Node(Node::Value(value)) });
        }
        Ok(sets)
    }
}
