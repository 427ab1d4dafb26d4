//! Events without the model's type.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quintet_core::Value;

use crate::{
    ast::Node,
    db::Tx,
    expr::{AssignValue, RawAssign},
    model::Erased,
};

/// A row is about to be saved.
pub(crate) struct RawSaving {
    /// The key of the row that is there.
    pub(crate) key: Option<Value>,
    /// The columns of the row that is there, as they are.
    pub(crate) before: Vec<(u16, Value)>,
    /// What is written; receivers add to it.
    pub(crate) sets: Mutex<Vec<RawAssign>>,
    pub(crate) tx: Arc<Tx>,
}

impl RawSaving {
    pub(super) fn sets(&self) -> MutexGuard<'_, Vec<RawAssign>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the receivers have left.
    pub(super) fn take(&self) -> Vec<RawAssign> {
        std::mem::take(&mut *self.sets())
    }

    /// The value that a column is given, or `None` if it is given none; `Some(None)` if the database computes it.
    pub(super) fn given(&self, field: u16) -> Option<Option<Value>> {
        self.sets().iter().rev().find_map(|assign| match &assign.value {
            AssignValue::Node(node) if assign.field == field => Some(match node {
                Node::Value(value) => Some(value.clone()),
                _ => None,
            }),
            _ => None,
        })
    }

    /// The value that a column had.
    pub(super) fn had(&self, field: u16) -> Option<&Value> {
        self.before.iter().find(|(index, _)| *index == field).map(|(_, value)| value)
    }
}

/// A row was saved, is about to be deleted, or is.
pub(crate) struct RawRow {
    pub(super) row: Erased,
    pub(super) created: bool,
    pub(super) fields: Vec<u16>,
    pub(super) tx: Arc<Tx>,
}

/// What was asked of a set of related objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAction {
    /// These too: `.add(..)`, and the objects given to `create!`.
    Add,
    /// Not these: `.remove(..)`.
    Remove,
    /// Exactly these: `.set(..)`.
    Set,
    /// None: `.clear(..)`.
    Clear,
}

/// Links of a row to others.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// The many-to-many field of the model that declares it.
    pub(crate) field: u16,
    /// Is the owner of the other model?
    pub(crate) reverse: bool,
    pub(crate) action: LinkAction,
    pub(crate) owner: Value,
    pub(crate) added: Vec<Value>,
    pub(crate) removed: Vec<Value>,
}

/// Links are about to change, or have changed.
pub(crate) struct RawLinks {
    pub(super) links: Links,
    pub(super) tx: Arc<Tx>,
}

/// Rows that are told of, with their values shared.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Erased>,
    pub(crate) created: bool,
    pub(crate) fields: Vec<u16>,
}

/// What a voice is given to say.
pub(crate) enum Said {
    Saving(Arc<RawSaving>),
    Saved(Arc<RawRow>),
    Deleting(Arc<RawRow>),
    Deleted(Arc<RawRow>),
    LinksChanging(Arc<RawLinks>),
    LinksChanged(Arc<RawLinks>),
}
