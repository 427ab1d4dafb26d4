//! `use quintet_orm::prelude::*` is enough for every snippet of the ORM.

pub use quintet_core::{
    Error, Result, Value,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp, Uuid},
};
pub use quintet_macros::{Choices, model};

pub use crate::{
    Db, Draft, Executor, Instance, Model, Models as _, PageOf, QuerySet, Shape, Tx,
    ast::DateUnit,
    create,
    expr::{Cond, Expr, Order, case, exists, now, outer, today, value},
    query::raw,
    relation::{ForeignKey, HasMany, ManyToMany},
};
