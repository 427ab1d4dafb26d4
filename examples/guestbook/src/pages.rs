//! The pages of the book, below the address that the site installs it at.

use quintet::prelude::*;

use crate::{GuestbookSettings, models::Entry};

/// The newest entries.
#[get("/")]
pub async fn book(State(settings): State<GuestbookSettings>, db: Db) -> Result<Page> {
    let entries = Entry.query().limit(settings.per_page).all(&db).await?;
    let title = settings.title;
    Ok(page!("guestbook/book.html", entries, title))
}

/// One entry.
#[get("/{id}/")]
pub async fn entry(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let entry = Entry.get(id, &db).await?;
    Ok(page!("guestbook/entry.html", entry))
}

/// What a guest sends.
#[data]
pub struct Signed {
    /// The guest.
    #[field(min_length = 1, max_length = 80)]
    pub name: String,
    /// What they write.
    #[field(min_length = 1, max_length = 1000)]
    pub text: String,
}

/// Writes an entry, and says where it is.
#[post("/")]
pub async fn sign(Json(signed): Json<Signed>, db: Db) -> Result<Json<Entry>> {
    let Signed { name, text } = signed;
    Ok(Json(create!(Entry { name, text }).insert(&db).await?))
}
