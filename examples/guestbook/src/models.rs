//! What the book keeps.

use quintet::prelude::*;

/// What a guest wrote.
#[model(ordering = "-id")]
#[derive(Debug, Clone)]
pub struct Entry {
    /// The guest.
    #[field(max_length = 80)]
    pub name: String,
    /// What they wrote.
    #[field(max_length = 1000)]
    pub text: String,
    /// When.
    #[field(default = now)]
    pub signed: Timestamp,
}
