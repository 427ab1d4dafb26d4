//! What people say about a film: the part of its page below the film itself, and all of the answer to a script.

use quintet::auth::Permissions;
use quintet::axum::http::HeaderMap;
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
    let tally = tally_of(film.id, db).await?;
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
        tally,
        own: own.map(Said::from),
    })
}

async fn tally_of(film: i64, db: &Db) -> Result<Tally> {
    let visible = Review::visible().filter(Review.film.eq(film));
    Ok(Tally::of(&visible.group_by(Review.stars).aggregate(Review.rows()).all(db).await?))
}

/// Which review a page shows that has changed.
#[data]
pub struct Changed {
    /// None if it shows none that has.
    pub review: Option<i64>,
}

/// What the reviews of a film come to, and one of them, which takes the place of the one that a page shows, or takes it away.
#[get("/films/{id}/tally/")]
pub async fn tally(
    Path(id): Path<i64>,
    Query(Changed { review: shown }): Query<Changed>,
    user: Option<User>,
    may: Permissions,
    headers: HeaderMap,
    db: Db,
) -> Result<Page> {
    if !super::is_partial(&headers) {
        return Ok(redirect(super::reviews::at_reviews(id)));
    }
    let tally = tally_of(id, &db).await?;
    let row = match shown {
        Some(review) => {
            let named = Review.filter(Review.id.eq(review) & Review.film.eq(id));
            named.shape::<ReviewRow>().first(&db).await?
        }
        None => None,
    };
    let own = user.is_some_and(|user| row.as_ref().is_some_and(|row| row.by(user.id)));
    let review = row.map(Said::from).filter(|said| !said.hidden || own || may.has(MODERATE));
    let page = page!("tally_part.html", tally, shown, review, own, film: id);
    Ok(page.header("Vary", VARY))
}

/// The part of the film's page, with a form in the place of the visitor's own review.
pub(super) fn part(talk: Talk, form: Option<&Form<ReviewInput>>) -> Page {
    let page = page!("reviews.html", talk, partial: true).with("form", &form);
    page.header("Vary", VARY)
}
