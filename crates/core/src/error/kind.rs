use super::FieldErrors;

/// What sort of failure an [`Error`](super::Error) is, for code that decides by it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No such row, page or file (404).
    NotFound,
    /// One row was asked for and several answered.
    MultipleObjects,
    /// A relation was read that the query did not load.
    NotLoaded,
    /// Validation failed, by field (422).
    Invalid(FieldErrors),
    /// A uniqueness or another constraint was violated (409).
    Conflict {
        /// The constraint, index or columns that the database named.
        constraint: String,
    },
    /// A row can't go because others point to it (409).
    Protected,
    /// A setting is wrong or missing.
    Settings,
    /// A migration can't be read, planned or run.
    Migration,
    /// The database refused or failed.
    Database,
    /// The database or another service is busy or away; trying later may help (503).
    Unavailable,
    /// Another transaction got in the way of this one, and all of it was undone: running it again is safe and may help (503).
    Clash,
    /// A time limit was passed.
    Timeout,
    /// A template is wrong: syntax, missing file, missing name.
    Template,
    /// A handler, task or command panicked.
    Panic,
    /// Anything else.
    Other,
}
