#[derive(Clone, quintet_macros::Settings)]
struct Cinema {
    per_page: u64,
}

fn main() {}
