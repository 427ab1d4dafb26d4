use std::{fmt, marker::PhantomData, panic::Location};

use quintet_core::{
    BoxFuture, Error, FieldErrors, Result, Value,
    meta::{FieldDefault, FieldMeta, ModelMeta},
};

use super::{
    IntoFields,
    insert::{self, OnConflict},
};
use crate::{
    ast::Node,
    executor::Executor,
    expr::{AssignValue, IntoAssigns, RawAssign},
    model::Model,
    validate::{check, own_rules},
};

/// A row that does not exist yet: what [`create!`](crate::create) makes.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Tag { #[field(unique, max_length = 30)] pub name: String }
/// # async fn show(db: &dyn Executor) -> Result {
/// let tag = create!(Tag { name: "noir" }).insert(db).await?;
/// let (same, created) = create!(Tag { name: "noir" }).or_get(Tag.name, db).await?;
/// assert!(!created && same.id == tag.id);
/// # Ok(()) }
/// ```
#[must_use = "a draft is no row until `.insert(&db).await?`"]
pub struct Draft<M> {
    pub(crate) raw: RawDraft,
    marker: PhantomData<fn() -> M>,
}

/// A draft without the model's type.
#[derive(Clone, Debug)]
pub(crate) struct RawDraft {
    pub(crate) meta: &'static ModelMeta,
    pub(super) sets: Vec<RawAssign>,
}

/// A draft's columns and their values.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fields: Vec<u16>,
    pub(crate) values: Vec<Node>,
}

impl Row {
    /// What a field is set to, after the model's own rules.
    pub(super) fn assign(&self, field: u16) -> Option<RawAssign> {
        let place = self.fields.iter().position(|known| *known == field)?;
        Some(RawAssign { field, value: AssignValue::Node(self.values.get(place)?.clone()) })
    }

    /// Gives a field this value.
    fn put(&mut self, field: u16, value: Value) {
        match self.fields.iter().position(|known| *known == field) {
            Some(place) => {
                if let Some(node) = self.values.get_mut(place) {
                    *node = Node::Value(value);
                }
            }
            None => {
                self.fields.push(field);
                self.values.push(Node::Value(value));
            }
        }
    }
}

impl RawDraft {
    /// A draft of these assignments.
    pub(super) fn new(meta: &'static ModelMeta, sets: Vec<RawAssign>) -> Self {
        RawDraft { meta, sets }
    }

    /// The columns that are given or have a value anyway; the database fills in the others.
    ///
    /// # Errors
    /// Of kind `Invalid`, with all that is wrong, by field.
    pub(crate) fn row(&self) -> Result<Row> {
        let (row, errors) = self.checked(FieldErrors::new(), check);
        errors.into_result()?;
        Ok(row)
    }

    /// As [`row`](Self::row), with the errors beside it. Fields that `errors` has something about already are not looked at
    /// again; `check` looks at the others.
    pub(crate) fn checked(
        &self,
        mut errors: FieldErrors,
        check: fn(&FieldMeta, &Value, &mut FieldErrors),
    ) -> (Row, FieldErrors) {
        let mut row = self.unchecked();
        let known = row.fields.iter().zip(&row.values).filter_map(|(index, node)| match node {
            Node::Value(value) => Some((*index, value)),
            _ => None,
        });
        let (set, refused) = own_rules(self.meta, true, known);
        for (index, value) in set {
            row.put(index, value);
        }
        for (index, node) in row.fields.iter().zip(&row.values) {
            if let (Node::Value(value), Some(field)) = (node, self.meta.field_at(*index))
                && errors.of(field.name).next().is_none()
            {
                check(field, value, &mut errors);
            }
        }
        errors.extend(refused);
        (row, errors)
    }

    fn unchecked(&self) -> Row {
        let count = self.meta.fields.len();
        let mut row = Row { fields: Vec::with_capacity(count), values: Vec::with_capacity(count) };
        for (index, field) in self.meta.columns() {
            let node = match (self.given(index), field.default) {
                (Some(node), _) => node.clone(),
                (None, _) if field.auto => continue,
                (None, FieldDefault::Value(make)) => Node::Value(make()),
                (None, FieldDefault::Database(_)) => continue,
                (None, FieldDefault::None) => Node::Value(field.on_save.map_or(Value::Null, |make| make())),
            };
            row.fields.push(index);
            row.values.push(node);
        }
        row
    }

