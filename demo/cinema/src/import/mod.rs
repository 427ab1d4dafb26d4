//! The import: a file of films, one transaction, and an account of everything that did not fit.
//!
//! The file passes through once. [`elements`] cuts it into rows, [`record`] parses a row, [`film`] sends each value through its
//! rule in [`clean`] (with the repairs of [`text`]), `store` writes what came out, and [`report`] keeps what there is to say.

pub mod clean;
pub mod elements;
pub mod film;
pub mod record;
pub mod report;
mod store;
pub mod text;
#[cfg(test)]
mod whole_file;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use quintet::prelude::*;

pub use elements::{Broken, Element, Elements};
pub use film::FilmRow;
pub use report::{Kind, Notice, Remark, Report};

use store::Store;

/// The films that come with the cinema: they are in the binary.
pub const FILMS: &[u8] = include_bytes!("../../data/movies.json");

/// Where the full report goes unless said otherwise, seen from the site's directory.
pub const REPORT: &str = ".quintet/import-films.txt";

/// Rows that are written together.
const BATCH: usize = 200;

/// Reads films into the database: all of them, or, if anything fails, none. `name` is that of the source, for its errors.
///
/// A film that an earlier import wrote is left as it is.
///
/// # Errors
/// If the source can't be read, is no JSON array, or the database refuses. A row that is no good is no error: it is in the report.
pub async fn import(source: impl BufRead + Send, name: &str, db: &Db, progress: &Progress) -> Result<Report> {
    progress.begin("films", None);
    let report = db
        .atomic(async |tx| {
            let mut report = Report::default();
            let mut store = Store::new(tx);
            let mut batch = Vec::with_capacity(BATCH);
            for element in Elements::new(source) {
                let element = element.map_err(|broken| Error::bad_request(format!("{name}: {broken}")))?;
                report.read += 1;
                let (film, notices) = film::read(&element);
                notices.into_iter().for_each(|notice| report.add(notice));
                batch.extend(film);
                progress.step();
                if batch.len() == BATCH {
                    store.write(&mut batch, &mut report).await?;
                }
            }
            store.write(&mut batch, &mut report).await?;
            Ok(report)
        })
        .await?;
    progress.finish();
    Ok(report)
}

/// [`import`] from a file.
///
/// # Errors
/// As [`import`], and if there is no such file.
pub async fn import_file(file: &Path, db: &Db, progress: &Progress) -> Result<Report> {
    let opened =
        File::open(file).map_err(|e| Error::bad_request(format!("can't open {}: {e}", file.display())))?;
    import(BufReader::new(opened), &file.display().to_string(), db, progress).await
}

/// [`import`] of the films that come with the cinema.
///
/// # Errors
/// If the database refuses.
pub async fn import_own(db: &Db, progress: &Progress) -> Result<Report> {
    import(FILMS, "the cinema's own films", db, progress).await
}

/// Import the films of a JSON file: those that come with the cinema, unless a file is named.
#[command]
pub async fn import_films(
    /** the file to read */
    file: Option<PathBuf>,
    /** where the full report goes */
    report: Option<PathBuf>,
    db: &Db,
    settings: &Settings,
    progress: &Progress,
    console: &Console,
) -> Result {
    let path = report.unwrap_or_else(|| settings.path(REPORT));
    let report = match file {
        Some(file) => import_file(&file, db, progress).await?,
        None => import_own(db, progress).await?,
    };
    report.write(&path)?;
    console.line(report.text(3));
    console.line(format!("Every case is in {}", path.display()));
    Ok(())
}
