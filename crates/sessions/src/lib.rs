//! Sessions in the site's database.
//!
//! A site installs [`app`], with the table of [`SessionRow`](struct@SessionRow); the room then puts [`DatabaseSessions`] among the services as the store of
//! the web room's sessions. A session is found by the hash of its browser's token, in one query by an index; it is written only when
//! something changed, and by its revision, so that two requests at the same time keep each other's keys.
mod app;
mod row;
mod store;

pub use app::{SessionsRoom, app};
pub use row::SessionRow;
pub use store::DatabaseSessions;
