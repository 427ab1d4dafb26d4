//! Migration files: TOML, one file a migration, neutral to the database.
//!
//! [`parse`] reads a file with a place for every complaint; [`render`] writes one that a person can review. The two
//! are inverse to each other. [`Migration`] is the file as data.
//!
//! ```
//! use quintet_migrate::file;
//!
//! let text = r#"
//! depends = ["auth.0001_initial"]
//!
//! [[operation]]
//! op = "add_field"
//! model = "Film"
//! field = { name = "year", kind = "int" }
//! backfill = 1970
//! "#;
//! let migration = file::parse("cinema", "0002_film_year", "migrations/0002_film_year.toml", text).unwrap();
//! assert_eq!(migration.operations[0].describe(), "add field year to Film");
//!
//! let wrong = text.replace("backfill", "backfil");
//! let error = file::parse("cinema", "0002_film_year", "migrations/0002_film_year.toml", &wrong).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "add_field has no key `backfil`; did you mean `backfill`? (migrations/0002_film_year.toml:8:1)"
//! );
//! ```
mod operation;
mod read;
mod table;
mod write;

use quintet_core::{Error, Result, SourcePlace};

pub use read::parse;
pub use write::render;

use crate::{error::refuse, key::MigrationKey, operation::Operation, state::ProjectState};

/// A migration: what it needs and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// App and name.
    pub key: MigrationKey,
    /// What must be applied before.
    pub depends: Vec<MigrationKey>,
    /// The migrations that it stands for, if it was squashed from several.
    pub replaces: Vec<MigrationKey>,
    /// The steps, in order.
    pub operations: Vec<Operation>,
    pub(crate) source: Option<Source>,
}

/// The file that a migration was read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    /// The byte where `depends` stands.
    pub(crate) depends_at: usize,
    /// The byte where `replaces` stands.
    pub(crate) replaces_at: usize,
    /// The byte where each operation starts.
    pub(crate) operations_at: Vec<usize>,
}

impl Source {
    pub(crate) fn place(&self, offset: usize) -> SourcePlace {
        let (line, column) = SourcePlace::line_column(&self.text, offset);
        SourcePlace::new(self.file.clone(), line).with_column(column).with_text(self.text.clone())
    }
}

impl Migration {
    /// A migration that is in no file yet.
    #[must_use]
    pub fn new(key: MigrationKey, depends: Vec<MigrationKey>, operations: Vec<Operation>) -> Self {
        Migration { key, depends, replaces: Vec::new(), operations, source: None }
    }

    /// The same migration in the place of others.
    #[must_use]
    pub fn with_replaces(self, replaces: Vec<MigrationKey>) -> Self {
        Migration { replaces, ..self }
    }

    /// The same migration, whatever file it is in?
    #[must_use]
    pub fn same_as(&self, other: &Migration) -> bool {
        self.key == other.key
            && self.depends == other.depends
            && self.replaces == other.replaces
            && self.operations == other.operations
    }

    /// Takes the state through all operations.
    ///
    /// # Errors
    /// The first operation that does not fit, with its file and line.
    pub fn apply(&self, state: &mut ProjectState) -> Result {
        for (index, operation) in self.operations.iter().enumerate() {
            operation.apply(state).map_err(|error| self.locate(index, &error))?;
        }
        Ok(())
    }

    /// The error with the migration, the operation (counted from 0) and its line in front.
    #[must_use]
    pub fn locate(&self, index: usize, error: &Error) -> Error {
        let what = self.operations.get(index).map(ToString::to_string).unwrap_or_default();
        let mut located =
            refuse(format!("{}, operation {} ({what}): {error}", self.key, index.saturating_add(1)));
        for (name, text) in error.details() {
            located = located.with_detail(name, text.clone());
        }
        match self.operation_place(index) {
            Some(place) => located.in_file(place),
            None => located,
        }
    }

    /// Where an operation (counted from 0) stands.
    pub(crate) fn operation_place(&self, index: usize) -> Option<SourcePlace> {
        let source = self.source.as_ref()?;
        Some(source.place(*source.operations_at.get(index)?))
    }

    pub(crate) fn depends_place(&self) -> Option<SourcePlace> {
        self.source.as_ref().map(|source| source.place(source.depends_at))
    }

    pub(crate) fn replaces_place(&self) -> Option<SourcePlace> {
        self.source.as_ref().map(|source| source.place(source.replaces_at))
    }

    /// ` (file)`, for messages about the whole migration.
    pub(crate) fn whereabouts(&self) -> String {
        self.source.as_ref().map(|source| format!(" ({})", source.file)).unwrap_or_default()
    }
}
