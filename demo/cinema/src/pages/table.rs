//! Films in a table: all of them, or a stretch of them with the ways on.

use quintet::prelude::*;

use super::start::drawing;
use crate::models::Film;
use crate::view::figures::dollars;
use crate::view::pager::{Pager, Place, pager, pages};
use crate::view::score::{Score, five};

/// Films in one stretch of a table.
const PER_PAGE: u64 = 25;

/// A film in a table.
#[data]
pub struct Line {
    /// The film's key.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Its poster's name, if it has one.
    pub poster: Option<String>,
    /// Its drawing, which takes the place of a poster.
    pub score: Score,
    /// The year of its release.
    pub year: Option<i16>,
    /// The genre's name.
    pub genre: Option<String>,
    /// Worldwide gross, in words.
    pub gross: Option<String>,
    /// Per cent of critics who liked it.
    pub critics: Option<i32>,
    /// Viewers' rating with one decimal.
    pub rating: Option<String>,
    /// The class that draws the rating.
    pub five: Option<String>,
}

impl Line {
    /// Makes the line of a film whose genres are loaded.
    ///
    /// # Errors
    /// If they are not.
    pub fn of(film: &Film) -> Result<Self> {
        Ok(Self {
            id: film.id,
            title: film.title.clone(),
            poster: film.poster.as_ref().map(|poster| poster.name().to_owned()),
            score: drawing(film)?,
            year: film.released.map(|day| day.year()),
            genre: film.genre()?.map(|genre| genre.name.clone()),
            gross: film.worldwide_gross.filter(|n| *n > 0).map(dollars),
            critics: film.tomatoes,
            rating: film.imdb_rating.map(|rating| format!("{rating:.1}")),
            five: film.imdb_rating.map(five),
        })
    }
}

/// Which stretch of a table is asked for.
#[data]
#[derive(Default)]
pub struct At {
    /// After the film of this cursor.
    pub after: Option<String>,
    /// Before the film of this cursor.
    pub before: Option<String>,
    /// Which stretch that is, to be shown.
    #[field(min = 1, max = 1_000_000)]
    pub page: Option<u64>,
}

/// A stretch of the films of a query, in its order: two queries, however many films there are. `count` is how many films there
/// are in all, `base` the page's address.
///
/// # Errors
/// Of status 400 if a cursor is none of this table.
pub async fn stretch(
    films: QuerySet<Film>,
    at: &At,
    count: u64,
    base: &str,
    db: &Db,
) -> Result<(Vec<Line>, Pager)> {
    let from = Seek::of(at.after.as_deref(), at.before.as_deref())?;
    let found = films.prefetch_related(Film.genres).page_from(from, PER_PAGE, db).await.map_err(lost)?;
    let href = |place: Place<'_>| match place {
        Place::First => base.to_owned(),
        Place::After(cursor, page) => format!("{base}?after={cursor}&page={page}"),
        Place::Before(_, 1) => base.to_owned(),
        Place::Before(cursor, page) => format!("{base}?before={cursor}&page={page}"),
    };
    let pager = pager(at.page.unwrap_or(1), pages(count, PER_PAGE), &found, href);
    Ok((found.items.iter().map(Line::of).collect::<Result<_>>()?, pager))
}

/// The error of an address that leads to no place in a list, in words for visitors.
pub(super) fn lost(error: Error) -> Error {
    if error.status().as_u16() != 400 {
        return error;
    }
    Error::bad_request(
        "The list can’t go on from there. The address was cut off or changed on its way, or it belongs to another order.",
    )
}

/// What films come to: their number, their years and their means.
pub struct Sums {
    /// How many there are.
    pub films: i64,
    /// The first and the last year.
    pub years: Option<(i16, i16)>,
    /// Viewers' rating, of ten.
    pub viewers: Option<f64>,
    /// Per cent of critics.
    pub critics: Option<f64>,
    /// US dollars, all together.
    pub gross: Option<i64>,
    /// US dollars, of each film.
    pub mean: Option<f64>,
}

impl Sums {
    /// Of a query: one more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(films: QuerySet<Film>, db: &Db) -> Result<Self> {
        let (films, (first, last), viewers, critics, gross) = films
            .aggregate(
                (
                    Film.rows(),
                    (Film.released.min(), Film.released.max()),
                    Film.imdb_rating.avg(),
                    Film.tomatoes.avg(),
                    (
                        Film.worldwide_gross.sum(),
                        Film.worldwide_gross.avg().filter(Film.worldwide_gross.gt(0)),
                    ),
                ),
                db,
            )
            .await?;
        let years = first.zip(last).map(|(first, last)| (first.year(), last.year()));
        Ok(Sums { films, years, viewers, critics, gross: gross.0.filter(|n| *n > 0), mean: gross.1 })
    }

    /// `9 films here, 1994 to 2009.`
    #[must_use]
    pub fn lead(&self) -> String {
        lead(self.films.unsigned_abs(), self.years)
    }
}

/// `9 films here, 1994 to 2009.`
#[must_use]
pub fn lead(films: u64, years: Option<(i16, i16)>) -> String {
    let span = match years {
        Some((first, last)) if first != last => format!(", {first} to {last}"),
        Some((year, _)) => format!(", from {year}"),
        None => String::new(),
    };
    let films = crate::view::figures::counted(films, "film");
    format!("{films} here{span}.")
}
