//! What the films come to, all together.

use quintet::prelude::*;

use crate::models::{Director, Film, Genre, Kind};
use crate::view::bars::{Bar, columns, lying};
use crate::view::figures::{dollars, grouped};

/// A director in the table of the most successful.
#[data]
pub struct Success {
    /// The director's key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// How many films are here.
    pub films: i64,
    /// What they took in all.
    pub gross: String,
}

/// The films in figures: years, genres, ratings, money. Five queries, however many films there are.
#[get("/statistics/")]
pub async fn statistics(db: Db) -> Result<Page> {
    let counted = Film
        .filter(Film.released.is_not_null())
        .group_by(Film.released.year())
        .order_by(Film.released.year())
        .aggregate(Film.rows())
        .all(&db)
        .await?;
    let counted: Vec<(i32, i64)> = counted.into_iter().filter_map(|(year, n)| Some((year?, n))).collect();
    let genres = Genre
        .filter(Genre.kind.eq(Kind::Genre))
        .annotate((Genre.films.count(), Genre.films.avg(Film.worldwide_gross)))
        .order_by(Genre.films.avg(Film.worldwide_gross).desc())
        .all(&db)
        .await?;
    let ratings = Film
        .filter(Film.imdb_rating.is_not_null())
        .group_by(Film.imdb_rating.floor())
        .order_by(Film.imdb_rating.floor().desc())
        .aggregate(Film.rows())
        .all(&db)
        .await?;
    let certificates = Film
        .filter(Film.certificate.is_not_null())
        .group_by(Film.certificate)
        .order_by(Film.rows().desc())
        .aggregate((Film.rows(), Film.imdb_rating.avg()))
        .all(&db)
        .await?;
    let successes = Director
        .annotate((Director.films.count(), Director.films.sum(Film.worldwide_gross)))
        .filter(Director.films.sum(Film.worldwide_gross).gt(0))
        .order_by((Director.films.sum(Film.worldwide_gross).desc(), Director.name.asc()))
        .limit(10)
        .all(&db)
        .await?;

    let gross: Vec<(String, f64)> = genres
        .iter()
        .filter_map(|(genre, (films, gross))| Some((genre.name.clone(), (*gross)?)).filter(|_| *films > 0))
        .collect();
    let gross = lying(&gross, |n| dollars(n.round() as i64));
    let rated: Vec<(String, f64)> = ratings
        .into_iter()
        .filter_map(|(from, n)| Some((format!("{:.0} to {:.1}", from?, from? + 0.9), n as f64)))
        .collect();
    let rated = lying(&rated, |n| grouped(n as u64));
    let seen_by: Vec<(String, f64)> =
        certificates.iter().filter_map(|(c, (n, _))| Some(((*c)?.label().to_owned(), *n as f64))).collect();
    let seen_by = lying(&seen_by, |n| grouped(n as u64));
    let successes: Vec<Success> = successes
        .into_iter()
        .map(|(director, (films, gross))| {
            let gross = dollars(gross.unwrap_or_default());
            Success { id: director.id, name: director.name, films, gross }
        })
        .collect();
    let in_all = counted.iter().map(|(_, n)| *n).sum::<i64>();
    Ok(page!(
        "statistics.html",
        years: columns(&counted),
        years_say: busiest(&counted),
        gross_says: leader(&gross, "films earned the most: ", " each on average, worldwide"),
        gross,
        rated_says: leader(&rated, "is what most films were rated: ", " of them"),
        rated,
        seen_by_says: leader(&seen_by, "is the most common certificate: ", " films"),
        seen_by,
        successes,
        in_all: grouped(in_all.unsigned_abs())
    ))
}

/// The finding in a list of bars, in a sentence.
fn leader(bars: &[Bar], does: &str, unit: &str) -> Option<String> {
    let first = bars.iter().find(|bar| bar.most)?;
    Some(format!("{} {does}{}{unit}", first.name, first.value))
}

/// The year with the most films, in a sentence.
fn busiest(counts: &[(i32, i64)]) -> Option<String> {
    // The first of equals.
    let (year, films) = counts.iter().rev().max_by_key(|(_, n)| *n)?;
    Some(format!("{year} has the most films: {films}"))
}
