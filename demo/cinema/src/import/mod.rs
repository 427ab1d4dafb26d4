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
use std::io::BufReader;
use std::path::{Path, PathBuf};

use quintet::prelude::*;

pub use elements::{Broken, Element, Elements};
pub use film::FilmRow;
pub use report::{Kind, Notice, Remark, Report};

use store::Store;

/// The films that come with the cinema.
pub const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/movies.json");

/// Where the full report goes unless said otherwise.
pub const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.quintet/import-films.txt");

/// Rows that are written together.
const BATCH: usize = 200;

/// Reads `file` into the database: all of it, or, if anything fails, nothing.
///
/// A film that an earlier import wrote is left as it is.
///
/// # Errors
/// If the file can't be read, is no JSON array, or the database refuses. A row that is no good is no error: it is in the report.
pub async fn import(file: &Path, db: &Db, progress: &Progress) -> Result<Report> {
    let open = |file: &Path| -> Result<Elements<BufReader<File>>> {
        let opened = File::open(file)
            .map_err(|e| Error::bad_request(format!("can't open {}: {e}", file.display())))?;
        Ok(Elements::new(BufReader::new(opened)))
    };
    let elements = open(file)?;
    progress.begin("films", None);
    let report = db
        .atomic(async |tx| {
            let mut report = Report::default();
            let mut store = Store::new(tx);
            let mut batch = Vec::with_capacity(BATCH);
            for element in elements {
                let element =
                    element.map_err(|broken| Error::bad_request(format!("{}: {broken}", file.display())))?;
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

/// Import the films of a JSON file: those that come with the cinema, unless a file is named.
#[command]
pub async fn import_films(
    /** the file to read */
    file: Option<PathBuf>,
    /** where the full report goes */
    report: Option<PathBuf>,
    db: &Db,
    progress: &Progress,
    console: &Console,
) -> Result {
    let file = file.unwrap_or_else(|| DATA.into());
    let path = report.unwrap_or_else(|| REPORT.into());
    let report = import(&file, db, progress).await?;
    report.write(&path)?;
    console.line(report.text(3));
    console.line(format!("Every case is in {}", path.display()));
    Ok(())
}
