//! The cinema's binary: `cargo run -p cinema` makes the database, imports the films and serves them.

#[quintet::main]
fn main() -> quintet::Site {
    cinema::site()
}
