//! What is kept. After a change: `cargo run -- makemigrations`, then `cargo run -- migrate`.

use quintet::prelude::*;

/// Something to remember.
#[model(ordering = "-id")]
#[derive(Debug, Clone)]
pub struct Note {
    /// What it says.
    #[field(max_length = 200)]
    pub text: String,
}
