//! Content codings: which one a client takes (`accepted`), what is worth it (`worth`), and the work itself (`codec`).
//!
//! Static files and what handlers answer pass here alike. Without the feature `compress` nothing is ever chosen.
#[cfg(feature = "compress")]
pub(crate) mod codec;

use http::{HeaderMap, HeaderValue, header};

/// A way to write a body shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// All that this build has, the best first.
    #[cfg(feature = "compress")]
    pub(crate) const ALL: &[Encoding] = &[Encoding::Brotli, Encoding::Gzip];
    #[cfg(not(feature = "compress"))]
    pub(crate) const ALL: &[Encoding] = &[];

    /// Its name in `Content-Encoding`.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Encoding::Brotli => "br",
            Encoding::Gzip => "gzip",
        }
    }

    /// What files that are written so end in.
    #[cfg(feature = "static")]
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Encoding::Brotli => "br",
            Encoding::Gzip => "gz",
        }
    }
}

/// What the client likes best; `None` if that is the body as it is. Of two that it likes as well, brotli.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<Encoding> {
    if Encoding::ALL.is_empty() {
        return None;
    }
    let mut weights = Weights::default();
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        weights.read(value);
    }
    weights.best()
}

#[derive(Default)]
struct Weights {
    brotli: Option<f32>,
    gzip: Option<f32>,
    identity: Option<f32>,
    any: Option<f32>,
}

impl Weights {
    fn read(&mut self, value: &HeaderValue) {
        for item in value.to_str().unwrap_or_default().split(',') {
            let mut pieces = item.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default();
            let weight =
                pieces.find_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
            // A weight that is none stands for none: the body goes out as it is.
            let weight = weight.map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let place = match () {
                () if name.eq_ignore_ascii_case("br") => &mut self.brotli,
                () if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    &mut self.gzip
                }
                () if name.eq_ignore_ascii_case("identity") => &mut self.identity,
                () if name == "*" => &mut self.any,
                () => continue,
            };
            *place = Some(place.unwrap_or(0.0).max(weight));
        }
    }

    fn best(&self) -> Option<Encoding> {
        let weight = |of: Option<f32>| of.or(self.any).unwrap_or(0.0);
        let (brotli, gzip) = (weight(self.brotli), weight(self.gzip));
        // Only a client that names the body as it is can like it better.
        let identity = self.identity.unwrap_or(0.0);
        let best = brotli.max(gzip);
        if best <= 0.0 || identity > best {
            return None;
        }
        Some(if brotli >= gzip { Encoding::Brotli } else { Encoding::Gzip })
    }
}

/// Does a body of this type get shorter? Images, films, archives and fonts for the web are packed already.
pub(crate) fn worth(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let (family, name) = kind.split_once('/').unwrap_or((kind, ""));
    if family.eq_ignore_ascii_case("text") {
        // A stream of events must leave piece by piece.
        return !name.eq_ignore_ascii_case("event-stream");
    }
    const NAMES: [&str; 16] = [
        "javascript",
        "json",
        "json-seq",
        "x-ndjson",
        "manifest",
        "xml",
        "wasm",
        "rtf",
        "x-javascript",
        "vnd.ms-fontobject",
        "x-font-ttf",
        "ttf",
        "otf",
        "x-icon",
        "vnd.microsoft.icon",
        "bmp",
    ];
    name.ends_with("+json")
        || name.ends_with("+xml")
        || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Says that the answer depends on what codings the client takes.
#[cfg(feature = "compress")]
pub(crate) fn vary(headers: &mut HeaderMap) {
    let named = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split(',').any(|name| name.trim().eq_ignore_ascii_case("accept-encoding") || name.trim() == "*")
    };
    if !headers.get_all(header::VARY).iter().any(named) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

#[cfg(all(test, feature = "compress"))]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses() {
        let chosen = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            accepted(&headers).map_or("as it is", Encoding::token)
        };
        for (value, expected) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("GZIP;Q=1", "gzip"),
            ("x-gzip", "gzip"),
            ("*", "br"),
            ("*;q=0", "as it is"),
            ("br;q=0, *", "gzip"),
            ("identity", "as it is"),
            ("identity;q=1, gzip;q=0.5", "as it is"),
            ("identity;q=0.5, gzip;q=1.0", "gzip"),
            ("identity;q=0", "as it is"),
            ("deflate, zstd", "as it is"),
            ("gzip;q=much", "as it is"),
            ("gzip;q=0.000", "as it is"),
            ("", "as it is"),
        ] {
            assert_eq!(chosen(value), expected, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
        let mut two = HeaderMap::new();
        two.append(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0.4"));
        two.append(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0.3"));
        assert_eq!(accepted(&two), Some(Encoding::Gzip));
    }

    #[test]
    fn what_is_packed_already_stays_as_it_is() {
        for kind in [
            "text/html; charset=utf-8",
            "TEXT/CSS",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
            "application/wasm",
            "font/ttf",
            "image/x-icon",
        ] {
            assert!(worth(kind), "{kind}");
        }
        for kind in [
            "image/png",
            "image/jpeg",
            "font/woff2",
            "application/zip",
            "application/gzip",
            "video/mp4",
            "application/octet-stream",
            "text/event-stream",
            "text/event-stream; charset=utf-8",
            "",
        ] {
            assert!(!worth(kind), "{kind}");
        }
    }

    #[test]
    fn vary_is_said_once() {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        vary(&mut headers);
        vary(&mut headers);
        let all: Vec<_> = headers.get_all(header::VARY).iter().collect();
        assert_eq!(all, ["accept", "accept-encoding"]);
    }
}
