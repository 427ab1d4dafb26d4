//! Queries as data: what the typed front builds and the renderer ([`crate::sql`]) reads.
//!
//! [`Node`] is an expression, [`Select`] a query, [`PathKey`] a walk over foreign keys. None of them knows a
//! Rust type: types live in the front's `PhantomData`, so that no SQL code is instantiated for a query.
mod node;
mod part;
mod path_key;
mod search;
mod select;
mod visit;
mod window;

pub use node::{
    Aggregate, AggregateNode, Arithmetic, Comparison, Function, Hash, ManyNode, Math, Node, OuterNode,
    TextTest, Where,
};
pub use part::{DateFunction, DatePart, DateUnit, JsonAs, JsonStep};
pub use path_key::PathKey;
pub use search::{Group, Query, SearchAsk, SearchNode, Term};
pub(crate) use select::scope_of;
pub use select::{Combine, Lock, Nulls, OrderBy, Owners, Select, model_columns};
pub use window::{Exclude, Frame, FrameUnit, WindowCall, WindowFunction, WindowNode};
