//! Relations, seen from two sides.
//!
//! Columns of queries: [`FkCol`] (`Film.director`, which derefs to the director's columns) and [`Many`]
//! (`Film.reviews`, which has quantifiers instead of columns). Values in rows: [`ForeignKey`], [`HasMany`] and
//! [`ManyToMany`], which hold related objects only where a query loaded them.
mod fk_column;
mod foreign_key;
mod has_many;
mod into_pk;
mod link;
mod many_column;
mod peers;
mod relation_to;
mod reverse;

pub use fk_column::FkCol;
pub use foreign_key::ForeignKey;
pub use has_many::{HasMany, ManyToMany};
pub use into_pk::{IntoOptPk, IntoPk};
pub(crate) use link::{Between, Link, link};
pub use many_column::{Many, ManyQuery};
pub use relation_to::{RelationTo, leads_to};
pub use reverse::Reverse;
