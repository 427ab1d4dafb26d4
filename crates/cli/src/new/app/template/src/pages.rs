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

/// What comes in.
#[data]
pub struct NewEntry {
    #[field(min_length = 1, max_length = 120)]
    pub title: String,
    #[field(default = "")]
    pub text: String,
}

/// Adds an entry, given as JSON.
#[post("/")]
pub async fn add(Json(new): Json<NewEntry>, db: Db) -> Result<Json<Entry>> {
    let NewEntry { title, text } = new;
    let entry = create!(Entry { title, text }).insert(&db).await?;
    Ok(Json(entry))
}
