//! Queries as data: what the typed front builds and the renderer ([`crate::sql`]) reads.
//!
//! [`Node`] is an expression, [`Select`] a query, [`PathKey`] a walk over foreign keys. None of them knows a
//! Rust type: types live in the front's `PhantomData`, so that no SQL code is instantiated for a query.
mod node;
mod path_key;
mod select;
mod visit;

pub use node::{Aggregate, Arithmetic, Comparison, Function, ManyNode, Node, TextTest, Where};
pub use path_key::PathKey;
pub use select::{Nulls, OrderBy, Owners, Select, model_columns};
