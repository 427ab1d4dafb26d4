//! Queries: [`QuerySet`] builds a [`Select`], `run` renders it, asks the handle and decodes, `join` and `prefetch` load
//! related objects into the rows.
pub(crate) mod join;
pub(crate) mod prefetch;
mod query_set;
mod related;
mod run;
mod selection;

pub use join::ToOne;
pub use prefetch::IntoPrefetch;
pub use query_set::{Carry, QuerySet};
pub use related::Related;
pub(crate) use run::{is_empty, not_found};
pub use selection::Selection;

#[doc(no_inline)]
pub use crate::ast::Select;
