//! The binary: `cargo run` serves the site, `cargo run -- help` lists what else it can do.

#[quintet::main]
fn main() -> quintet::Site {
    __CRATE__::site()
}
