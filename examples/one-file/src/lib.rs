//! A guest book whose templates, style sheet and migrations are in the binary.
//!
//! A release build of every site is like that. This example is even where it is not released: the workspace's `Cargo.toml`
//! turns `debug-assertions` off for it, which is what `app!` goes by.
use quintet::prelude::*;

/// A line in the book.
#[model(ordering = "-id")]
pub struct Entry {
    /// What somebody wrote.
    #[field(max_length = 200)]
    pub text: String,
}

/// A line to be written.
#[data]
pub struct New {
    /// The line.
    #[field(min_length = 1, max_length = 200)]
    pub text: String,
}

/// The book.
#[get("/")]
pub async fn book(db: Db) -> Result<Page> {
    let entries = Entry.query().limit(50).all(&db).await?;
    Ok(page!("book.html", entries))
}

/// Writes a line.
#[post("/")]
pub async fn write(Json(new): Json<New>, db: Db) -> Result<Json<Entry>> {
    Ok(Json(create!(Entry { text: new.text }).insert(&db).await?))
}

/// The site.
pub fn site() -> Site {
    Site::new().install(app!("guests").models((Entry,)).routes(routes![book, write]))
}
