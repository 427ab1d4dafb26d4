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

/// What a guest fills in.
#[data]
pub struct Signed {
    /// Your name.
    #[field(max_length = 80, autocomplete = "name")]
    pub name: String,
    /// Up to 1,000 characters.
    #[field(max_length = 1000, widget = "textarea")]
    pub text: String,
}

/// The form: shows it, takes it, and goes back to the book.
#[form("/sign/")]
pub async fn sign(db: Db, mut form: Form<Signed>) -> Result<Page> {
    let Some(Signed { name, text }) = form.valid() else { return Ok(page!("guestbook/sign.html", form)) };
    create!(Entry { name, text }).insert(&db).await?;
    Ok(redirect(book::url()))
}
