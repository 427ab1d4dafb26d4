//! Quintet's ORM.
//!
//! A query passes once, forwards: builder ([`query`]) → erased AST ([`ast`]) → SQL ([`sql`]) → handle
//! ([`Db`], [`Tx`]) → driver ([`driver`]) → row ([`row`]) → struct. Types live in `PhantomData` over one AST,
//! so that no SQL code is instantiated for a query.
pub mod ast;
pub mod change;
mod clean;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only that driver copies"))]
mod copied;
mod create;
mod db;
pub mod decode;
pub mod dialect;
pub mod driver;
pub mod dynamic;
mod embed;
mod empty;
mod executor;
pub mod expr;
pub mod field;
pub mod fold;
mod hash;
mod instance;
mod isolation;
pub mod key;
pub mod model;
mod offer;
pub mod path;
pub mod prelude;
pub mod query;
pub mod relation;
mod room;
pub mod row;
#[doc(hidden)]
pub mod rt;
pub mod search;
pub mod shape;
pub mod signal;
mod sql;
mod stmt;
mod table;
mod validate;
mod write;

pub use clean::{Clean, CleanColumn, Taken, find_taken};
pub use db::{
    DatabaseRouter, Databases, Db, DbOptions, Notice, Notices, QueryLog, QueryRecord, Recording, Shell, Tx,
    TxBuilder,
};
pub use dialect::Dialect;
pub use embed::Embed;
pub use executor::{Executor, Transaction};
pub use expr::{Cond, Expr, Order};
pub use field::{StoredFile, StoredImage};
pub use instance::Instance;
pub use isolation::Isolation;
pub use model::{LiveModel, Model};
pub use query::{PageOf, QuerySet, Seek, Stretch};
pub use quintet_macros::{Choices, Embed, Shape, model};
pub use relation::{ForeignKey, HasMany, HasOne, ManyToMany, OneToOne};
pub use room::{DatabaseSettings, IntoModels, ModelSlot, Models, OrmRoom, RouteDatabases, registered_models};
pub use shape::Shape;
pub use stmt::{Access, Sql, Stmt};
pub use table::Table;
pub use validate::check as check_value;
pub use write::{Apply, Draft, Edit, Fill, IntoFields, Update};
