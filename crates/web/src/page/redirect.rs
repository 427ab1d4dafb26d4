use http::{HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use quintet_core::{Error, Result};

use super::{Content, Page};
use crate::url::Url;

/// What can't be in a header, or would end an address early.
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\');

/// Sends the client to another address, which it gets with GET: status 303.
///
/// `redirect(film::url(7))`, or any text. Do not pass on an address that a client gave: it may lead anywhere.
///
/// ```
/// let page = quintet_web::redirect("/films/").status(301);
/// assert_eq!(page.target().map(ToString::to_string).as_deref(), Some("/films/"));
/// ```
pub fn redirect(to: impl Into<Url>) -> Page {
    Page::of_content(Content::Redirect(to.into()), StatusCode::SEE_OTHER)
}

/// Tells the client that it has this page already: status 304, without a body. For handlers that ask [`Known`](crate::Known).
pub fn unchanged() -> Page {
    Page::of_content(Content::Unchanged, StatusCode::NOT_MODIFIED)
}

pub(super) fn location(url: &Url) -> Result<HeaderValue> {
    let text = url.resolve()?;
    // Line breaks and the like become `%0A`: no header can be smuggled in.
    let encoded = utf8_percent_encode(&text, HEADER).to_string();
    HeaderValue::from_str(&encoded)
        .map_err(|e| Error::internal(format!("can't redirect to {text:?}")).with_source(e))
}
