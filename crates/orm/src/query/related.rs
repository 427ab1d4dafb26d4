use std::{marker::PhantomData, panic::Location};

use quintet_core::{BoxFuture, Result, Value, meta::ModelMeta};

use super::QuerySet;
use crate::{
    ast::{Comparison, Node, Owners, PathKey},
    executor::Executor,
    expr::{Cond, IntoAssigns, IntoOrders},
    model::Model,
    relation::{Between, IntoPk, Link, link},
    write::{Extra, LinkChange, change_links},
};

/// The related objects of one row: `film.related(Film.reviews)`, as a query and as a set that can be changed.
///
/// Changes are one statement each; those of several, as [`set`](Self::set) on a many-to-many, are a transaction.
#[must_use = "a set of related objects does nothing by itself"]
pub struct Related<C> {
    owner: &'static ModelMeta,
    field: u16,
    key: Value,
    extra: Option<Extra>,
    marker: PhantomData<fn() -> C>,
}

impl<C: Model> Related<C> {
    pub(crate) fn new(owner: &'static ModelMeta, field: u16, key: Value) -> Self {
        Related { owner, field, key, extra: None, marker: PhantomData }
    }

    /// The related objects as a query.
    ///
    /// # Panics
    /// Never: a relation that leads nowhere does not compile, and gives no rows if metadata was put together by hand.
    pub fn query(self) -> QuerySet<C> {
        let mut query = QuerySet::new();
        match link(self.owner, self.field) {
            Ok((_, Link::Key { via })) => {
                let column = Node::Column(PathKey::ROOT, via);
                query.select.add_filter(Node::compare(Comparison::Eq, column, Node::Value(self.key)));
            }
            Ok((_, Link::Table(Between { table, owner_column, related_column, .. }))) => {
                query.select.owners =
                    Some(Owners { table, owner_column, root_column: related_column, keys: vec![self.key] });
            }
            Err(_) => query.select.empty = true,
        }
        query
    }

    /// Only some of them.
    pub fn filter(self, condition: Cond<C>) -> QuerySet<C> {
        self.query().filter(condition)
    }

    /// Without some of them.
    pub fn exclude(self, condition: Cond<C>) -> QuerySet<C> {
        self.query().exclude(condition)
    }

    /// In this order.
    pub fn order_by(self, order: impl IntoOrders<C>) -> QuerySet<C> {
        self.query().order_by(order)
    }

    /// All of them.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<C>>> + Send {
        self.query().all(db)
    }

    /// How many there are.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn count(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        self.query().count(db)
    }

    /// What the rows of the model between get beside their two foreign keys, where [`add`](Self::add) and
    /// [`set`](Self::set) make new ones: `group.related(Group.members).with(Membership.role.set("guest")).add([&ann], &db)`.
    ///
    /// Those that are related already stay as they are.
    pub fn with<T: Model>(mut self, values: impl IntoAssigns<T>) -> Self {
        let extra = self.extra.get_or_insert_with(|| Extra { model: T::meta(), sets: Vec::new() });
        // Of another model than before: the newer one is what the error names.
        extra.model = T::meta();
        values.assigns(&mut extra.sets);
        self
    }

    /// Adds objects; those that are related already stay so. Through a foreign key, the objects leave their owner
    /// for this one.
    ///
    /// # Errors
    /// If the database fails, or an object does not exist.
    #[track_caller]
    pub fn add<'a, V: IntoPk<C>>(
        self,
        objects: impl IntoIterator<Item = V>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result> {
        self.change(LinkChange::Add(keys(objects)), db)
    }

    /// Makes exactly these objects the related ones.
    ///
    /// # Errors
    /// If the database fails, an object does not exist, or objects that leave have a foreign key that can't be empty.
    #[track_caller]
    pub fn set<'a, V: IntoPk<C>>(
        self,
        objects: impl IntoIterator<Item = V>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result> {
        self.change(LinkChange::Set(keys(objects)), db)
    }

    /// Takes objects out; the objects themselves stay.
    ///
    /// # Errors
    /// If the database fails, or the objects have a foreign key that can't be empty.
    #[track_caller]
    pub fn remove<'a, V: IntoPk<C>>(
        self,
        objects: impl IntoIterator<Item = V>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result> {
        self.change(LinkChange::Remove(keys(objects)), db)
    }

    /// Takes all objects out; the objects themselves stay.
    ///
    /// # Errors
    /// If the database fails, or the objects have a foreign key that can't be empty.
    #[track_caller]
    pub fn clear(self, db: &dyn Executor) -> BoxFuture<'_, Result> {
        self.change(LinkChange::Clear, db)
    }

    #[track_caller]
    fn change(self, change: LinkChange, db: &dyn Executor) -> BoxFuture<'_, Result> {
        let at = Location::caller();
        Box::pin(
            async move { change_links((self.owner, self.field), self.key, change, self.extra, db, at).await },
        )
    }
}

fn keys<C: Model, V: IntoPk<C>>(objects: impl IntoIterator<Item = V>) -> Vec<Value> {
    objects.into_iter().map(IntoPk::into_pk).collect()
}
