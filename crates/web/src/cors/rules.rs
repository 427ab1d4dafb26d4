//! What is said of whom, in headers that are ready.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use quintet_core::{Error, Result};

use super::Cors;
use crate::origins::{Origin, Trusted};

const ASKS_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// [`Cors`], understood.
#[derive(Debug)]
pub(crate) struct Rules {
    any: bool,
    origins: Trusted,
    paths: Vec<String>,
    methods: HeaderValue,
    /// None for any: what is asked for is answered.
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: HeaderValue,
    private_network: bool,
}

/// In a request's extensions: its page is of an origin that is let in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Granted {
    /// With cookies?
    pub(crate) credentials: bool,
}

/// What an answer is to say of the origin that asked.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// Nobody is let in who did not say where he is from, or is not of those.
    origin: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    varies: bool,
}

impl Rules {
    /// `who` is named in errors.
    ///
    /// # Errors
    /// If an origin, a method or a header is none, and if everybody were let in with cookies.
    pub(crate) fn of(cors: &Cors, who: &str) -> Result<Self> {
        let any = cors.origins.iter().any(|origin| origin == "*");
        if any && cors.credentials {
            return Err(Error::settings(format!(
                "{who} credentials: with cookies, `*` would let every site read what its visitors may read here; name the origins in \
                 `origins`"
            )));
        }
        let origins: Vec<String> = cors.origins.iter().filter(|origin| *origin != "*").cloned().collect();
        let list = |key: &str, words: &[String]| {
            let token = |word: &&String| {
                word.is_empty()
                    || !word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
            };
            if let Some(wrong) = words.iter().find(token) {
                return Err(Error::settings(format!("{who} {key}: `{}` is none", wrong.escape_debug())));
            }
            HeaderValue::try_from(words.join(", "))
                .map_err(|error| Error::settings(format!("{who} {key}: {error}")))
        };
        let methods: Vec<String> = cors.methods.iter().map(|method| method.to_ascii_uppercase()).collect();
        let all_headers = cors.headers.iter().any(|header| header == "*");
        let expose = (!cors.expose.is_empty()).then(|| list("expose", &cors.expose)).transpose()?;
        Ok(Rules {
            any,
            origins: Trusted::read(&origins, &format!("{who} origins"))?,
            paths: Vec::new(),
            methods: list("methods", &methods)?,
            headers: if all_headers { None } else { Some(list("headers", &cors.headers)?) },
            expose,
            credentials: cors.credentials,
            max_age: HeaderValue::from(cors.max_age.as_secs()),
            private_network: cors.private_network,
        })
    }

    /// At these paths only, and below them.
    pub(crate) fn at(mut self, paths: Vec<String>) -> Self {
        // Below the root is everywhere, whatever else is named.
        self.paths = if paths.iter().any(|path| path == "/") { Vec::new() } else { paths };
        self
    }

    /// What is to be said to a request; nothing at other paths.
    pub(crate) fn grant(&self, path: &str, headers: &HeaderMap) -> Option<Grant> {
        if !self.paths.is_empty() && !self.paths.iter().any(|at| is_at(path, at)) {
            return None;
        }
        let mut said = headers.get_all(header::ORIGIN).iter();
        let origin = said.next().filter(|_| said.next().is_none());
        let known = |origin: &&HeaderValue| {
            origin.to_str().ok().and_then(Origin::parse).is_some_and(|origin| self.origins.has(&origin))
        };
        let origin = match origin {
            // The same to everybody, so that an answer may be kept for all.
            _ if self.any => Some(HeaderValue::from_static("*")),
            other => other.filter(known).cloned(),
        };
        Some(Grant { origin, expose: self.expose.clone(), credentials: self.credentials, varies: !self.any })
    }

    /// The answer to whoever asks whether he may ask. Who may not gets none: the routes may let him in that the site as a whole does not, and
    /// what they answer says nothing either if they don't.
    pub(crate) fn preflight(&self, method: &Method, headers: &HeaderMap, grant: &Grant) -> Option<Response> {
        let asks = grant.origin.is_some()
            && method == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        let out = response.headers_mut();
        let vary = "access-control-request-method, access-control-request-headers";
        out.append(header::VARY, HeaderValue::from_static(vary));
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        let asked = || headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        if let Some(allowed) = self.headers.clone().or_else(asked) {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        out.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        if self.private_network && headers.contains_key(ASKS_PRIVATE) {
            out.insert(ALLOWS_PRIVATE, HeaderValue::from_static("true"));
        }
        Some(response)
    }
}

impl Grant {
    /// For what judges the request.
    pub(crate) fn granted(&self) -> Option<Granted> {
        self.origin.as_ref().map(|_| Granted { credentials: self.credentials })
    }

    /// Puts the words into an answer; what it says itself stays.
    pub(crate) fn dress(&self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        let Some(origin) = &self.origin else { return };
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = &self.expose {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }
}

/// Is it this path, or below it?
pub(crate) fn is_at(path: &str, at: &str) -> bool {
    let at = at.trim_end_matches('/');
    path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
