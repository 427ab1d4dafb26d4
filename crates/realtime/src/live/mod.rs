//! Live models: rows of a query, told again as they change.
//!
//! What the site writes to models that are `#[model(live)]` goes, after the commit, from the ORM's change feed (`follow`) into a topic of the
//! layer that each such model has (`told`): what happened and the keys, never the values. A [`Live`] listens to it (`ear`), gathers what
//! comes together (`gather`), asks the database for the rows of its query that are meant, and its [`Allow`] for each of them. `sse` makes
//! server-sent events of it.
mod allow;
mod ear;
mod follow;
mod gather;
mod query;
mod rows;
mod sse;
mod told;

pub use allow::Allow;
pub(crate) use follow::{follow, prepare, stop};
pub use query::LiveQuery;
pub use rows::{Live, LiveNews};
