//! `use quintet_orm::prelude::*` is enough for every snippet of the ORM.

pub use quintet_core::{
    Error, Result, Value,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp},
};
pub use quintet_macros::{Choices, model};

pub use crate::{
    Db, Draft, Executor, Instance, Model, Models as _, QuerySet, Tx, create,
    expr::{Cond, Expr, Order},
    relation::{ForeignKey, HasMany, ManyToMany},
};
