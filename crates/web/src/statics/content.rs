//! Files on disk, opened, and the types of all.

use std::{path::Path, sync::Arc, time::SystemTime};

use http::StatusCode;
use jiff::Timestamp;
use quintet_core::{Error, Result};

use super::files::State;
use crate::files::content::Content;

/// Opens a file. What is opened tells its own state, so that headers and content belong together.
///
/// # Errors
/// 404 if the file went away meanwhile; 500 if it can't be read.
pub(super) async fn open(path: &Path) -> Result<(Content, State)> {
    let missing = |error: std::io::Error| {
        let status = match error.kind() {
            std::io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Error::from(error).with_status(status).with_detail("file", path.display().to_string())
    };
    let file = tokio::fs::File::open(path).await.map_err(missing)?;
    let state = State::of(&file.metadata().await.map_err(missing)?);
    Ok((Content::Shared(Arc::new(file.into_std().await)), state))
}

/// HTTP's dates have no fractions.
pub(super) fn seconds(time: SystemTime) -> Option<Timestamp> {
    Timestamp::from_second(Timestamp::try_from(time).ok()?.as_second()).ok()
}

/// By the ending of the name; text is UTF-8.
pub(super) fn content_type(name: &str) -> String {
    let Some(guess) = mime_guess::from_path(name).first_raw() else {
        return "application/octet-stream".to_owned();
    };
    let text = guess.starts_with("text/")
        || matches!(
            guess,
            "application/javascript"
                | "application/json"
                | "application/manifest+json"
                | "application/xml"
                | "image/svg+xml"
        );
    if text { format!("{guess}; charset=utf-8") } else { guess.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_ending() {
        for (name, expected) in [
            ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.JSON", "application/json; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("a.wasm", "application/wasm"),
            ("a", "application/octet-stream"),
            ("a.what", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected);
        }
    }
}
