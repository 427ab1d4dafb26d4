//! What can be done from the command line: `cargo run -- add-note "Buy milk"`.

use quintet::prelude::*;

use crate::models::Note;

/// Adds a note.
#[command]
pub async fn add_note(
    /// What it says.
    text: String,
    db: &Db,
    console: &Console,
) -> Result {
    let note = create!(Note { text }).insert(db).await?;
    console.line(format!("Note {} is kept.", note.id));
    Ok(())
}
