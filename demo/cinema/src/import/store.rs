//! Writes films: batch by batch, each name once, and no film twice.

use std::collections::HashMap;

use quintet::prelude::*;

use super::film::FilmRow;
use super::report::{Kind as Case, Notice, Remark, Report};
use crate::models::{Certificate, Director, Distributor, Film, Genre, Kind};

/// The writing end of an import, with the names it has met.
pub(super) struct Store<'t> {
    tx: &'t Tx,
    directors: HashMap<String, Director>,
    distributors: HashMap<String, Distributor>,
    genres: HashMap<String, Genre>,
}

impl<'t> Store<'t> {
    pub(super) fn new(tx: &'t Tx) -> Self {
        Self { tx, directors: HashMap::new(), distributors: HashMap::new(), genres: HashMap::new() }
    }

    /// Writes the films of `batch` that are not there yet, and empties it.
    pub(super) async fn write(&mut self, batch: &mut Vec<FilmRow>, report: &mut Report) -> Result {
        if batch.is_empty() {
            return Ok(());
        }
        let rows: Vec<i32> = batch.iter().map(|film| film.row).collect();
        let there = Film.filter(Film.source_row.is_in(rows)).all(self.tx).await?;
        let there: HashMap<i32, String> =
            there.into_iter().filter_map(|film| Some((film.source_row?, film.title))).collect();
        let mut drafts = Vec::with_capacity(batch.len());
        for film in batch.drain(..) {
            match there.get(&film.row) {
                Some(title) => {
                    report.already_there += 1;
                    if *title != film.title {
                        report.add(under_another_title(&film, title));
                    }
                }
                None => drafts.push(self.draft(film).await?),
            }
        }
        report.imported += drafts.len() as u64;
        Film.bulk_create(drafts, self.tx).await?;
        Ok(())
    }

    async fn draft(&mut self, film: FilmRow) -> Result<Draft<Film>> {
        let director = match film.director {
            Some(name) => Some(self.director(name).await?),
            None => None,
        };
        let distributor = match film.distributor {
            Some(name) => Some(self.distributor(name).await?),
            None => None,
        };
        let mut genres = Vec::new();
        for (name, kind) in [(film.genre, Kind::Genre), (film.creative_type, Kind::World)] {
            if let Some(name) = name {
                genres.push(self.genre(name, kind).await?);
            }
        }
        Ok(create!(Film {
            title: film.title,
            released: film.released,
            director: director.as_ref(),
            distributor: distributor.as_ref(),
            genres: &genres,
            certificate: film.certificate.and_then(certificate),
            source: film.source,
            running_time: film.running_time,
            us_gross: film.us_gross,
            worldwide_gross: film.worldwide_gross,
            dvd_sales: film.dvd_sales,
            budget: film.budget,
            imdb_rating: film.imdb_rating,
            imdb_votes: film.imdb_votes,
            tomatoes: film.tomatoes,
            source_row: film.row,
            remarks: film.remarks,
        }))
    }

    async fn director(&mut self, name: String) -> Result<Director> {
        if let Some(known) = self.directors.get(&name) {
            return Ok(known.clone());
        }
        let (director, _) = create!(Director { name: name.clone() }).or_get(Director.name, self.tx).await?;
        self.directors.insert(name, director.clone());
        Ok(director)
    }

    async fn distributor(&mut self, name: String) -> Result<Distributor> {
        if let Some(known) = self.distributors.get(&name) {
            return Ok(known.clone());
        }
        let (distributor, _) =
            create!(Distributor { name: name.clone() }).or_get(Distributor.name, self.tx).await?;
        self.distributors.insert(name, distributor.clone());
        Ok(distributor)
    }

    async fn genre(&mut self, name: String, kind: Kind) -> Result<Genre> {
        if let Some(known) = self.genres.get(&name) {
            return Ok(known.clone());
        }
        let slug = slug(&name);
        let (genre, _) =
            create!(Genre { name: name.clone(), slug, kind }).or_get(Genre.name, self.tx).await?;
        self.genres.insert(name, genre.clone());
        Ok(genre)
    }
}

/// The certificate that cleaning has named.
fn certificate(name: &'static str) -> Option<Certificate> {
    Certificate::from_value(name)
}

/// `Thriller/Suspense` as `thriller-suspense`.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The row's place is taken by a film of another title: another file was imported before, or somebody changed the title.
fn under_another_title(film: &FilmRow, title: &str) -> Notice {
    let remark = Remark {
        kind: Case::Doubtful,
        reason: "a film of this row is already there under another title, and stays as it is",
        before: film.title.clone(),
        after: Some(title.to_owned()),
    };
    Notice { row: film.row, film: film.title.clone(), field: "Title".into(), remark }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        assert_eq!(
            ["Drama", "Thriller/Suspense", "Kids Fiction", " A & B "].map(slug),
            ["drama", "thriller-suspense", "kids-fiction", "a-b"]
        );
    }

    #[test]
    fn every_certificate_that_cleaning_names_is_known() {
        for name in ["G", "PG", "PG-13", "R", "NC-17", "Not Rated"] {
            assert!(certificate(name).is_some(), "{name}");
        }
    }
}
