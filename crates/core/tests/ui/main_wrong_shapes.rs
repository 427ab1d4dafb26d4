mod one {
    #[quintet_macros::main]
    fn main() {}
}
mod two {
    #[quintet_macros::main]
    async fn main(args: Vec<String>) {}
}
mod three {
    #[quintet_macros::main(flavor = "current_thread")]
    async fn main() {}
}

fn main() {}
