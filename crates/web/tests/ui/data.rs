use quintet_web::data;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Foreign;

#[data]
struct Unknown {
    #[field(max_lenght = 5)]
    name: String,
}

#[data]
struct NoLength {
    #[field(max_length = 5)]
    age: i32,
}

#[data]
struct WrongBound {
    #[field(min = "a")]
    age: i32,
}

#[data]
struct Inside {
    foreign: Foreign,
}

#[data(model = Film)]
struct OfModel {}

#[data]
struct Borrowed<'a> {
    name: &'a str,
}

#[data]
enum Tuples {
    A(String),
    B {},
}

fn main() {}