    /// The node that was assigned last.
    fn given(&self, index: u16) -> Option<&Node> {
        self.sets.iter().rev().find_map(|assign| match &assign.value {
            AssignValue::Node(node) if assign.field == index => Some(node),
            _ => None,
        })
    }

    /// The value that a field will have, if it is known before the database is asked.
    pub(crate) fn value(&self, index: u16) -> Result<Value> {
        let field = self.meta.field_at(index).ok_or_else(|| Error::internal("no such field"))?;
        match (self.given(index), field.default) {
            (Some(Node::Value(value)), _) => Ok(value.clone()),
            (None, FieldDefault::Value(make)) => Ok(make()),
            (None, FieldDefault::None) if let Some(make) = field.on_save => Ok(make()),
            (None, FieldDefault::None) if field.null => Ok(Value::Null),
            _ => Err(Error::internal(format!(
                "the value of {}.{} is not known before the database is asked: give it in create!(..)",
                self.meta.name, field.name
            ))),
        }
    }

    /// What a field is set to in a row that there is already.
    pub(super) fn assign(&self, index: u16) -> Result<RawAssign> {
        let node = match self.given(index) {
            Some(node) => node.clone(),
            None => Node::Value(self.value(index)?),
        };
        Ok(RawAssign { field: index, value: AssignValue::Node(node) })
    }

    /// The objects of many-to-many relations: the field, and their keys.
    pub(crate) fn links(&self) -> impl Iterator<Item = (u16, &[Value])> {
        self.sets.iter().filter_map(|assign| match &assign.value {
            AssignValue::Many(keys) if !keys.is_empty() => Some((assign.field, keys.as_slice())),
            _ => None,
        })
    }
}

impl<M: Model> Draft<M> {
    /// A draft of these assignments. `create!` writes it.
    #[doc(hidden)]
    pub fn of(given: Vec<RawAssign>) -> Self {
        let mut sets = Vec::with_capacity(given.len());
        given.into_iter().for_each(|assign| assign.flat(&mut sets));
        Draft { raw: RawDraft { meta: M::meta(), sets }, marker: PhantomData }
    }

    /// With further assignments, which win over earlier ones: for fields that are known at run time only.
    pub fn with(mut self, assigns: impl IntoAssigns<M>) -> Self {
        assigns.assigns(&mut self.raw.sets);
        self
    }

    /// Checks the values without asking the database.
    ///
    /// # Errors
    /// Of kind `Invalid` (422), with a message for each wrong field.
    #[track_caller]
    pub fn validate(&self) -> Result {
        self.raw.row().map(drop)
    }

    /// Inserts the row, and its many-to-many objects in the same transaction.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) if a value is wrong, `Conflict` (409) if a unique field's value is taken.
    #[track_caller]
    pub fn insert<'a>(self, db: &'a dyn Executor) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        Box::pin(insert::insert(self.raw, db, Location::caller()))
    }

    /// The row with the same unique fields `by`, or this one, inserted. Tells whether it was inserted.
    ///
    /// Two callers at once get the same row: the database decides, not a look before.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); and if `by` is not unique.
    #[track_caller]
    pub fn or_get<'a>(self, by: impl IntoFields<M>, db: &'a dyn Executor) -> BoxFuture<'a, Result<(M, bool)>>
    where
        M: 'a,
    {
        Box::pin(insert::or_get(self.raw, by.fields(), db, Location::caller()))
    }

    /// This row, inserted, or the row with the same unique fields `by` with `fields` taken from this one.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); and if `by` is not unique.
    #[track_caller]
    pub fn or_update<'a>(
        self,
        by: impl IntoFields<M>,
        fields: impl IntoFields<M>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        let conflict = OnConflict::Update { by: by.fields(), fields: fields.fields() };
        Box::pin(insert::upsert(self.raw, conflict, db, Location::caller()))
    }
}

impl<M> Clone for Draft<M> {
    fn clone(&self) -> Self {
        Draft { raw: self.raw.clone(), marker: PhantomData }
    }
}

impl<M> fmt::Debug for Draft<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
