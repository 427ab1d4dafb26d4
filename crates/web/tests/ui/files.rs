use quintet_web::{Upload, data, post};

#[data]
struct WrongSize {
    #[field(max_size = "5 lightyears")]
    poster: Upload,
}

#[data]
struct WrongList {
    #[field(accept = "image/*, pdf")]
    poster: Upload,
}

#[data]
struct WrongDots {
    #[field(max_pixels = "many")]
    poster: Upload,
}

#[data]
struct WrongWidget {
    #[field(widget = "textarea")]
    poster: Upload,
}

#[data]
struct NoFile {
    #[field(max_size = "5 MB", accept = ".txt")]
    title: String,
}

#[post("/", max_body = "100 MBs")]
async fn wrong_body() {}

fn main() {}
