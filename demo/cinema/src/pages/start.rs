//! The home page: films found, page by page.

use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use super::table::lost;
use super::{VARY, is_partial, listing};
use crate::models::{Film, Genre, Kind, Review};
use crate::search::{Link, Search};
use crate::view::figures::counted;
use crate::view::pager::{pager, pages};
use crate::view::score::{Figures, Score, five, score};

/// Films on a page: full rows at two, four and five in a row.
const PER_PAGE: u64 = 20;

/// A film in the list.
#[data]
pub struct Card {
    /// The film's key.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Its poster's name, if it has one.
    pub poster: Option<String>,
    /// Year and director, as far as they are known.
    pub credit: String,
    /// Its drawing.
    pub score: Score,
    /// Viewers' rating with one decimal.
    pub rating: Option<String>,
    /// The class that draws the rating.
    pub five: Option<String>,
    /// What visitors gave it, of five, with one decimal; none if nobody has said anything.
    pub given: Option<String>,
    /// How many did: `3 reviews`.
    pub reviews: String,
}

impl Card {
    /// Makes the card of a film whose director and genres are loaded, and of the mean and the number of its reviews.
    fn of((film, (given, reviews)): &(Film, (Option<f64>, i64))) -> Result<Self> {
        let year = film.released.map(|day| day.year().to_string());
        let credit: Vec<String> = year.into_iter().chain(film.director_name()?.map(str::to_owned)).collect();
        Ok(Self {
            id: film.id,
            title: film.title.clone(),
            poster: film.poster.as_ref().map(|poster| poster.name().to_owned()),
            credit: credit.join(", "),
            score: drawing(film)?,
            rating: film.imdb_rating.map(|rating| format!("{rating:.1}")),
            five: film.imdb_rating.map(five),
            given: given.map(|mean| format!("{mean:.1}")),
            reviews: counted(reviews.unsigned_abs(), "review"),
        })
    }
}

/// The drawing of a film whose genres are loaded.
pub(super) fn drawing(film: &Film) -> Result<Score> {
    let figures = Figures {
        viewers: film.imdb_rating,
        critics: film.tomatoes,
        gross: film.worldwide_gross,
        budget: film.budget,
        votes: film.imdb_votes,
    };
    Ok(score(figures, film.genre()?.map(|genre| genre.slug.as_str())))
}

/// All films, or those that a search finds. To a script that asks for a part of the page (htmx says so in a header) only what was
/// found.
#[get("/")]
pub async fn home(Query(search): Query<Search>, headers: HeaderMap, db: Db) -> Result<Page> {
    let partial = is_partial(&headers);
    let genres = Genre.filter(Genre.kind.eq(Kind::Genre)).all(&db).await?;
    let genre = chosen(&search, &db, &genres).await?;
    let found = listing::films(&search)?;
    let count = found.clone().count(&db).await?;
    let reviews = || Film.reviews.filter(Review.hidden.eq(false));
    let stretch = found
        .select_related(Film.director)
        .prefetch_related(Film.genres)
        .annotate((reviews().avg(Review.stars), reviews().count()))
        .page_from(search.seek()?, PER_PAGE, &db)
        .await
        .map_err(lost)?;
    let films = stretch.items.iter().map(Card::of).collect::<Result<Vec<_>>>()?;

    let base = home::url().to_string();
    let name = genre.as_ref().map(|genre| genre.name.as_str());
    let chips = search.chips(&base, name);
    let pager =
        pager(search.page(), pages(count, PER_PAGE), &stretch, |place| search.at(place).address(&base));
    let plain = chips.is_empty() && pager.page == 1;
    let heading = if plain { counted(count, "film") } else { search.heading(name) };
    let all = Link {
        label: "All".into(),
        href: search.in_genre(None).address(&base),
        current: search.genre.is_none(),
    };
    let link = |g: &Genre| Link {
        label: g.name.clone(),
        href: search.in_genre(Some(&g.slug)).address(&base),
        current: search.genre.as_deref() == Some(g.slug.as_str()),
    };
    let genres: Vec<Link> = std::iter::once(all).chain(genres.iter().map(link)).collect();
    let json = Search { page: None, ..search.clone() }.address(&super::films_json::url().to_string());
    // What a search found has the address that the form would have led to; further pages are added to the list where it is.
    let address = search.address(&base);
    let values = page!(
        "home.html",
        films,
        heading,
        result: counted(count, "film"),
        chips,
        genres,
        q: search.words().unwrap_or_default(),
        genre: search.genre,
        choices: search.choices(),
        json,
        pager,
        partial
    );
    let page = values.header("Vary", VARY);
    Ok(match (partial, search.page.is_some()) {
        (true, false) => page.only("found").header("HX-Push-Url", address),
        (true, true) => page.only("found"),
        (false, _) => page,
    })
}

/// The genre that the search names: one of those on the page, or one of the worlds that a film's page links to.
pub(super) async fn chosen(search: &Search, db: &Db, known: &[Genre]) -> Result<Option<Genre>> {
    let Some(slug) = &search.genre else { return Ok(None) };
    if let Some(genre) = known.iter().find(|genre| genre.slug == *slug) {
        return Ok(Some(genre.clone()));
    }
    let genre = Genre.filter(Genre.slug.eq(slug)).first(db).await?;
    if genre.is_none() {
        let mut wrong = FieldErrors::new();
        wrong.push("genre", "There is no genre of this name.");
        wrong.into_result()?;
    }
    Ok(genre)
}
