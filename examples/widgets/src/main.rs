//! `cargo run -p widgets`, then open `http://127.0.0.1:8000/`.

#[quintet::main]
fn main() -> quintet::Site {
    widgets::site()
}
