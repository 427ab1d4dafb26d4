//! `prefetch_related`: the objects of a to-many relation, or of the other end of a one-to-one, of all rows in one further
//! query.

use std::{collections::HashMap, marker::PhantomData, panic::Location, sync::Arc};

use quintet_core::{BoxFuture, Result, Value};

use super::{
    QuerySet,
    join::{Join, walk},
    query_set::Loads,
};
use crate::{
    ast::{Node, Owners, PathKey, Select, model_columns},
    executor::Executor,
    key::{Key, keys_at_once},
    model::{Erased, Model, Record, key_of},
    path::Path,
    relation::{Between, Link, Many, ManyQuery, OneCol, link},
};

/// Who asks, and from where.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The handle.
    pub(crate) db: &'a dyn Executor,
    /// The line of the whole query.
    pub(crate) at: &'static Location<'static>,
}

/// Loads something into rows.
pub trait Prefetch: Send + Sync {
    /// Loads it for all rows.
    fn load<'a>(&'a self, asked: Asked<'a>, rows: Vec<&'a mut dyn Record>) -> BoxFuture<'a, Result>;
}

/// A to-many relation of `M`, or of a model that foreign keys lead to from there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a to-many relation of `{M}`",
    label = "prefetch_related(..) takes a to-many relation of `{M}`; use select_related(..) for a foreign key"
)]
pub trait IntoPrefetch<M> {
    /// The joins to the model that has the relation.
    #[doc(hidden)]
    fn joins(out: &mut Vec<Join>);

    /// What loads it.
    #[doc(hidden)]
    fn into_prefetch(self) -> Arc<dyn Prefetch>;
}

impl<P: Path, C: Model, const I: u16> IntoPrefetch<P::Root> for Many<P, C, I> {
    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
    }

    fn into_prefetch(self) -> Arc<dyn Prefetch> {
        self.query().into_prefetch()
    }
}

impl<P: Path, C: Model, const I: u16> IntoPrefetch<P::Root> for ManyQuery<P, C, I> {
    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
    }

    fn into_prefetch(self) -> Arc<dyn Prefetch> {
        Arc::new(LoadMany::<<P::Target as Model>::Pk, C> {
            path: P::KEY,
            field: I,
            query: self.query,
            pack: all,
            marker: PhantomData,
        })
    }
}

impl<P: Path, T: Model, const I: u16> IntoPrefetch<P::Root> for OneCol<P, T, I> {
    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
    }

    fn into_prefetch(self) -> Arc<dyn Prefetch> {
        Arc::new(LoadMany::<<P::Target as Model>::Pk, T> {
            path: P::KEY,
            field: I,
            query: QuerySet::new(),
            pack: only,
            marker: PhantomData,
        })
    }
}

/// All objects of an owner, as `HasMany` keeps them.
fn all<C: Model>(group: Vec<C>) -> Option<Erased> {
    Some(Arc::new(group))
}

/// The only object of an owner, as `HasOne` keeps it.
fn only<C: Model>(group: Vec<C>) -> Option<Erased> {
    group.into_iter().next().map(|object| Arc::new(object) as Erased)
}

/// The objects `C` of owners with keys `K`.
struct LoadMany<K, C> {
    path: PathKey,
    field: u16,
    query: QuerySet<C>,
    /// How an owner keeps its objects.
    pack: fn(Vec<C>) -> Option<Erased>,
    marker: PhantomData<fn() -> K>,
}

impl<K: Key, C: Model> Prefetch for LoadMany<K, C> {
    fn load<'a>(&'a self, asked: Asked<'a>, rows: Vec<&'a mut dyn Record>) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut owners: Vec<(K, &mut dyn Record)> = Vec::with_capacity(rows.len());
            for row in rows {
                let Some(owner) = walk(row, self.path) else { continue };
                owners.push((K::from_key(&key_of(owner))?, owner));
            }
            let Some((_, first)) = owners.first() else { return Ok(()) };
            let (_, link) = link(first.model(), self.field)?;
            let mut groups: HashMap<K, Vec<C>> = HashMap::with_capacity(owners.len());
            for (key, _) in &owners {
                groups.entry(key.clone()).or_default();
            }
            let keys: Vec<Value> = groups.keys().map(Key::to_key).collect();
            for chunk in keys.chunks(keys_at_once(asked.db.dialect().max_parameters, K::WIDTH)) {
                for (key, child) in
                    children::<K, C>(&self.query, link, chunk).rows(asked.db, asked.at).await?
                {
                    groups.entry(key).or_default().push(child);
                }
            }
            // Rows that share an owner share its objects.
            let groups: HashMap<K, Option<Erased>> =
                groups.into_iter().map(|(key, group)| (key, (self.pack)(group))).collect();
            for (key, owner) in owners {
                if let (Some(relation), Some(group)) = (owner.relation_at_mut(self.field), groups.get(&key)) {
                    match group {
                        Some(group) => relation.put(group.clone()),
                        None => relation.put_nothing(),
                    }
                }
            }
            Ok(())
        })
    }
}

/// The related objects of some owners, each with its owner's key before it.
pub(crate) fn children<K: Key, C: Model>(
    query: &QuerySet<C>,
    link: Link,
    keys: &[Value],
) -> QuerySet<C, (K, C)> {
    let mut select: Box<Select> = query.select.clone();
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
    model_columns(C::meta(), PathKey::ROOT, &mut select.columns);
    let mut children = QuerySet::of(select, |cursor| Ok((K::read(cursor)?, C::from_row(cursor)?)));
    children.loads = query.loads.as_ref().map(|loads| {
        Box::new(Loads {
            carrier: |(_, child): &mut (K, C)| child as &mut dyn Record,
            joins: loads.joins.clone(),
            prefetches: loads.prefetches.clone(),
        })
    });
    children
}
