use quintet_orm::prelude::*;

#[model(app = "docs")]
pub struct Film {
    pub title: String,
    pub votes: i32,
    pub year: i32,
}

/// As `#[data(model = Film)]` makes it.
struct Title;

impl quintet_orm::Fill<Film> for Title {
    const GIVES: Option<&'static [&'static str]> = Some(&["title"]);

    fn fill(self, _: &mut Vec<quintet_orm::expr::RawAssign>) {}
}

fn main() {
    let _ = create!(Film { votes: 1, ..Title });
}
