//! `use quintet_orm::prelude::*` is enough for every snippet of the ORM.

pub use quintet_core::{
    Error, Result, Value,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp, Uuid},
};
pub use quintet_macros::{Choices, Embed, model};

pub use crate::{
    Apply as _, Clean, Db, Draft, Executor, Instance, Isolation, Model, Models as _, PageOf, QuerySet,
    RouteDatabases as _, Seek, Shape, Stretch, Tx,
    ast::{DateUnit, Exclude},
    create,
    expr::{
        Cond, Expr, Order, Window, call, case, cume_dist, dense_rank, exists, now, ntile, outer,
        percent_rank, random, rank, row_number, today, value, window,
    },
    field::{StoredFile, StoredImage},
    query::{JsonRows, raw},
    relation::{ForeignKey, HasMany, HasOne, ManyToMany, OneToOne},
    search::Snippet,
    signal::{Deleted, Deleting, LinksChanged, LinksChanging, Saved, Saving},
};
