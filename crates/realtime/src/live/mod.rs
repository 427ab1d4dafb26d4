//! Live models: rows of a query, told again as they change.
//!
//! What the site writes to models that are `#[model(live)]` goes, after the commit, from the ORM's change feed (`follow`) into a topic of the
//! layer that each such model has (`told`): what happened and the keys, never the values. A [`Live`] listens to it (`ear`), gathers what
//! comes together (`gather`), asks the database for the rows of its query that are meant, and its [`Allow`] for each of them. `sse` makes
//! server-sent events of it.
//!
//! For browsers a [`LiveChannel`] is a topic of such rows. Each has one `feed` in a process, which loads what has changed once (`judge` knows the
//! types), and tells each client its part of that `parcel`.
mod allow;
mod channel;
mod ear;
mod feed;
mod follow;
mod gather;
mod judge;
mod parcel;
mod query;
mod rows;
mod sse;
mod told;

pub use allow::Allow;
pub use channel::{LiveChannel, LiveChanneling, RowNews};
pub(crate) use follow::{follow, prepare, stop};
pub use query::LiveQuery;
pub use rows::{Live, LiveNews};
