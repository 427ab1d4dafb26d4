use quintet_forms::Form;
use quintet_orm::prelude::*;
use quintet_web::data;

#[model(app = "docs")]
pub struct Film {
    pub title: String,
    pub votes: i32,
}

#[model(app = "docs")]
pub struct Other {
    pub title: String,
}

#[data(model = Film)]
struct Title {
    title: String,
}

#[data]
struct Loose {
    title: String,
}

fn of_another_model(new: Title) {
    let _ = create!(Other { ..new });
}

fn of_none(new: Loose) {
    let _ = create!(Film { votes: 1, ..new });
}

fn another_row(new: Title, other: Other) -> Result {
    new.apply(&mut other.edit())
}

fn names(form: &mut Form<Title>) {
    form.error(Title.titel, "");
    form.error(Loose.title, "");
}

fn main() {}
