//! One error for all rooms.
//!
//! [`Error`] carries a status, a kind that code can match on, the chain of sources, the place where
//! it entered (`?` records it), and two texts kept apart: what a developer may read ([`Display`] and
//! the details) and what a client may read ([`Error::public_message`]). A status of 500 and above has
//! no public text of its own, whatever its message says.
//!
//! Data passes through it once, upwards: a driver, a parser or a handler makes it, `?` carries it,
//! and the web room (or the command line) renders it.
//!
//! [`Display`]: std::fmt::Display
#[cfg(feature = "axum")]
mod axum;
mod fields;
mod kind;
mod or_status;
mod source;

use std::{borrow::Cow, error::Error as StdError, fmt, panic::Location};

use http::{HeaderName, HeaderValue, StatusCode};

pub use fields::{FieldError, FieldErrors};
pub use kind::ErrorKind;
pub use or_status::OrStatus;
pub use source::SourcePlace;

/// `Result` with [`Error`], and with nothing to return unless said otherwise.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// Any failure, with the status that a client would get for it.
///
/// `?` turns every `std::error::Error` into one with status 500. Rooms make more telling ones:
/// "not found" is 404 and "invalid" is 422 by default.
///
/// ```
/// use quintet_core::{Error, Result};
///
/// fn port(text: &str) -> Result<u16> {
///     Ok(text.parse()?)
/// }
/// let error = port("eighty").unwrap_err();
/// assert_eq!(error.status(), 500);
/// assert_eq!(error.public_message(), "Internal Server Error");
/// assert!(error.to_string().contains("invalid digit"));
///
/// let error = Error::forbidden("Only the author may edit this.");
/// assert_eq!((error.status().as_u16(), &*error.public_message()), (403, "Only the author may edit this."));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    status: StatusCode,
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<BoxError>,
    at: &'static Location<'static>,
    place: Option<SourcePlace>,
    details: Vec<(&'static str, String)>,
    /// Messages by field of an error that is of another kind than `Invalid`.
    fields: Option<FieldErrors>,
    /// What the answer says beside the message.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Error {
    /// An error with this status and message. The message of a 4xx is public, that of a 5xx is not.
    #[track_caller]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Other, status, message)
    }

    /// An error of a kind that callers can tell apart.
    #[track_caller]
    pub fn of_kind(kind: ErrorKind, status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            status,
            kind,
            message: message.into(),
            source: None,
            at: Location::caller(),
            place: None,
            details: Vec::new(),
            fields: None,
            headers: Vec::new(),
        }))
    }

    /// A fault of the program or its surroundings: status 500, the message is for developers only.
    #[track_caller]
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Status 400: the request can't be understood.
    #[track_caller]
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Status 401: who asks must be known first.
    #[track_caller]
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// Status 403: known, and not allowed.
    #[track_caller]
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Status 404.
    #[track_caller]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::NotFound, StatusCode::NOT_FOUND, message)
    }

    /// Status 422 with a message for each field.
    #[track_caller]
    pub fn invalid(fields: FieldErrors) -> Self {
        let message = fields.to_string();
        Self::of_kind(ErrorKind::Invalid(fields), StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// A wrong or missing setting; the command line shows it with its place and ends with status 2.
    #[track_caller]
    pub fn settings(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Settings, StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// A failure that the database reported.
    #[track_caller]
    pub fn database(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Database, StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The same error with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The same error, laid to this place of the program instead of the one that made it.
    #[must_use]
    pub fn at(mut self, place: &'static Location<'static>) -> Self {
        self.0.at = place;
        self
    }

    /// The same error with the cause attached.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, pointing at a line of a file that the developer wrote (settings, template, migration).
    #[must_use]
    pub fn in_file(mut self, place: SourcePlace) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Adds something that helps a developer (`"SQL"`, `"template"`): shown in debug and in logs, never to a client.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.0.details.push((name, text.into()));
        self
    }

    /// The same error, said to have entered at another place: that of the program's call rather than that of the code
    /// which noticed.
    #[must_use]
    pub fn with_location(mut self, at: &'static Location<'static>) -> Self {
        self.0.at = at;
        self
    }

    /// The same error with messages by field: a conflict that a form shows beside the field that is taken.
    #[must_use]
    pub fn with_fields(mut self, fields: FieldErrors) -> Self {
        self.0.fields = Some(fields);
        self
    }

    /// The same error, whose answer has this header, too: `Retry-After`, `WWW-Authenticate`.
    ///
    /// ```
    /// use quintet_core::Error;
    /// use http::{HeaderValue, header};
    ///
    /// let busy = Error::new(http::StatusCode::SERVICE_UNAVAILABLE, "full");
    /// let busy = busy.with_header(header::RETRY_AFTER, HeaderValue::from(60));
    /// assert_eq!(busy.headers()[0].1, "60");
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The headers of its answer.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// The status that a client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What sort of failure this is.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The messages by field, if this is a validation failure, or the database found a value taken.
    #[must_use]
    pub fn field_errors(&self) -> Option<&FieldErrors> {
        match &self.0.kind {
            ErrorKind::Invalid(fields) => Some(fields),
            _ => self.0.fields.as_ref(),
        }
    }

    /// What a client may read: the message of a 4xx, only the reason phrase of anything else.
    #[must_use]
    pub fn public_message(&self) -> Cow<'_, str> {
        let reason = self.0.status.canonical_reason().unwrap_or("Error");
        let foreign = self.0.source.is_some() && matches!(self.0.kind, ErrorKind::Other);
        if !self.0.status.is_client_error() || self.0.message.is_empty() || foreign {
            return Cow::Borrowed(reason);
        }
        Cow::Borrowed(&self.0.message)
    }

    /// Where in the program the error was made or met `?`.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.0.at
    }

    /// The line of the developer's own file that is at fault, if it is one.
    #[must_use]
    pub fn place(&self) -> Option<&SourcePlace> {
        self.0.place.as_ref()
    }

    /// Named texts for developers.
    #[must_use]
    pub fn details(&self) -> &[(&'static str, String)] {
        &self.0.details
    }

    /// The causes, nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let first = self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static));
        std::iter::successors(first, |e| (*e).source())
    }

    /// The first cause of type `E`.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.causes().find_map(|e| e.downcast_ref())
    }

    /// Is this "no such row", so that a caller may go on without it?
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    #[track_caller]
    fn from(source: E) -> Self {
        Error(Box::new(Inner {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: ErrorKind::Other,
            message: Cow::Owned(source.to_string()),
            source: Some(Box::new(source)),
            at: Location::caller(),
            place: None,
            details: Vec::new(),
            fields: None,
            headers: Vec::new(),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.message.is_empty() {
            f.write_str(self.0.status.canonical_reason().unwrap_or("error"))?;
        } else {
            f.write_str(&self.0.message)?;
        }
        if let Some(place) = &self.0.place {
            write!(f, " ({place})")?;
        }
        Ok(())
    }
}

/// For logs and `unwrap` in tests: message, status, place, details and causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{}, at {}]", self.0.status.as_u16(), self.0.at)?;
        for (name, text) in &self.0.details {
            write!(f, "\n  {name}: {text}")?;
        }
        // The first cause is the message itself where `?` made the error from it.
        for cause in self.causes().filter(|c| c.to_string() != self.0.message) {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fault_keeps_its_text_from_the_client() {
        let error = Error::internal("password of db is hunter2");
        assert_eq!(error.public_message(), "Internal Server Error");
        assert!(error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_foreign_error_raised_to_404_keeps_its_text_too() {
        let error = Error::from(std::io::Error::other("/etc/secret")).with_status(StatusCode::NOT_FOUND);
        assert_eq!(error.public_message(), "Not Found");
    }

    #[test]
    fn the_question_mark_records_where_it_stood() {
        fn fails() -> Result<i32> {
            Ok("x".parse::<i32>()?)
        }
        let error = fails().unwrap_err();
        assert!(error.location().file().ends_with("error/mod.rs"));
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    }

    #[test]
    fn debug_lists_details_and_causes_once() {
        let error = Error::database("disk full").with_detail("SQL", "SELECT 1").with_source("enospc");
        let text = format!("{error:?}");
        assert!(text.contains("SQL: SELECT 1") && text.contains("caused by: enospc"), "{text}");
    }
}
