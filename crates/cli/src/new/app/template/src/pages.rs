//! What is shown, and where: below the address that `src/lib.rs` installs the app at.

use quintet::prelude::*;

use super::models::Entry;

/// All entries, the newest first.
#[get("/")]
pub async fn list(db: Db) -> Result<Page> {
    let entries = Entry.query().limit(100).all(&db).await?;
    Ok(page!("__APP__/list.html", entries))
}

/// One entry; 404 if it is not there.
#[get("/{id}/")]
pub async fn detail(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let entry = Entry.get(id, &db).await?;
    Ok(page!("__APP__/detail.html", entry))
}

/// What people fill in.
#[data]
pub struct NewEntry {
    #[field(max_length = 120)]
    pub title: String,
    #[field(default = "", widget = "textarea")]
    pub text: String,
}

/// The form: shows it, takes it, and goes on to the new entry.
#[form("/new/")]
pub async fn add(db: Db, mut form: Form<NewEntry>) -> Result<Page> {
    let Some(NewEntry { title, text }) = form.valid() else {
        return Ok(page!("__APP__/add.html", form));
    };
    let entry = create!(Entry { title, text }).insert(&db).await?;
    Ok(redirect(detail::url(entry.id)))
}
