//! Signals of writes: typed events that an app listens to with `.on(..)`, inside the write's own transaction.
//!
//! A write asks whether any receiver hears of its model ([`Ears`]); if none does, nothing more happens. Otherwise it
//! takes a transaction (or a savepoint in one), tells the receivers before and after, and ends it: an error of theirs
//! undoes all. What is told is erased ([`raw`]); the model's [`Voice`], which its metadata carry, gives it the type that
//! receivers listen for.
mod delete;
mod ears;
mod links;
mod raw;
mod save;
mod voice;

pub use delete::{Deleted, Deleting};
pub(crate) use ears::{Ears, Moment};
pub use links::{LinksChanged, LinksChanging};
pub use raw::LinkAction;
pub(crate) use raw::{Links, Rows};
pub use save::{Saved, Saving};
pub use voice::Voice;
