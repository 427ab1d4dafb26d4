#[derive(Clone, quintet_macros::Settings)]
#[settings("My Cinema")]
struct Cinema {
    per_page: u64,
}

#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Other {
    #[setting(env = "database-url")]
    url: String,
    #[setting(name = "url")]
    address: String,
    #[setting(default = 5)]
    maybe: Option<u64>,
}

fn main() {}
