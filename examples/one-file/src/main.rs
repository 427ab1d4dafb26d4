//! `cargo run -p one-file`, then `curl http://127.0.0.1:8000/`. The binary runs from any folder, on any machine.

#[quintet::main]
fn main() -> quintet::Site {
    one_file::site()
}
