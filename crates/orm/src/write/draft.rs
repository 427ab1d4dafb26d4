use std::{fmt, marker::PhantomData, panic::Location};

use quintet_core::{BoxFuture, Result};

use super::{
    IntoFields,
    insert::{self, OnConflict},
    raw_draft::RawDraft,
};
use crate::{
    executor::Executor,
    expr::{IntoAssigns, RawAssign},
    model::Model,
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

impl<M: Model> Draft<M> {
    /// A draft of these assignments. `create!` writes it.
    #[doc(hidden)]
    pub fn of(given: Vec<RawAssign>) -> Self {
        let mut sets = given;
        if sets.iter().any(RawAssign::is_several) {
            let several = std::mem::take(&mut sets);
            several.into_iter().for_each(|assign| assign.flat(&mut sets));
        }
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
