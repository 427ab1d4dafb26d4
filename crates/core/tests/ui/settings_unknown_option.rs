#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Cinema {
    #[setting(defualt = 20)]
    per_page: u64,
    #[setting(secert)]
    key: String,
}

fn main() {}
