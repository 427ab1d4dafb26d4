//! What has to be done with the rows that point to deleted ones.

use std::{panic::Location, sync::Arc};

use quintet_core::meta::{FieldDefault, ModelMeta, OnDelete};

use crate::{
    db::{Key, Surroundings},
    executor::Executor,
    signal::{Ears, Moment},
};

/// What a deletion knows beforehand.
pub(super) struct Plan<'a> {
    around: Arc<Surroundings>,
    db: &'a dyn Executor,
    /// Is anybody subscribed to changes?
    pub(super) heard: bool,
    pub(super) at: &'static Location<'static>,
}

/// What is done about one foreign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// The database does it, and nobody wants to know.
    Leave,
    /// Rows that point there refuse the deletion.
    Protect,
    /// Rows that point there refuse it, unless they go too.
    Restrict,
    /// The key becomes something else.
    Change,
    /// The database makes it its own default; somebody wants to know of whom.
    Note,
    /// The rows go, in one statement.
    Delete,
    /// The rows go, after those that point to them.
    Collect,
}

impl<'a> Plan<'a> {
    /// `None` where the handle knows no models.
    pub(super) fn of(db: &'a dyn Executor, at: &'static Location<'static>) -> Option<Self> {
        let around = db.around()?;
        let heard = db.feed().is_some_and(|feed| feed.is_heard());
        Some(Plan { around, db, heard, at })
    }

    /// Who hears that rows of this model go.
    pub(super) fn ears(&self, model: &'static ModelMeta) -> Option<Ears> {
        Ears::of(self.db, model, &[Moment::Deleting, Moment::Deleted], self.at)
    }

    /// Do rows of this model, or rows that go with them, have to be looked at?
    pub(super) fn collects(&self, model: &'static ModelMeta) -> bool {
        self.any(model, &mut Vec::new(), &|model, key| match key {
            None => self.ears(model).is_some(),
            Some(key) => match key.rule {
                OnDelete::Restrict | OnDelete::Set => true,
                OnDelete::SetDefault => self.heard || !has_database_default(key),
                OnDelete::Cascade | OnDelete::SetNull => self.heard,
                _ => false,
            },
        })
    }

    /// Can rows refuse the deletion?
    pub(super) fn protects(&self, model: &'static ModelMeta) -> bool {
        let refuses = |key: &Key| key.rule == OnDelete::Protect;
        self.any(model, &mut Vec::new(), &|_, key| key.is_some_and(refuses))
    }

    /// Is this so of a model that rows of `model` take along, or of a key to it?
    fn any(
        &self,
        model: &'static ModelMeta,
        seen: &mut Vec<&'static ModelMeta>,
        is: &dyn Fn(&'static ModelMeta, Option<&Key>) -> bool,
    ) -> bool {
        if seen.contains(&model) {
            return false;
        }
        seen.push(model);
        is(model, None)
            || self.keys_to(model).iter().any(|key| {
                is(model, Some(key)) || (key.rule == OnDelete::Cascade && self.any(key.model, seen, is))
            })
    }

    /// The foreign keys that lead to a model.
    pub(super) fn keys_to(&self, model: &'static ModelMeta) -> &[Key] {
        self.around.keys_to(model)
    }

    /// What is to be done about the keys to a model, refusals first: those of its own, then those of models that go along.
    pub(super) fn work(&self, model: &'static ModelMeta) -> Vec<(Key, Work)> {
        let mut all: Vec<(Key, Work)> =
            self.keys_to(model).iter().map(|key| (*key, self.what(key))).collect();
        all.sort_by_key(|(key, work)| match work {
            Work::Protect => 0,
            Work::Restrict => 1,
            _ if key.rule == OnDelete::Cascade && self.protects(key.model) => 2,
            _ => 3,
        });
        all
    }

    fn what(&self, key: &Key) -> Work {
        match key.rule {
            OnDelete::Protect => Work::Protect,
            OnDelete::Restrict => Work::Restrict,
            OnDelete::Set => Work::Change,
            OnDelete::SetDefault if !has_database_default(key) => Work::Change,
            OnDelete::SetDefault if self.heard => Work::Note,
            OnDelete::SetNull if self.heard => Work::Change,
            OnDelete::Cascade if self.collects(key.model) => Work::Collect,
            OnDelete::Cascade if self.protects(key.model) => Work::Collect,
            OnDelete::Cascade if self.heard => Work::Delete,
            _ => Work::Leave,
        }
    }
}

fn has_database_default(key: &Key) -> bool {
    key.model.field_at(key.field).is_some_and(|field| matches!(field.default, FieldDefault::Database(_)))
}
