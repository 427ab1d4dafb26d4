//! What is kept of an answer, and under which key.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::or_insert;
use crate::policy::Additions;

/// What answers depend on in any case: host, way, path and query. The method does not: HEAD is answered by what GET was.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// `https` is the way that the browser came by, as far as the site believes it.
    pub(super) fn of<B>(request: &Request<B>, https: bool) -> Self {
        const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-host");
        let uri = request.uri();
        let host = uri.authority().map(|authority| authority.as_str().as_bytes());
        let mut hash = Sha256::new();
        for part in [
            host.or(request.headers().get(header::HOST).map(HeaderValue::as_bytes)),
            request.headers().get(FORWARDED).map(HeaderValue::as_bytes),
            // Addresses on the page may begin with it.
            Some(if https { b"https" } else { b"http" }),
            uri.path_and_query().map(|path| path.as_str().as_bytes()),
        ] {
            add(&mut hash, part);
        }
        Key(hash.finalize().into())
    }

    /// Where it stands by which headers the answers differ.
    pub(super) fn names(&self) -> String {
        format!("page:{}", hex(&self.0))
    }

    /// Where the answer for these headers stands.
    pub(super) fn at(&self, names: &[String], headers: &HeaderMap) -> String {
        let mut hash = Sha256::new();
        hash.update(self.0);
        for name in names {
            add(&mut hash, Some(name.as_bytes()));
            let values = headers.get_all(name.as_str());
            hash.update(values.iter().count().to_le_bytes());
            for value in values {
                add(&mut hash, Some(value.as_bytes()));
            }
        }
        format!("page:{}:{}", hex(&self.0), hex(&hash.finalize()))
    }
}

/// With its length, so that nothing of one part can be taken for the next.
fn add(hash: &mut Sha256, part: Option<&[u8]>) {
    hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
    hash.update(part.unwrap_or_default());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is kept: a line of JSON, and then the body.
pub(super) struct Entry {
    head: Head,
    body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Head {
    /// When it was made, in milliseconds since 1970.
    made: i64,
    /// For how long it is good, in milliseconds.
    keep: u64,
    tag: String,
    headers: Vec<(String, String)>,
    /// What the page may load beyond the usual.
    policy: Vec<(String, String)>,
}

/// Of the connection rather than of the answer, or made anew.
const PASSING: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl Entry {
    /// `None` if a header is no text.
    pub(super) fn new(
        made: Timestamp,
        keep: Duration,
        headers: HeaderMap,
        policy: Vec<(String, String)>,
        body: Bytes,
    ) -> Option<Self> {
        let mut texts = Vec::with_capacity(headers.len());
        for (name, value) in headers.iter().filter(|(name, _)| !PASSING.contains(name)) {
            texts.push((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
        }
        let tag = format!("W/\"{}\"", hex(Sha256::digest(&body).get(..8)?));
        let keep = u64::try_from(keep.as_millis()).ok()?;
        Some(Entry { head: Head { made: made.as_millisecond(), keep, tag, headers: texts, policy }, body })
    }

    pub(super) fn keep(&self) -> Duration {
        Duration::from_millis(self.head.keep)
    }

    /// Is it not too old?
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        let age = now.as_millisecond().saturating_sub(self.head.made);
        u64::try_from(age).unwrap_or_default() < self.head.keep
    }

    pub(super) fn bytes(&self) -> Option<Bytes> {
        let mut bytes = serde_json::to_vec(&self.head).ok()?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        Some(bytes.into())
    }

    /// `None` if that is no entry.
    pub(super) fn parse(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head = serde_json::from_slice(bytes.get(..end)?).ok()?;
        Some(Entry { head, body: bytes.slice(end + 1..) })
    }

    /// Tells clients for how long they may keep it, and by which tag they may ask for it, unless the answer says so itself.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        or_insert(headers, header::ETAG, self.head.tag.clone());
        or_insert(headers, header::CACHE_CONTROL, format!("max-age={}", self.keep().as_secs()));
    }

    /// The answer once more.
    pub(super) fn response(self, now: Timestamp) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        let headers = response.headers_mut();
        for (name, value) in &self.head.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        self.tell(headers);
        let age = now.as_millisecond().saturating_sub(self.head.made).max(0) / 1000;
        if let Ok(age) = HeaderValue::try_from(age.to_string()) {
            headers.insert(header::AGE, age);
        }
        if !self.head.policy.is_empty() {
            response.extensions_mut().insert(Additions::of_pairs(self.head.policy));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-a", "1"), ("x-a", "2"), ("content-type", "text/html"), ("connection", "close")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        let policy = vec![("img-src".to_owned(), "https://images.example.com".to_owned())];
        let body = Bytes::from_static(b"line\n\xff\nline");
        let minute = Duration::from_secs(60);
        let entry = Entry::new(at, minute, headers, policy, body.clone()).unwrap();
        let again = Entry::parse(&entry.bytes().unwrap()).unwrap();
        assert_eq!((again.keep(), &again.body), (minute, &body));
        let later = at.checked_add(jiff::SignedDuration::from_millis(9_900)).unwrap();
        assert!(again.is_good(later));
        assert!(!again.is_good(at.checked_add(minute).unwrap()));
        let response = again.response(later);
        assert_eq!(response.status(), StatusCode::OK);
        let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(
            (&response.headers()["age"], &response.headers()["cache-control"]),
            (&"9".parse().unwrap(), &"max-age=60".parse().unwrap())
        );
        assert!(!response.headers().contains_key("connection"));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
        response.extensions().get::<Additions>().unwrap().apply(&mut headers);
        assert!(
            headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("https://images.example.com")
        );
        for broken in ["", "{}", "{}\n", "no\nbody"] {
            assert!(Entry::parse(&Bytes::from_static(broken.as_bytes())).is_none(), "{broken}");
        }
    }

    #[test]
    fn keys_tell_apart_what_differs() {
        let key_by = |https: bool, uri: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().uri(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            Key::of(&request.body(()).unwrap(), https).names()
        };
        let key = |uri: &str, headers: &[(&str, &str)]| key_by(false, uri, headers);
        let base = key("/a?b", &[("host", "x")]);
        assert_eq!(base, key("/a?b", &[("host", "x"), ("accept", "y")]));
        // What anybody may write says nothing of the way.
        assert_eq!(base, key("/a?b", &[("host", "x"), ("x-forwarded-proto", "https")]));
        for other in [
            key("/a", &[("host", "x")]),
            key("/a?c", &[("host", "x")]),
            key("/a?b", &[("host", "y")]),
            key("/a?b", &[("host", "x"), ("x-forwarded-host", "y")]),
            key("/a?b", &[]),
            key_by(true, "/a?b", &[("host", "x")]),
        ] {
            assert_ne!(base, other);
        }
        let request = Request::builder().uri("/").body(()).unwrap();
        let names = ["x-a".to_owned(), "x-b".to_owned()];
        let of = |headers: &[(&'static str, &'static str)]| {
            let headers =
                headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
            Key::of(&request, false).at(&names, &headers.collect())
        };
        assert_eq!(of(&[("x-a", "1"), ("x-c", "2")]), of(&[("x-a", "1")]));
        let different = [of(&[("x-a", "1")]), of(&[("x-b", "1")]), of(&[("x-a", "")]), of(&[])];
        for (n, one) in different.iter().enumerate() {
            assert!(!different[..n].contains(one), "{n}");
        }
    }
}
