use std::{marker::PhantomData, ops::Deref};

use super::{IntoOptPk, IntoPk};
use crate::{
    ast::{Comparison, Node, OrderBy},
    expr::{Assign, Cond, Expr, IntoOrders, Order},
    field::FieldType,
    key::SingleKey,
    model::{Columns, Model},
    path::{Nullability, OptVia, OwnColumn, Path, Via},
    query::QuerySet,
};

/// A foreign key as a column: `Film.director`. It derefs to the other model's columns, so that
/// `Film.director.name` is a column of a query on `Film`.
pub struct FkCol<P, T, const I: u16, const NULL: bool>(PhantomData<fn() -> (P, T)>);

impl<P, T, const I: u16, const NULL: bool> Clone for FkCol<P, T, I, NULL> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, T, const I: u16, const NULL: bool> Copy for FkCol<P, T, I, NULL> {}

impl<P, T, const I: u16, const NULL: bool> Default for FkCol<P, T, I, NULL> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P, T, const I: u16, const NULL: bool> FkCol<P, T, I, NULL> {
    /// The foreign key number `I`.
    #[must_use]
    pub const fn new() -> Self {
        FkCol(PhantomData)
    }
}

impl<P: Path, T: Model, const I: u16> Deref for FkCol<P, T, I, false> {
    type Target = T::Columns<Via<P, T, I>>;

    fn deref(&self) -> &Self::Target {
        <T::Columns<Via<P, T, I>> as Columns>::NEW
    }
}

impl<P: Path, T: Model, const I: u16> Deref for FkCol<P, T, I, true> {
    type Target = T::Columns<OptVia<P, T, I>>;

    fn deref(&self) -> &Self::Target {
        <T::Columns<OptVia<P, T, I>> as Columns>::NEW
    }
}

impl<P: Path, T: Model, const I: u16, const NULL: bool> FkCol<P, T, I, NULL> {
    fn node(self) -> Node {
        Node::Column(P::KEY, I)
    }

    /// Points to this object: `Review.film.eq(&film)`, `Review.film.eq(7)`.
    pub fn eq(self, object: impl IntoPk<T>) -> Cond<P::Root> {
        Expr::from_node(Node::compare(Comparison::Eq, self.node(), Node::Value(object.into_pk())))
    }

    /// Does not point to this object: the complement of `eq`, so an empty key counts.
    pub fn ne(self, object: impl IntoPk<T>) -> Cond<P::Root> {
        Expr::from_node(Node::compare(Comparison::Ne, self.node(), Node::Value(object.into_pk())))
    }

    /// Points to one of these objects.
    pub fn is_in<V: IntoPk<T>>(self, objects: impl IntoIterator<Item = V>) -> Cond<P::Root> {
        let keys = objects.into_iter().map(IntoPk::into_pk).collect();
        Expr::from_node(Node::In(Box::new(self.node()), keys))
    }

    /// Points to one of the keys that another query answers:
    /// `Review.film.in_query(Film.filter(..).select(Film.id))`.
    pub fn in_query<S: Model, O: FieldType<Base = T::Pk>>(self, query: QuerySet<S, O>) -> Cond<P::Root>
    where
        T::Pk: SingleKey,
    {
        Expr::from_node(Node::InQuery(Box::new(self.node()), query.into_select()))
    }

    /// In the order of the keys.
    pub fn asc(self) -> Order<P::Root> {
        Order::new(self.node(), false)
    }

    /// In the opposite order of the keys.
    pub fn desc(self) -> Order<P::Root> {
        Order::new(self.node(), true)
    }
}

impl<P: Path, T: Model, const I: u16> FkCol<P, T, I, false> {
    /// The key itself as an expression: needs no join.
    pub fn key(self) -> Expr<P::Root, <P::Null as Nullability>::Of<T::Pk>>
    where
        T::Pk: SingleKey,
    {
        Expr::from_node(self.node())
    }
}

impl<P: Path, T: Model, const I: u16> FkCol<P, T, I, true> {
    /// The key itself as an expression: needs no join.
    pub fn key(self) -> Expr<P::Root, Option<T::Pk>>
    where
        T::Pk: SingleKey,
    {
        Expr::from_node(self.node())
    }

    /// Points to nothing.
    pub fn is_null(self) -> Cond<P::Root> {
        Expr::from_node(Node::IsNull(Box::new(self.node())))
    }

    /// Points to something.
    pub fn is_not_null(self) -> Cond<P::Root> {
        !self.is_null()
    }
}

impl<P: OwnColumn, T: Model, const I: u16> FkCol<P, T, I, false> {
    /// Points it to an object: `Review.film.set(&film)`.
    pub fn set(self, object: impl IntoPk<T>) -> Assign<P::Root> {
        Assign::node(I, Node::Value(object.into_pk()))
    }
}

impl<P: OwnColumn, T: Model, const I: u16> FkCol<P, T, I, true> {
    /// Points it to an object, or to none: `Film.studio.set(&studio)`.
    pub fn set(self, object: impl IntoOptPk<T>) -> Assign<P::Root> {
        Assign::node(I, Node::Value(object.into_opt_pk()))
    }

    /// Points it to nothing.
    pub fn set_null(self) -> Assign<P::Root> {
        Assign::node(I, Node::Value(quintet_core::Value::Null))
    }
}

impl<P: Path, T: Model, const I: u16, const NULL: bool> IntoOrders<P::Root> for FkCol<P, T, I, NULL> {
    fn orders(self, out: &mut Vec<OrderBy>) {
        self.asc().orders(out);
    }
}

impl<P: Path, T: Model, const I: u16, const NULL: bool> crate::expr::ColumnNames<P::Root>
    for FkCol<P, T, I, NULL>
{
    fn names(self) -> Vec<String> {
        vec![crate::expr::name::<P>(I)]
    }
}
