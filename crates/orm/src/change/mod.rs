//! What has changed, told after it lasts: the change feed.
//!
//! A write that somebody may want to hear of opens an [`Entry`]. What it changed goes to the log of its transaction
//! ([`log`]) or, outside of one, straight to the [`Feed`]; a log goes there when its transaction has committed. The feed
//! hands batches to its subscriptions ([`Changes`]). Everything is erased: metadata, keys as values, columns as indexes.
mod batch;
mod entry;
mod feed;
mod log;
mod queue;
mod subscription;

pub use batch::{Batch, Change, Keys, What};
pub(crate) use entry::{Entry, Note};
pub(crate) use feed::{Feed, FeedOwner};
pub(crate) use log::{Publication, TxLog};
pub use queue::Notice;
pub use subscription::Changes;
