//! The smallest Quintet program: one address, one answer. `cargo run -p hello`, then `curl http://127.0.0.1:8000/`.
use quintet::prelude::*;

#[quintet::main]
async fn main() -> Result {
    Site::new().get("/", async || "Hello, world!").run().await
}
