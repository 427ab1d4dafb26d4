//! Directors: one with all films, and all of them.

use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use super::names::{self, Looked, Name, Words};
use super::table::{Line, lead};
use crate::models::{Director, Film};
use crate::view::chart::{Point, chart};

/// A director's films, in a chart and in a table.
#[get("/directors/{id}/")]
pub async fn director(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let director = Director.get(id, &db).await?;
    let films = Film
        .filter(Film.director.eq(&director))
        .prefetch_related(Film.genres)
        .order_by((Film.released.desc(), Film.title.asc()))
        .all(&db)
        .await?;
    let points: Vec<Point> = films.iter().filter_map(point).collect();
    let years = films.iter().filter_map(|film| film.released).map(|day| day.year());
    let years = years.clone().min().zip(years.max());
    Ok(page!(
        "director.html",
        name: director.name.clone(),
        lead: lead(films.len() as u64, years),
        chart: chart(&director.name, &points),
        films: films.iter().map(Line::of).collect::<Result<Vec<_>>>()?
    ))
}

fn point(film: &Film) -> Option<Point> {
    let day = film.released?;
    let when = f64::from(day.year()) + f64::from(day.day_of_year() - 1) / f64::from(day.days_in_year());
    Some(Point { title: film.title.clone(), when, viewers: film.imdb_rating, critics: film.tomatoes })
}

/// All directors by their initial, or those whose name has what is looked for.
#[get("/directors/")]
pub async fn directors(form: SearchForm<Looked>, headers: HeaderMap, db: Db) -> Result<Page> {
    let mut all = Director.order_by(Director.name);
    if let Some(words) = form.data().and_then(Looked::words) {
        all = all.filter(Director.name.icontains(words));
    }
    let found = all.annotate(Director.films.count()).all(&db).await?;
    let name = |(director, films): (Director, i64)| Name {
        href: super::director::url(director.id).to_string(),
        name: director.name,
        films,
    };
    const WORDS: Words = Words {
        one: "director",
        at: "directors",
        lead: "By first name, as the source has them. It names a director for a little more than half of its films.",
    };
    Ok(names::page(&WORDS, form, found.into_iter().map(name).collect(), directors::url(), &headers))
}
