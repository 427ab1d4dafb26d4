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

#[data(modle = Film)]
struct OfModel {}

#[data]
struct Widgets {
    #[field(widget = "textaera")]
    a: String,
}

#[data]
struct DoesNotFit {
    #[field(widget = "checkbox")]
    a: String,
}

#[data]
struct NothingToOffer {
    #[field(widget = "radio")]
    a: i32,
}

#[data]
struct NoText {
    #[field(regex = "^a")]
    a: i32,
}

#[data]
struct NoSteps {
    #[field(step = 2)]
    a: String,
}

#[data]
struct AlwaysThere {
    #[field(required)]
    a: i32,
}

#[data]
struct Opposites {
    #[field(required, blank)]
    a: String,
}

#[data]
struct NoSuchRule {
    #[field(error(requierd = "who are you?"))]
    a: String,
}

fn short(text: &str) -> Result<(), String> {
    if text.len() < 9 { Ok(()) } else { Err("too long".into()) }
}

#[data]
struct OfAnotherType {
    #[field(validate = short)]
    a: i32,
}

#[data]
struct Fine {
    #[field(validate = short)]
    a: String,
}

fn names() {
    let _ = Fine.a.name();
    let _ = Fine.b.name();
}

#[data]
struct Borrowed<'a> {
    name: &'a str,
}

#[data]
enum Tuples {
    A(String),
    B {},
}

#[data]
struct Grouped {
    #[field(choices = [("Europe", ["de", "fr"]), ("Elsewhere", ["de"])])]
    country: String,
}

fn main() {}
