//! The errors of this room: all of kind `Migration`, for the person at the terminal.
use http::StatusCode;
use quintet_core::{Error, ErrorKind};

/// A migration that can't be read, planned or run.
#[track_caller]
pub(crate) fn refuse(message: impl Into<String>) -> Error {
    Error::of_kind(ErrorKind::Migration, StatusCode::INTERNAL_SERVER_ERROR, message.into())
}
