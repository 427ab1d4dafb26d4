//! What is kept. After a change: `cargo run -- makemigrations`, then `cargo run -- migrate`.

use quintet::prelude::*;

/// One entry.
#[model(ordering = "-made")]
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is about.
    #[field(max_length = 120)]
    pub title: String,
    /// What it says.
    #[field(default = "")]
    pub text: String,
    /// When it was made.
    #[field(default = now)]
    pub made: Timestamp,
}
