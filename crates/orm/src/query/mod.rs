//! Queries: [`QuerySet`] builds a [`Select`], `run` renders it, asks the handle and decodes, `join` and `prefetch` load
//! related objects into the rows.
mod aggregate;
mod beside;
mod bulk;
mod combine;
pub(crate) mod join;
mod json;
mod paginate;
pub(crate) mod prefetch;
mod query_set;
mod raw;
mod related;
mod run;
mod seek;
mod selection;
mod stream;

pub use aggregate::Grouped;
#[doc(hidden)]
pub use beside::beside_models;
pub use combine::Combined;
pub use join::ToOne;
pub use json::JsonRows;
pub use paginate::PageOf;
pub use prefetch::IntoPrefetch;
pub(crate) use prefetch::children;
pub use query_set::{Carry, QuerySet};
pub use raw::{FromRow, Raw, raw};
pub use related::Related;
pub(crate) use run::{by_key, count, exists, is_empty, not_found};
pub use seek::{Seek, Stretch};
pub use selection::Selection;
pub use stream::Rows;

#[doc(no_inline)]
pub use crate::ast::Select;
