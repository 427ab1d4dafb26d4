//! What is kept: structs with `#[model]`, which `src/lib.rs` lists. After a change: `cargo run -- makemigrations`, then
//! `cargo run -- migrate`.
