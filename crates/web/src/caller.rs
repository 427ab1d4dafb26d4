use std::{fmt, net::SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, OriginalUri},
};
use http::{HeaderName, HeaderValue, Method, Request, header, request::Parts};
use quintet_core::{Error, Result};

use crate::facts::{Common, Facts, Head};

/// Who has opened a long connection: as much of its request as is needed to ask again later who it is from, in little memory.
///
/// A connection that lives for hours outlasts what its request has found: its session may have ended, its user may have other
/// permissions. [`Caller::parts`] are those of a new request of the same browser, from which every extractor takes what is true now.
/// What layers have put beside the request is not kept.
pub struct Caller {
    common: Common,
    uri: Box<str>,
    peer: Option<SocketAddr>,
    /// Names and values, each ended by a line break, which none of them can have.
    headers: Box<[u8]>,
}

/// Said of the connection, of what it can take, and of the page that has opened it, as is all that begins with `sec-`: not of who it is.
const LEFT_OUT: [HeaderName; 5] =
    [header::ACCEPT_ENCODING, header::CACHE_CONTROL, header::CONNECTION, header::PRAGMA, header::UPGRADE];

impl Caller {
    /// Of a request.
    ///
    /// # Errors
    /// If it did not come through a site.
    pub fn of(parts: &Parts) -> Result<Self> {
        let facts = parts
            .extensions
            .get::<Facts>()
            .ok_or_else(|| Error::internal("this request has no caller: it did not come through a site"))?;
        let mut headers = Vec::new();
        for (name, value) in &parts.headers {
            if !LEFT_OUT.contains(name) && !name.as_str().starts_with("sec-") {
                headers.extend_from_slice(name.as_str().as_bytes());
                headers.push(b'\n');
                headers.extend_from_slice(value.as_bytes());
                headers.push(b'\n');
            }
        }
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        Ok(Caller {
            common: facts.common().clone(),
            uri: uri.to_string().into(),
            peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer),
            headers: headers.into(),
        })
    }

    /// What a new request of the same browser would have: the same address and headers, nothing found yet.
    ///
    /// # Errors
    /// None of a request that a server has read.
    pub fn parts(&self) -> Result<Parts> {
        let broken = |_| Error::internal("the request of a connection can't be read again");
        let mut request = Request::builder().method(Method::GET).uri(&*self.uri);
        let mut lines = self.headers.split(|byte| *byte == b'\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            let value = HeaderValue::from_bytes(value)
                .map_err(|_| Error::internal("a header can't be read again"))?;
            request = request.header(name, value);
        }
        let mut request = request.body(Body::empty()).map_err(broken)?;
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let facts = Facts::of(&request, Head::of(request.headers()), None, &self.common, None);
        request.extensions_mut().insert(self.common.services().clone());
        request.extensions_mut().insert(facts);
        Ok(request.into_parts().0)
    }

    /// The services of the site that it came to.
    #[must_use]
    pub fn services(&self) -> &quintet_core::Services {
        self.common.services()
    }
}

/// Without headers: they have secrets.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("peer", &self.peer).finish_non_exhaustive()
    }
}
