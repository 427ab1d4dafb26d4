#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Cinema {
    #[setting(default = -1)]
    per_page: u64,
    #[setting(default = 5)]
    name: String,
}

fn main() {}
