//! Genres and worlds: one with its films, and all of them.

use quintet::prelude::*;

use super::table::{At, Sums, stretch};
use crate::models::{Film, Genre, Kind};
use crate::search::Search;
use crate::view::bars::lying;
use crate::view::figures::{dollars, grouped};
use crate::view::film::Fact;
use crate::view::score::five;

/// A genre in the list.
#[data]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its slug, for its page.
    pub slug: String,
    /// How many films are here.
    pub films: String,
    /// What viewers gave them, with one decimal.
    pub rating: Option<String>,
    /// The class that draws the rating.
    pub five: Option<String>,
    /// What they earned, each.
    pub gross: Option<String>,
}

/// The genres of one kind.
#[data]
pub struct Drawer {
    /// What they say about a film.
    pub label: String,
    /// The heading's id.
    pub id: String,
    /// Those with the most films first.
    pub genres: Vec<Row>,
}

/// All genres and worlds.
#[get("/genres/")]
pub async fn genres(db: Db) -> Result<Page> {
    let all = Genre
        .order_by((Genre.films.count().desc(), Genre.name.asc()))
        .annotate((
            Genre.films.count(),
            Genre.films.avg(Film.imdb_rating),
            Genre.films.avg(Film.worldwide_gross),
        ))
        .all(&db)
        .await?;
    let count = all.len();
    let drawer = |kind: Kind, label: &str, id: &str| Drawer {
        label: label.into(),
        id: id.into(),
        genres: all
            .iter()
            .filter(|(genre, _)| genre.kind == kind)
            .map(|(genre, (films, rating, gross))| Row {
                name: genre.name.clone(),
                slug: genre.slug.clone(),
                films: grouped(films.unsigned_abs()),
                rating: rating.map(|n| format!("{n:.1}")),
                five: rating.map(five),
                gross: gross.filter(|n| *n > 0.0).map(|n| dollars(n.round() as i64)),
            })
            .collect(),
    };
    let drawers = vec![
        drawer(Kind::Genre, "By tone", "tones"),
        drawer(Kind::World, "By the world they are set in", "worlds"),
    ];
    let drawers: Vec<Drawer> = drawers.into_iter().filter(|drawer| !drawer.genres.is_empty()).collect();
    Ok(page!("genres.html", count, drawers))
}

/// A genre's films, the best rated first.
#[get("/genres/{slug}/")]
pub async fn genre(Path(slug): Path<String>, Query(at): Query<At>, db: Db) -> Result<Page> {
    let genre = Genre.filter(Genre.slug.eq(&slug)).one(&db).await?;
    let own = Film.filter(Film.genres.any(Genre.slug.eq(&slug)));
    let sums = Sums::of(own.clone(), &db).await?;
    let decades = own
        .clone()
        .filter(Film.released.is_not_null())
        .group_by(Film.released.year())
        .order_by(Film.released.year())
        .aggregate(Film.rows())
        .all(&db)
        .await?;
    let order = own.order_by((Film.imdb_rating.desc(), Film.imdb_votes.desc()));
    let base = genre::url(&slug).to_string();
    let (films, pager) = stretch(order, &at, sums.films.unsigned_abs(), &base, &db).await?;
    let fact = |name: &str, value: Option<String>| Fact { name: name.to_owned(), value };
    let facts = vec![
        fact("Films", Some(grouped(sums.films.unsigned_abs()))),
        fact("Viewers", sums.viewers.map(|n| format!("{n:.1}"))),
        fact("Critics", sums.critics.map(|n| format!("{n:.0} %"))),
        fact("Worldwide, each", sums.mean.map(|n| dollars(n.round() as i64))),
    ];
    let search = Search::default().in_genre(Some(&slug)).address(&super::home::url().to_string());
    let bars = lying(&by_decade(&decades), |n| grouped(n as u64));
    let busiest = bars.iter().find(|bar| bar.most);
    let decades_say = busiest.map(|bar| format!("Most are of the {}: {}", bar.name, bar.value));
    Ok(page!(
        "genre.html",
        name: genre.name.clone(),
        lead: sums.lead(),
        facts,
        films,
        pager,
        search,
        decades: bars,
        decades_say
    ))
}

/// Films by decade, from films by year in their order.
fn by_decade(years: &[(Option<i32>, i64)]) -> Vec<(String, f64)> {
    let mut decades: Vec<(i32, i64)> = Vec::new();
    for (year, films) in years.iter().filter_map(|(year, films)| Some(((*year)?, *films))) {
        let decade = year / 10 * 10;
        match decades.last_mut().filter(|(known, _)| *known == decade) {
            Some((_, sum)) => *sum += films,
            None => decades.push((decade, films)),
        }
    }
    decades.into_iter().map(|(decade, films)| (format!("{decade}s"), films as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_go_into_decades() {
        let years = [(None, 3), (Some(1969), 1), (Some(1970), 2), (Some(1979), 3), (Some(1990), 4)];
        let expected = [("1960s", 1.0), ("1970s", 5.0), ("1990s", 4.0)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(by_decade(&years), expected);
    }
}
