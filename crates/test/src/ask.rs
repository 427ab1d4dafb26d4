//! What is sent.

use axum::body::Bytes;
use http::Method;
use quintet_web::Url;

/// The host that requests without a network are for.
pub(crate) const HOST: &str = "testserver";

/// A request, as far as it may have to be made again.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) content_type: Option<&'static str>,
    /// The body, unless it was a stream.
    pub(crate) again: Option<Bytes>,
}

impl Ask {
    pub(crate) fn plain(method: Method, url: Url) -> Ask {
        Ask { method, url: url.to_string(), content_type: None, again: Some(Bytes::new()) }
    }

    pub(crate) fn with(method: Method, url: Url, content_type: &'static str, body: Bytes) -> Ask {
        Ask { method, url: url.to_string(), content_type: Some(content_type), again: Some(body) }
    }
}
