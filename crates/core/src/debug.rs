//! What rooms can tell a developer about a request: what led to its failure ([`DebugFacts`]), and what it did ([`Trace`]).
mod outline;
mod trace;

use crate::boxed::BoxFuture;
pub use outline::outline;
pub use trace::{DebugPanel, DebugPanels, Note, Panel, Trace};

/// What is shown in place of a secret: of one length for all.
pub const MASK: &str = "••••••••";

/// Words that make a name secret.
const SECRET: [&str; 12] = [
    "authorization",
    "cookie",
    "credential",
    "csrf",
    "key",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "token",
];

/// Does a value of this name let one in? It is then not shown, not even to a developer: pages are copied into tickets.
///
/// ```
/// use quintet_core::debug::is_secret;
/// assert!(is_secret("DB_PASSWORD") && is_secret("csrf_token") && !is_secret("title"));
/// ```
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

/// Watches a request for the debug page: the database room, for example, collects its statements. In a site's
/// services as `Arc<dyn DebugFacts>`, and asked only in debug.
pub trait DebugFacts: Send + Sync {
    /// What the facts are, as a heading: `Statements`.
    fn title(&self) -> &'static str;

    /// Does the work and gives what was seen meanwhile: names and texts, in the order in which they are shown.
    fn watch<'a>(&'a self, work: BoxFuture<'a, ()>) -> BoxFuture<'a, Vec<(String, String)>>;
}
