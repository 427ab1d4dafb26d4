//! `select_related`: the object of a foreign key, or of the other end of a one-to-one, in the same row.

use std::{fmt, sync::Arc};

use quintet_core::{Result, meta::ModelMeta};

use crate::{
    ast::{Node, PathKey, model_columns},
    decode::Cursor,
    model::{Erased, Model, Record},
    path::Path,
    relation::{FkCol, OneCol},
};

/// An object that comes in the same row as its owner.
#[derive(Clone)]
pub struct Join {
    owner: PathKey,
    field: u16,
    target: &'static ModelMeta,
    columns: usize,
    key_at: usize,
    decode: fn(&mut Cursor<'_>) -> Result<Erased>,
}

impl Join {
    /// The object of the foreign key `field` of the model at `owner`.
    pub(crate) fn to<T: Model>(owner: PathKey, field: u16) -> Self {
        let target = T::meta();
        let key_at = target.columns().position(|(index, _)| target.primary_key.contains(&index));
        Join {
            owner,
            field,
            target,
            columns: target.columns().count(),
            key_at: key_at.unwrap_or_default(),
            decode: |cursor| Ok(Arc::new(T::from_row(cursor)?)),
        }
    }

    /// The walk to the object: one object is joined once.
    pub(crate) fn path(&self) -> PathKey {
        PathKey::ROOT.push(self.field).after(self.owner)
    }

    /// Adds the object's columns.
    pub(crate) fn columns(&self, out: &mut Vec<Node>) {
        model_columns(self.target, self.path(), out);
    }

    /// Reads the object and puts it into its owner.
    pub(crate) fn load(&self, root: &mut dyn Record, cursor: &mut Cursor<'_>) -> Result {
        if cursor.is_null(self.key_at)? {
            cursor.skip(self.columns);
            let relation = walk(root, self.owner).and_then(|owner| owner.relation_at_mut(self.field));
            if let Some(relation) = relation {
                relation.put_nothing();
            }
            return Ok(());
        }
        let object = (self.decode)(cursor)?;
        if let Some(relation) = walk(root, self.owner).and_then(|owner| owner.relation_at_mut(self.field)) {
            relation.put(object);
        }
        Ok(())
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{} → {:?}", self.owner.steps(), self.field, self.target)
    }
}

/// The loaded object at the end of a walk.
pub(crate) fn walk(root: &mut dyn Record, path: PathKey) -> Option<&mut dyn Record> {
    let mut record = root;
    for step in path.steps() {
        record = record.relation_at_mut(*step)?.loaded_mut()?;
    }
    Some(record)
}

impl<P: Path, T: Model, const I: u16> ToOne for OneCol<P, T, I> {
    type Root = P::Root;

    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
        out.push(Join::to::<T>(P::KEY, I));
    }
}

/// A foreign key of `Root`, or of a model that foreign keys lead to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a foreign key",
    label = "select_related(..) takes a foreign key; use prefetch_related(..) for a to-many relation"
)]
pub trait ToOne {
    /// The model of the query.
    type Root;

    /// The joins on the way, and the one to the object.
    #[doc(hidden)]
    fn joins(out: &mut Vec<Join>);
}

impl<P: Path, T: Model, const I: u16, const NULL: bool> ToOne for FkCol<P, T, I, NULL> {
    type Root = P::Root;

    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
        out.push(Join::to::<T>(P::KEY, I));
    }
}
