//! What people say about a film: the part of its page below the film itself, and all of the answer to a script.

use quintet::auth::Permissions;
use quintet::prelude::*;

use super::VARY;
use super::reviews::ReviewInput;
use super::table::lost;
use crate::may::MODERATE;
use crate::models::{Film, Review};
use crate::view::review::{ReviewRow, Said, Tally};

/// Reviews in one stretch of the list.
const PER_PAGE: u64 = 10;

/// The reviews of a film.
#[data]
pub struct Talk {
    /// The film's key.
    pub film: i64,
    /// What it is called.
    pub title: String,
    /// A stretch of what people said, newest first, without the visitor's own.
    pub said: Vec<Said>,
    /// The cursor that the next stretch begins after.
    pub next: Option<String>,
    /// Does this stretch not begin with the newest?
    pub later: bool,
    /// What all of them come to, as far as everybody sees them.
    pub tally: Tally,
    /// What the visitor said.
    pub own: Option<Said>,
}

/// Asks for them: one query for the stars, one for the stretch, and one for the visitor's own where somebody has signed in.
pub(super) async fn talk(
    film: &Film,
    after: Option<&str>,
    user: Option<&User>,
    may: &Permissions,
    db: &Db,
) -> Result<Talk> {
    let of_film = Review.filter(Review.film.eq(film));
    let seen = if may.has(MODERATE) { of_film.clone() } else { of_film.filter(Review.hidden.eq(false)) };
    let (seen, own) = match user {
        Some(user) => {
            let own = Review.filter(Review.film.eq(film) & Review.author.eq(user));
            let own: Option<ReviewRow> = own.shape().first(db).await?;
            (seen.exclude(Review.author.eq(user)), own)
        }
        None => (seen, None),
    };
    let counts = Review::visible()
        .filter(Review.film.eq(film))
        .group_by(Review.stars)
        .aggregate(Review.rows())
        .all(db)
        .await?;
    let said = seen
        .order_by((Review.created.desc(), Review.id.desc()))
        .shape::<ReviewRow>()
        .page_from(Seek::of(after, None)?, PER_PAGE, db)
        .await
        .map_err(lost)?;
    Ok(Talk {
        film: film.id,
        title: film.title.clone(),
        next: said.next,
        later: said.previous.is_some(),
        said: said.items.into_iter().map(Said::from).collect(),
        tally: Tally::of(&counts),
        own: own.map(Said::from),
    })
}

/// The part of the film's page, with a form in the place of the visitor's own review.
pub(super) fn part(talk: Talk, form: Option<&Form<ReviewInput>>) -> Page {
    let page = page!("reviews.html", talk, partial: true).with("form", &form);
    page.header("Vary", VARY)
}
