//! Rows that belong to others, made without their types.

use std::sync::Arc;

use quintet_core::{BoxFuture, Result, Value};
use quintet_orm::{
    Executor, Model,
    ast::Node,
    expr::{AssignValue, RawAssign},
    model::Key as _,
    relation::{FkCol, Many},
};

use super::Factory;

/// Makes a row and gives its key.
pub(super) type Make = Arc<dyn for<'a> Fn(&'a dyn Executor) -> BoxFuture<'a, Result<Value>> + Send + Sync>;

pub(super) fn maker<T: Model>(factory: Factory<T>) -> Make {
    Arc::new(move |db| {
        let made = factory.create(db);
        Box::pin(async move { Ok(made.await?.pk().to_key()) })
    })
}

pub(super) fn value(value: Value) -> AssignValue {
    AssignValue::Node(Node::Value(value))
}

pub(super) fn assign(field: u16, key: Value) -> RawAssign {
    RawAssign { field, value: value(key) }
}

/// A foreign key of `M`: `Film.director`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no foreign key of `{M}`",
    label = "expected a foreign key of `{M}`, such as `Film.director`"
)]
pub trait LeadsTo<M> {
    /// The model that it points to.
    type To: Model;

    /// Its index.
    #[doc(hidden)]
    fn field(&self) -> u16;
}

impl<M: Model, T: Model, const I: u16, const NULL: bool> LeadsTo<M> for FkCol<M, T, I, NULL> {
    type To = T;

    fn field(&self) -> u16 {
        I
    }
}

/// A many-to-many of `M`: `Film.tags`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no many-to-many relation of `{M}`",
    label = "expected a many-to-many of `{M}`, such as `Film.tags`"
)]
pub trait LeadsToMany<M> {
    /// The model on the other side.
    type To: Model;

    /// Its index.
    #[doc(hidden)]
    fn field(&self) -> u16;
}

impl<M: Model, T: Model, const I: u16> LeadsToMany<M> for Many<M, T, I> {
    type To = T;

    fn field(&self) -> u16 {
        I
    }
}
