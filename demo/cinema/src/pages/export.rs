//! Films as JSON.

use quintet::prelude::*;

use super::listing;
use super::start::chosen;
use crate::models::{Certificate, Film};
use crate::search::Search;

/// The most films in one answer.
const MOST: u64 = 100;

/// How many films an answer has.
#[data]
pub struct Slice {
    /// Films in one answer, 20 unless said otherwise; more than 100 are 100.
    #[field(min = 1)]
    pub limit: Option<u64>,
}

/// The answer of `films.json`.
#[data]
pub struct Films {
    /// How many films the search finds in all.
    pub count: u64,
    /// Where the next ones are, if there are more.
    pub next: Option<String>,
    /// Those of this page.
    pub results: Vec<FilmOut>,
}

/// A film in JSON. What is not known is null.
#[data]
pub struct FilmOut {
    /// The film's key.
    pub id: i64,
    /// The address of its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// First day in a cinema.
    pub released: Option<Date>,
    /// The director's name.
    pub director: Option<String>,
    /// The distributor's name.
    pub distributor: Option<String>,
    /// Genre and world.
    pub genres: Vec<String>,
    /// Who may see it.
    pub certificate: Option<Certificate>,
    /// What it is based on.
    pub source: Option<String>,
    /// Minutes.
    pub running_time: Option<i32>,
    /// US dollars.
    pub us_gross: Option<i64>,
    /// US dollars.
    pub worldwide_gross: Option<i64>,
    /// US dollars.
    pub dvd_sales: Option<i64>,
    /// US dollars.
    pub budget: Option<i64>,
    /// Viewers' rating, of ten.
    pub imdb_rating: Option<f64>,
    /// How many viewers rated it.
    pub imdb_votes: Option<i32>,
    /// Per cent of critics who liked it.
    pub tomatoes: Option<i32>,
}

impl FilmOut {
    /// The film in JSON; director, distributor and genres must be loaded.
    fn of(film: Film) -> Result<Self> {
        Ok(Self {
            id: film.id,
            url: super::film::url(film.id).to_string(),
            released: film.released,
            director: film.director_name()?.map(str::to_owned),
            distributor: film
                .distributor
                .as_ref()
                .map(|d| Ok::<_, Error>(d.get()?.name.clone()))
                .transpose()?,
            genres: film.genres.get()?.iter().map(|genre| genre.name.clone()).collect(),
            title: film.title,
            certificate: film.certificate,
            source: film.source,
            running_time: film.running_time,
            us_gross: film.us_gross,
            worldwide_gross: film.worldwide_gross,
            dvd_sales: film.dvd_sales,
            budget: film.budget,
            imdb_rating: film.imdb_rating,
            imdb_votes: film.imdb_votes,
            tomatoes: film.tomatoes,
        })
    }
}

/// Films as JSON, by the same parameters as the home page.
#[get("/films.json")]
pub async fn films_json(
    Query(search): Query<Search>,
    Query(slice): Query<Slice>,
    db: Db,
) -> Result<Json<Films>> {
    chosen(&search, &db, &[]).await?;
    let limit = slice.limit.unwrap_or(20).min(MOST);
    let found = listing::films(&search)?;
    let count = found.clone().count(&db).await?;
    let loaded =
        found.select_related(Film.director).select_related(Film.distributor).prefetch_related(Film.genres);
    let stretch = match (search.seek()?, search.page()) {
        // By number, as addresses were before they had cursors: what is inserted meanwhile moves films.
        (Seek::Start, page @ 2..) => {
            let items = loaded.limit(limit).offset((page - 1) * limit).all(&db).await?;
            Stretch { items, next: None, previous: None }
        }
        (from, _) => loaded.page_from(from, limit, &db).await?,
    };
    let next = stretch.next.as_deref().map(|cursor| {
        let next = Search { after: Some(cursor.to_owned()), ..search.begun() };
        let address = next.address(&films_json::url().to_string());
        slice.limit.map_or(address.clone(), |limit| format!("{address}&limit={limit}"))
    });
    let results = stretch.items.into_iter().map(FilmOut::of).collect::<Result<_>>()?;
    Ok(Json(Films { count, next, results }))
}
