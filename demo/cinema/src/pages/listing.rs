//! The query behind a search, the same for the home page and for `films.json`.

use quintet::prelude::*;

use crate::models::{Film, Genre};
use crate::search::{Search, Sort};

/// The films that a search finds, in its order, not yet cut into pages.
pub(super) fn films(search: &Search) -> Result<QuerySet<Film>> {
    let mut films = Film.query();
    if let Some(words) = search.words() {
        films = films.filter(Film.title.icontains(words) | Film.director.name.icontains(words));
    }
    if let Some(slug) = &search.genre {
        films = films.filter(Film.genres.any(Genre.slug.eq(slug)));
    }
    if let Some(decade) = search.decade {
        let from = Date::new(decade, 1, 1)?;
        films = films.filter(Film.released.ge(from) & Film.released.lt(Date::new(decade + 10, 1, 1)?));
    }
    if let Some(least) = search.rating {
        films = films.filter(Film.imdb_rating.ge(f64::from(least)));
    }
    if let Some(certificate) = search.certificate {
        films = films.filter(Film.certificate.eq(certificate));
    }
    // The key at the end: films that are equal otherwise keep their order from page to page.
    Ok(match search.sort.unwrap_or_default() {
        Sort::Rating => films.order_by((Film.imdb_rating.desc(), Film.imdb_votes.desc(), Film.id.asc())),
        Sort::Newest => films.order_by((Film.released.desc(), Film.id.asc())),
        Sort::Oldest => {
            films.filter(Film.released.is_not_null()).order_by((Film.released.asc(), Film.id.asc()))
        }
        Sort::Gross => films.order_by((Film.worldwide_gross.desc(), Film.id.asc())),
        Sort::Title => films.order_by((Film.title.asc(), Film.id.asc())),
    })
}
