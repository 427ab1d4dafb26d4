//! `cargo run -p chat`, then `http://127.0.0.1:8000/` in two browsers.

#[quintet::main]
fn main() -> quintet::Site {
    chat::site()
}
