struct Stars;

#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Cinema {
    best: Stars,
}

fn main() {}
