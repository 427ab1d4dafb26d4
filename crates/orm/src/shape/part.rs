use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use quintet_core::{BoxFuture, Error, Result, Value, meta::ModelMeta};

use super::{
    Plan, Shape,
    nested::Linked,
    run::{Level, fetch, load},
};
use crate::{
    ast::{Node, Owners, PathKey, Select},
    decode::Cursor,
    key::{Key, keys_at_once},
    model::Model,
    relation::{Between, Link, link},
};

/// A part of a shape that needs a query of its own.
pub trait Part<S>: Send + Sync {
    /// The columns that identify the owner, seen from the shape's model.
    #[doc(hidden)]
    fn key(&self) -> Vec<Node>;

    /// Reads those columns; NULL if there is no owner.
    #[doc(hidden)]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<Value>;

    /// Loads it for all rows, given with their owners' keys.
    #[doc(hidden)]
    fn load<'a>(&'a self, level: Level<'a>, rows: Vec<(Value, &'a mut S)>) -> BoxFuture<'a, Result>;
}

/// The parts of a shape.
pub(crate) type Parts<S> = Arc<[Box<dyn Part<S>>]>;

/// A part of a nested shape, seen from the outer one.
pub(super) struct Lifted<S, N> {
    pub(super) part: Box<dyn Part<N>>,
    /// The walk from the outer model to the inner.
    pub(super) path: PathKey,
    /// Where the nested shape is.
    pub(super) place: fn(&mut S) -> Option<&mut N>,
}

impl<S: Shape, N: Shape> Part<S> for Lifted<S, N> {
    fn key(&self) -> Vec<Node> {
        self.part.key().into_iter().map(|node| node.under(self.path)).collect()
    }

    fn read(&self, cursor: &mut Cursor<'_>) -> Result<Value> {
        self.part.read(cursor)
    }

    fn load<'a>(&'a self, level: Level<'a>, rows: Vec<(Value, &'a mut S)>) -> BoxFuture<'a, Result> {
        let inner = rows.into_iter().filter_map(|(key, row)| Some((key, (self.place)(row)?))).collect();
        self.part.load(level, inner)
    }
}

/// A to-many field: the shapes `N` of owners with keys `K`.
pub(super) struct ManyPart<S, N, K> {
    pub(super) owner: &'static ModelMeta,
    pub(super) path: PathKey,
    pub(super) linked: Linked,
    pub(super) select: Box<Select>,
    pub(super) place: fn(&mut S) -> &mut Vec<N>,
    pub(super) key: PhantomData<fn() -> K>,
}

impl<S: Shape, N: Shape, K: Key> Part<S> for ManyPart<S, N, K> {
    fn key(&self) -> Vec<Node> {
        self.owner.primary_key.iter().map(|part| Node::Column(self.path, *part)).collect()
    }

    fn read(&self, cursor: &mut Cursor<'_>) -> Result<Value> {
        if cursor.is_null(0)? {
            cursor.skip(K::WIDTH);
            return Ok(Value::Null);
        }
        Ok(K::read(cursor)?.to_key())
    }

    fn load<'a>(&'a self, level: Level<'a>, rows: Vec<(Value, &'a mut S)>) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            // An owner may stand in several rows (the director of two films): each gets shapes of its own.
            let (mut keys, mut owners, mut places) =
                (Vec::new(), HashMap::<K, Vec<usize>>::new(), Vec::new());
            for (value, row) in rows {
                if value.is_null() {
                    continue;
                }
                let slots = owners.entry(K::from_key(&value)?).or_default();
                if slots.is_empty() {
                    keys.push(value);
                }
                slots.push(places.len());
                places.push((self.place)(row));
            }
            if keys.is_empty() {
                return Ok(());
            }
            let level = level.deeper(S::Model::meta().name, N::Model::meta().name)?;
            let owners = Arc::new(owners);
            let mut found: Vec<(usize, N)> = Vec::new();
            let mut part_keys: Vec<Vec<Value>> = Vec::new();
            let mut plan = Plan::<N>::of();
            let parts: Parts<N> = std::mem::take(&mut plan.parts).into();
            for chunk in keys.chunks(keys_at_once(level.db.dialect().max_parameters, K::WIDTH)) {
                let select = self.children(chunk, &plan.columns, &parts)?;
                let rows = fetch::<N, K>(&select, Some(owners.clone()), parts.clone(), level).await?;
                found.extend(rows.rows);
                if part_keys.is_empty() {
                    part_keys = rows.keys;
                } else {
                    part_keys.iter_mut().zip(rows.keys).for_each(|(all, more)| all.extend(more));
                }
            }
            load(&parts, part_keys, found.iter_mut().map(|(_, child)| child).collect(), level).await?;
            for (slot, child) in found {
                if let Some(place) = places.get_mut(slot) {
                    place.push(child);
                }
            }
            Ok(())
        })
    }
}

impl<S, N, K> ManyPart<S, N, K> {
    /// The related rows of these owners, each with its owner's key before it.
    fn children(&self, keys: &[Value], columns: &[Node], parts: &Parts<N>) -> Result<Select> {
        let mut select = (*self.select).clone();
        select.columns.clear();
        let link = match self.linked {
            Linked::Field(field) => link(self.owner, field)?.1,
            Linked::Via(via) => Link::Key { via },
        };
        match link {
            Link::Key { via } => {
                let column = Node::Column(PathKey::ROOT, via);
                select.columns.push(column.clone());
                select.filter.push(Node::In(Box::new(column), keys.to_vec()));
            }
            Link::Table(Between { table, owner_column, related_column, .. }) => {
                select.columns.push(Node::OwnerKey);
                select.owners =
                    Some(Owners { table, owner_column, root_column: related_column, keys: keys.to_vec() });
            }
        }
        select.columns.extend_from_slice(columns);
        select.columns.extend(parts.iter().flat_map(|part| part.key()));
        select.prepare();
        Ok(select)
    }
}

/// The error for shapes in a circle.
#[cold]
pub(super) fn too_deep(outer: &str, inner: &str, levels: usize) -> Error {
    Error::internal(format!(
        "a shape of {outer} loads {inner} in more than {levels} levels of Vec fields: the shapes contain each other, \
         or rows point in a circle; give the inner level a shape of its own without the Vec"
    ))
}
