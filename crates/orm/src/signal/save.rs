use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use quintet_core::{Result, Value, meta::FieldDefault};

use super::raw::{RawRow, RawSaving};
use crate::{
    db::Tx,
    expr::{Col, IntoAssigns},
    field::FieldType,
    key::Key,
    model::Model,
    write::IntoFields,
};

/// A row of `M` is about to be inserted or changed: by `create!`, in bulk, by an edit or by name.
///
/// A receiver may look at what will be written and [`set`](Self::set) other values, which the checks see too. Its error
/// keeps the row from being saved and goes to whoever saves it. What it writes through [`tx`](Self::tx) stands or falls
/// with the row.
///
/// ```
/// # use std::sync::Arc;
/// # use quintet_core::{App, Services, signal::Listen};
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, #[field(default = "")] pub slug: String }
/// let app = App::new("docs").on(async |_: Services, film: Arc<Saving<Film>>| {
///     if let Some(title) = film.get(Film.title)? {
///         film.set(Film.slug.set(title.to_lowercase().replace(' ', "-")));
///     }
///     Ok(())
/// });
/// # let _ = app;
/// ```
pub struct Saving<M> {
    pub(super) raw: Arc<RawSaving>,
    pub(super) marker: PhantomData<fn() -> M>,
}

impl<M: Model> Saving<M> {
    /// Is it a row that does not exist yet?
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.raw.key.is_none()
    }

    /// The key of the row that is changed; `None` for a new one.
    ///
    /// # Errors
    /// If the database holds a key that is none of the model's.
    pub fn pk(&self) -> Result<Option<M::Pk>> {
        self.raw.key.as_ref().map(M::Pk::from_key).transpose()
    }

    /// The value that a column will have; `None` where only the database knows it.
    ///
    /// # Errors
    /// If the value is none of the column's type.
    pub fn get<T: FieldType>(&self, column: Col<M, T>) -> Result<Option<T>> {
        self.at(column.index).as_ref().map(T::from_value).transpose()
    }

    /// The value that the column of this name will have, the other row's key of a foreign key; `None` where only the
    /// database knows it.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<Value> {
        self.at(M::meta().field(field)?.0)
    }

    fn at(&self, index: u16) -> Option<Value> {
        if let Some(given) = self.raw.given(index) {
            return given;
        }
        if let Some(had) = self.raw.had(index) {
            return Some(had.clone());
        }
        let field = M::meta().field_at(index).filter(|_| self.is_new())?;
        match field.default {
            FieldDefault::Value(make) => Some(make()),
            FieldDefault::None if field.null => Some(Value::Null),
            _ => None,
        }
    }

    /// The value that the column of this name has before; `None` for a new row.
    #[must_use]
    pub fn before(&self, field: &str) -> Option<&Value> {
        self.raw.had(M::meta().field(field)?.0)
    }

    /// Will one of these columns have another value than before? All that are given have, in a new row.
    #[must_use]
    pub fn changes(&self, fields: impl IntoFields<M>) -> bool {
        fields.fields().into_iter().any(|field| match self.raw.given(field) {
            Some(Some(value)) => self.raw.had(field) != Some(&value),
            Some(None) => true,
            None => false,
        })
    }

    /// The names of the fields that will be written.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for assign in &*self.raw.sets() {
            let name = M::meta().field_at(assign.field).map(|field| field.name);
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names
    }

    /// Writes these values too, instead of any given for the same columns.
    pub fn set(&self, assigns: impl IntoAssigns<M>) {
        assigns.assigns(&mut self.raw.sets());
    }

    /// The transaction that the row is saved in, until the receiver returns.
    pub fn tx(&self) -> &Tx {
        &self.raw.tx
    }
}

impl<M: Model> fmt::Debug for Saving<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saving({}, {:?})", M::meta().name, self.changed())
    }
}

/// A row of `M` was inserted or changed, in the transaction [`tx`](Self::tx) that has not committed yet. It derefs to the
/// row as it is now.
///
/// A receiver's error undoes the write and goes to whoever saves the row. For what must not happen before it lasts there
/// is [`Tx::on_commit`].
///
/// ```
/// # use std::sync::Arc;
/// # use quintet_core::{App, Services, signal::Listen};
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String }
/// # #[model(app = "docs")] pub struct Note { pub film: ForeignKey<Film>, pub text: String }
/// let app = App::new("docs").on(async |_: Services, film: Arc<Saved<Film>>| {
///     if film.created() {
///         create!(Note { film: film.id, text: format!("{} is new", film.title) }).insert(film.tx()).await?;
///     }
///     Ok(())
/// });
/// # let _ = app;
/// ```
pub struct Saved<M> {
    pub(super) raw: Arc<RawRow>,
    pub(super) marker: PhantomData<fn() -> M>,
}

impl<M: Model> Saved<M> {
    /// The row as it is now.
    #[must_use]
    pub fn row(&self) -> &M {
        row(&self.raw)
    }

    /// Is it a new row?
    #[must_use]
    pub fn created(&self) -> bool {
        self.raw.created
    }

    /// The names of the fields that were written.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        self.raw
            .fields
            .iter()
            .filter_map(|index| M::meta().field_at(*index))
            .map(|field| field.name)
            .collect()
    }

    /// Was one of these columns written?
    #[must_use]
    pub fn changes(&self, fields: impl IntoFields<M>) -> bool {
        fields.fields().iter().any(|field| self.raw.fields.contains(field))
    }

    /// The transaction that the row is saved in, until the receiver returns.
    pub fn tx(&self) -> &Tx {
        &self.raw.tx
    }
}

impl<M: Model> Deref for Saved<M> {
    type Target = M;

    fn deref(&self) -> &M {
        self.row()
    }
}

impl<M: Model> fmt::Debug for Saved<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saved({} {:?}, {:?})", M::meta().name, self.row().pk().to_key(), self.changed())
    }
}

/// The row, which the model's own voice has read.
pub(super) fn row<M: Model>(raw: &RawRow) -> &M {
    match raw.row.downcast_ref() {
        Some(row) => row,
        None => unreachable!("a model's voice reads rows of the model"),
    }
}
