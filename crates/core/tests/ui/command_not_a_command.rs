use quintet_core::commands;

struct Plain;

fn main() {
    let _ = commands![Plain];
}
