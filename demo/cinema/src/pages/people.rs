//! Directors: one with all films, and all of them.

use quintet::prelude::*;

use crate::models::{Director, Film};
use crate::view::chart::{Point, chart};
use crate::view::figures::{dollars, grouped};
use crate::view::score::five;

/// A film in a director's table.
#[data]
pub struct Line {
    /// The film's key.
    pub id: i64,
    /// Its title.
    pub title: String,
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
    fn of(film: &Film) -> Result<Self> {
        Ok(Self {
            id: film.id,
            title: film.title.clone(),
            year: film.released.map(|day| day.year()),
            genre: film.genre()?.map(|genre| genre.name.clone()),
            gross: film.worldwide_gross.filter(|n| *n > 0).map(dollars),
            critics: film.tomatoes,
            rating: film.imdb_rating.map(|rating| format!("{rating:.1}")),
            five: film.imdb_rating.map(five),
        })
    }
}

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
    Ok(page!(
        "director.html",
        name: director.name.clone(),
        lead: lead(&films),
        chart: chart(&director.name, &points),
        films: films.iter().map(Line::of).collect::<Result<Vec<_>>>()?
    ))
}

fn point(film: &Film) -> Option<Point> {
    let day = film.released?;
    let when = f64::from(day.year()) + f64::from(day.day_of_year() - 1) / f64::from(day.days_in_year());
    Some(Point { title: film.title.clone(), when, viewers: film.imdb_rating, critics: film.tomatoes })
}

/// `9 films here, 1994 to 2009.`
fn lead(films: &[Film]) -> String {
    let years = films.iter().filter_map(|film| film.released).map(|day| day.year());
    let span = match (years.clone().min(), years.max()) {
        (Some(first), Some(last)) if first != last => format!(", {first} to {last}"),
        (Some(year), _) => format!(", from {year}"),
        _ => String::new(),
    };
    format!("{} {} here{span}.", films.len(), if films.len() == 1 { "film" } else { "films" })
}

/// The directors of one initial.
#[data]
pub struct Letter {
    /// The heading, and the link that leads to it.
    pub letter: String,
    /// The heading's id.
    pub id: String,
    /// Who begins with it, by name.
    pub directors: Vec<Name>,
}

/// A director in the list.
#[data]
pub struct Name {
    /// The director's key.
    pub id: i64,
    /// The name.
    pub name: String,
}

/// All directors by their initial.
#[get("/directors/")]
pub async fn directors(db: Db) -> Result<Page> {
    let all = Director.query().order_by(Director.name.asc()).all(&db).await?;
    let heading =
        format!("{} {}", grouped(all.len() as u64), if all.len() == 1 { "director" } else { "directors" });
    let mut letters: Vec<Letter> = Vec::new();
    for director in all {
        let initial = director.name.chars().next().map_or_else(String::new, |c| c.to_uppercase().collect());
        let name = Name { id: director.id, name: director.name };
        match letters.last_mut().filter(|group| group.letter == initial) {
            Some(group) => group.directors.push(name),
            None => {
                let id = format!("letter-{}", letters.len() + 1);
                letters.push(Letter { letter: initial, id, directors: vec![name] });
            }
        }
    }
    Ok(page!("directors.html", heading, letters))
}
