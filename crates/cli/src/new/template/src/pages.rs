//! What is shown, and where.

use quintet::prelude::*;

use crate::models::Note;

/// All notes, the newest first.
#[get("/")]
pub async fn home(db: Db) -> Result<Page> {
    let notes = Note.query().all(&db).await?;
    Ok(page!("home.html", notes))
}
