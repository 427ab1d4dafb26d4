//! Lists of reviews: one's own, and all of them for those who hide and show them.

use quintet::auth::{guard::can, safe_next};
use quintet::axum::http::HeaderMap;
use quintet::prelude::*;
use quintet::web::messages::Message;

use super::table::lost;
use crate::may::MODERATE;
use crate::models::Review;
use crate::search::Link;
use crate::view::review::{ReviewRow, Said};

/// Reviews in one stretch of a list.
const PER_PAGE: u64 = 20;

/// Which reviews a moderator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Choices)]
pub enum Which {
    /// All of them.
    #[default]
    All,
    /// Those that everybody sees.
    #[choice(label = "Seen by all")]
    Visible,
    /// Those that are hidden.
    Hidden,
}

/// Which stretch of which list.
#[data]
pub struct Looking {
    /// All of them if it says nothing.
    pub which: Option<Which>,
    /// After the review of this cursor.
    pub after: Option<String>,
    /// Before the review of this cursor.
    pub before: Option<String>,
}

/// The ways on from a stretch, by which it was asked for.
#[data]
pub struct Ways {
    /// Towards the newest.
    pub newer: Option<String>,
    /// Towards the oldest.
    pub older: Option<String>,
}

async fn stretch(
    reviews: QuerySet<Review>,
    looking: &Looking,
    base: impl Fn(&str, &str) -> String,
    db: &Db,
) -> Result<(Vec<Said>, Ways)> {
    let from = Seek::of(looking.after.as_deref(), looking.before.as_deref())?;
    let found = reviews
        .order_by((Review.created.desc(), Review.id.desc()))
        .shape::<ReviewRow>()
        .page_from(from, PER_PAGE, db)
        .await
        .map_err(lost)?;
    let ways = Ways {
        newer: found.previous.as_deref().map(|cursor| base("before", cursor)),
        older: found.next.as_deref().map(|cursor| base("after", cursor)),
    };
    Ok((found.items.into_iter().map(Said::from).collect(), ways))
}

/// What the visitor has said of films.
#[get("/reviews/mine/")]
pub async fn my_reviews(user: User, Query(looking): Query<Looking>, db: Db) -> Result<Page> {
    let base = |name: &str, cursor: &str| my_reviews::url().query(name, cursor).to_string();
    let (reviews, ways) = stretch(Review.filter(Review.author.eq(&user)), &looking, base, &db).await?;
    Ok(page!("my_reviews.html", reviews, ways))
}

/// All reviews, for those who hide and show them.
#[get("/reviews/", guard = can::named(MODERATE))]
pub async fn review_list(Query(looking): Query<Looking>, db: Db) -> Result<Page> {
    let which = looking.which.unwrap_or_default();
    let address = |which: Which| match which {
        Which::All => review_list::url(),
        some => review_list::url().query("which", some.value()),
    };
    let wanted = match which {
        Which::All => Review.query(),
        Which::Visible => Review::visible(),
        Which::Hidden => Review.filter(Review.hidden.eq(true)),
    };
    let base = |name: &str, cursor: &str| address(which).query(name, cursor).to_string();
    let (found, ways) = stretch(wanted, &looking, base, &db).await?;
    let links: Vec<Link> = Which::ALL
        .iter()
        .map(|of| Link {
            label: of.label().to_owned(),
            href: address(*of).to_string(),
            current: *of == which,
        })
        .collect();
    // A button leads back to where it was pressed.
    let here = match (&looking.after, &looking.before) {
        (Some(cursor), _) => base("after", cursor),
        (None, Some(cursor)) => base("before", cursor),
        (None, None) => address(which).to_string(),
    };
    Ok(page!("reviews_list.html", reviews: found, ways, links, here))
}

/// Where a button was pressed.
#[data]
pub struct Came {
    /// An address of this site.
    pub next: Option<String>,
}

/// Keeps a review from all but its author and moderators.
#[post("/reviews/{id}/hide/", atomic, guard = can::named(MODERATE))]
pub async fn hide_review(
    Path(id): Path<i64>,
    Query(came): Query<Came>,
    headers: HeaderMap,
    db: Db,
) -> Result<Page> {
    turn(id, true, &came, &headers, &db).await
}

/// Lets everybody see a review again.
#[post("/reviews/{id}/show/", atomic, guard = can::named(MODERATE))]
pub async fn show_review(
    Path(id): Path<i64>,
    Query(came): Query<Came>,
    headers: HeaderMap,
    db: Db,
) -> Result<Page> {
    turn(id, false, &came, &headers, &db).await
}

async fn turn(id: i64, hidden: bool, came: &Came, headers: &HeaderMap, db: &Db) -> Result<Page> {
    let review = Review.select_related(Review.film).get(id, db).await?;
    let film = review.film.get()?;
    let deed = if hidden { "hidden your review" } else { "shown your review again" };
    let text = format!("A moderator has {deed}: “{}”.", film.title);
    let film = film.id;
    Review.filter(Review.id.eq(id)).update(Review.hidden.set(hidden)).exec(db).await?;
    super::reviews::tell_of(&review, false, text, headers, db).await?;
    let said = if hidden {
        "The review is hidden: only its author and moderators see it."
    } else {
        "Everybody sees the review again."
    };
    let film = format!("{}#reviews", super::film::url(film));
    Ok(match came.next.as_deref().and_then(safe_next) {
        Some(next) if !next.starts_with("/films/") => redirect(next.to_owned()).flash(Message::success(said)),
        next => redirect(next.map_or(film, str::to_owned)).flash(super::reviews::told(said)),
    })
}
