//! `cargo run -p guestbook-site -- migrate`, then `cargo run -p guestbook-site`, then `http://127.0.0.1:8000/`.

#[quintet::main]
fn main() -> quintet::Site {
    guestbook_site::site()
}
