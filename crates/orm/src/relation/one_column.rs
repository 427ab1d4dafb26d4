use std::{marker::PhantomData, ops::Deref};

use super::IntoPk;
use crate::{
    ast::Node,
    expr::{Cond, Expr},
    key::key_is,
    model::{Columns, Model},
    path::{OptVia, Path},
};

/// The other end of a one-to-one relation in a query: `User.profile`. It derefs to the other model's columns, as a
/// foreign key does that may be empty: `User.profile.city` is an `Option`, and a left join.
pub struct OneCol<P, T, const I: u16>(PhantomData<fn() -> (P, T)>);

impl<P, T, const I: u16> Clone for OneCol<P, T, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, T, const I: u16> Copy for OneCol<P, T, I> {}

impl<P, T, const I: u16> Default for OneCol<P, T, I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P, T, const I: u16> OneCol<P, T, I> {
    /// The relation number `I`.
    #[must_use]
    pub const fn new() -> Self {
        OneCol(PhantomData)
    }
}

impl<P: Path, T: Model, const I: u16> Deref for OneCol<P, T, I> {
    type Target = T::Columns<OptVia<P, T, I>>;

    fn deref(&self) -> &Self::Target {
        <T::Columns<OptVia<P, T, I>> as Columns>::NEW
    }
}

impl<P: Path, T: Model, const I: u16> OneCol<P, T, I> {
    /// There is no such row.
    pub fn is_null(self) -> Cond<P::Root> {
        // Any part of the key tells.
        let key = T::meta().primary_key.first().copied().unwrap_or_default();
        Expr::from_node(Node::IsNull(Box::new(Node::Column(P::KEY.push(I), key))))
    }

    /// There is such a row.
    pub fn is_not_null(self) -> Cond<P::Root> {
        !self.is_null()
    }

    /// It is this object: `User.profile.eq(&profile)`.
    pub fn eq(self, object: impl IntoPk<T>) -> Cond<P::Root> {
        Expr::from_node(key_is(T::meta(), object.into_pk()).under(P::KEY.push(I)))
    }

    /// It is another object, or none: the complement of `eq`.
    pub fn ne(self, object: impl IntoPk<T>) -> Cond<P::Root> {
        !self.eq(object)
    }
}

impl<P: Path, T: Model, const I: u16> crate::expr::ColumnNames<P::Root> for OneCol<P, T, I> {
    fn names(self) -> Vec<String> {
        vec![crate::expr::name::<P>(I)]
    }
}
