//! What rooms can tell a developer about a request: what led to its failure ([`DebugFacts`]), and what it did ([`Trace`]).
mod outline;
mod trace;

use crate::boxed::BoxFuture;
pub use crate::hidden::{MASK, is_secret};
pub use outline::outline;
pub use trace::{DebugPanel, DebugPanels, Note, Panel, Trace};

/// Watches a request for the debug page: the database room, for example, collects its statements. In a site's
/// services as `Arc<dyn DebugFacts>`, and asked only in debug.
pub trait DebugFacts: Send + Sync {
    /// What the facts are, as a heading: `Statements`.
    fn title(&self) -> &'static str;

    /// Does the work and gives what was seen meanwhile: names and texts, in the order in which they are shown.
    fn watch<'a>(&'a self, work: BoxFuture<'a, ()>) -> BoxFuture<'a, Vec<(String, String)>>;
}
