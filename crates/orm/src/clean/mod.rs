//! A row as a whole: the model's own rules ([`Clean`]), and what only a look into the database tells ([`lookup`]).
//!
//! The rules run before a row is inserted or an edited one is saved, together with the checks of its fields; all that is
//! wrong is told at once. They do not run for `QuerySet::update`, whose rows nobody has seen.
mod full;
mod lookup;
mod taken;

use std::marker::PhantomData;

use quintet_core::meta::RowClean;

pub use taken::{Taken, find_taken};

use crate::{expr::Col, field::FieldType, key::SingleKey, model::Model, relation::FkCol, write::IntoFields};

/// A row that is about to be written: what `#[model(clean = function)]` is given.
///
/// ```
/// use quintet_orm::prelude::*;
///
/// #[model(app = "docs", clean = Show::clean)]
/// #[derive(Debug, Clone)]
/// pub struct Show {
///     pub title: String,
///     pub starts: Timestamp,
///     pub ends: Option<Timestamp>,
/// }
///
/// impl Show {
///     fn clean(row: &mut Clean<'_, Show>) {
///         if let (Some(starts), Some(ends)) = (row.get(Show.starts), row.get(Show.ends))
///             && ends <= starts
///         {
///             row.error(Show.ends, "a show ends after it starts");
///         }
///         if let Some(title) = row.get(Show.title) {
///             row.set(Show.title, title.trim().to_owned());
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Clean<'a, M> {
    row: &'a mut RowClean,
    model: PhantomData<fn() -> M>,
}

/// The typed view of a row. `#[model]` writes the call.
pub fn clean_row<M: Model>(row: &mut RowClean) -> Clean<'_, M> {
    Clean { row, model: PhantomData }
}

impl<M: Model> Clean<'_, M> {
    /// The value of a column (of a foreign key, the other row's key). `None` if it is NULL, or not known before the database
    /// is asked: a key that it numbers, a default of its own, an expression.
    #[must_use]
    pub fn get<C: CleanColumn<M>>(&self, column: C) -> Option<C::Value> {
        C::Value::from_value(self.row.value(column.index()).filter(|value| !value.is_null())?).ok()
    }

    /// Gives a column another value. The checks of its field come afterwards.
    pub fn set<T: FieldType>(&mut self, column: Col<M, T>, value: T) {
        self.row.set(column.index, value.encode());
    }

    /// Is it a row that does not exist yet?
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.row.is_new()
    }

    /// Refuses the row, with a message beside this column, or beside each of a tuple of them.
    pub fn error(&mut self, columns: impl IntoFields<M>, message: impl Into<String>) {
        self.error_coded(columns, "invalid", message);
    }

    /// As [`error`](Self::error), with a code for programs.
    pub fn error_coded(
        &mut self,
        columns: impl IntoFields<M>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let message = message.into();
        for index in columns.fields() {
            if let Some(field) = M::meta().field_at(index) {
                self.row.errors().push_coded(field.name, code, message.clone());
            }
        }
    }

    /// Refuses the row, with a message about it as a whole.
    pub fn general(&mut self, message: impl Into<String>) {
        self.row.errors().push("", message);
    }
}

/// A column of `M` whose value [`Clean::get`] tells.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{M}`",
    label = "expected a column of `{M}` itself"
)]
pub trait CleanColumn<M> {
    /// The type of its values, without `Option`.
    type Value: FieldType;

    /// The field's index.
    fn index(&self) -> u16;
}

impl<M: Model, T: FieldType> CleanColumn<M> for Col<M, T> {
    type Value = T::Base;

    fn index(&self) -> u16 {
        self.index
    }
}

impl<M: Model, T: Model, const I: u16, const NULL: bool> CleanColumn<M> for FkCol<M, T, I, NULL>
where
    T::Pk: SingleKey,
{
    type Value = T::Pk;

    fn index(&self) -> u16 {
        I
    }
}
