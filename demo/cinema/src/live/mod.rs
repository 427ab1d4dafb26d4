//! What pages that are open are told: in [`FilmRoom`] all who look at a film, in [`Own`] the pages of one person, whatever they show.
//!
//! Events say that something has changed, and the pages load that part anew: no script makes HTML of what people typed, and everybody
//! gets what they may see. The other end is `static/cinema/live/`.

mod film_room;
mod own;

pub use film_room::{FilmRoom, Here, News, Say};
pub use own::{Note, Own};

use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

/// In this header a page says by which connection it hears.
const CONNECTION: &str = "x-connection";

/// Tells somebody's pages, all but the one that has sent this request: what it did it knows.
///
/// # Errors
/// If nothing knows the site's channels here.
pub async fn tell(user: i64, note: Note, from: &HeaderMap, db: &Db) -> Result {
    let page = from.get(CONNECTION).and_then(|id| id.to_str().ok()?.parse().ok());
    match page {
        Some(page) => Own { id: user }.send_except(note, page, db).await,
        None => Own { id: user }.send(note, db).await,
    }
}
