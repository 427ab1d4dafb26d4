//! Relations, seen from two sides.
//!
//! Columns of queries: [`FkCol`] (`Film.director`, which derefs to the director's columns), [`OneCol`] (`User.profile`,
//! which does so from the other side) and [`Many`] (`Film.reviews`, which has quantifiers instead of columns). Values in
//! rows: [`ForeignKey`], [`HasOne`], [`HasMany`] and [`ManyToMany`], which hold related objects only where a query loaded them.
mod fk_column;
mod foreign_key;
mod has_many;
mod has_one;
mod into_pk;
mod link;
mod many_column;
mod one_column;
mod peers;
mod relation_to;
mod reverse;

pub use fk_column::FkCol;
pub(crate) use foreign_key::show;
pub use foreign_key::{ForeignKey, OneToOne};
pub use has_many::{HasMany, ManyToMany};
pub use has_one::HasOne;
pub use into_pk::{IntoOptPk, IntoPk};
pub(crate) use link::{Between, Link, link};
pub use many_column::{Many, ManyQuery};
pub use one_column::OneCol;
pub use relation_to::{RelationTo, leads_by_key, leads_to, leads_to_one};
pub use reverse::Reverse;
