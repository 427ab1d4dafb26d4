//! What a request's head has, found in one walk over it: most requests have little of what is asked for, and to look each name up
//! would cost more than the walk.

use http::HeaderMap;

/// Which of the headers that a request is asked for are there, and how long all of them are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head {
    has: u16,
    size: usize,
}

/// Headers by which programs say who they are, and scripts that they may.
pub(super) const SECRET: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
    "x-access-token",
    "x-csrf-token",
    "x-csrftoken",
    "x-xsrf-token",
];

/// A header, or several that are asked for together.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
pub(crate) enum Name {
    Accept = 1,
    AcceptEncoding = 2,
    ContentType = 4,
    Cookie = 8,
    /// `If-None-Match`, `If-Modified-Since`
    Known = 16,
    /// `Range`, `If-Match`, `If-Unmodified-Since`, `If-Range`
    Part = 32,
    /// `X-Forwarded-Proto`, `X-Forwarded-Host`
    Forwarded = 64,
    Host = 128,
    /// More than one `Host`.
    SeveralHosts = 256,
    /// What lets one in, beside cookies.
    Secret = 512,
    /// The address of the page before, which may have secrets in it.
    Referer = 1024,
}

impl Head {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut head = Head::default();
        for (name, value) in headers {
            let name = name.as_str();
            // `: ` and the end of the line.
            head.size += name.len() + value.len() + 4;
            let known = match name {
                "accept" => Name::Accept,
                "accept-encoding" => Name::AcceptEncoding,
                "content-type" => Name::ContentType,
                "cookie" => Name::Cookie,
                "if-none-match" | "if-modified-since" => Name::Known,
                "range" | "if-match" | "if-unmodified-since" | "if-range" => Name::Part,
                "x-forwarded-proto" | "x-forwarded-host" => Name::Forwarded,
                "host" if head.has(Name::Host) => Name::SeveralHosts,
                "host" => Name::Host,
                "referer" => Name::Referer,
                name if SECRET.contains(&name) => Name::Secret,
                _ => continue,
            };
            head.has |= known as u16;
        }
        head
    }

    pub(crate) fn has(self, name: Name) -> bool {
        self.has & name as u16 != 0
    }

    /// In bytes, as HTTP/1 writes them.
    pub(crate) fn size(self) -> usize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn what_is_there_is_found_however_often() {
        let of = |names: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static("v"));
            }
            Head::of(&headers)
        };
        for (names, found, other) in [
            (&["accept"][..], Name::Accept, Name::AcceptEncoding),
            (&["host", "accept-encoding"], Name::AcceptEncoding, Name::Accept),
            (&["content-type", "content-length"], Name::ContentType, Name::Cookie),
            (&["cookie", "cookie", "x-cookie"], Name::Cookie, Name::Part),
            (&["if-none-match"], Name::Known, Name::Part),
            (&["if-modified-since"], Name::Known, Name::Part),
            (&["range"], Name::Part, Name::Known),
            (&["if-range"], Name::Part, Name::Known),
            (&["if-match"], Name::Part, Name::Known),
            (&["if-unmodified-since"], Name::Part, Name::Known),
            (&["x-forwarded-proto"], Name::Forwarded, Name::Accept),
            (&["x-forwarded-host"], Name::Forwarded, Name::Host),
            (&["host"], Name::Host, Name::SeveralHosts),
            (&["referer"], Name::Referer, Name::Secret),
            (&["authorization"], Name::Secret, Name::Cookie),
            (&["x-api-key"], Name::Secret, Name::Host),
            (&["host", "accept", "host"], Name::SeveralHosts, Name::Forwarded),
        ] {
            let head = of(names);
            assert!(head.has(found) && !head.has(other), "{names:?}");
            let lines: usize = names.iter().map(|name| name.len() + 5).sum();
            assert_eq!(head.size(), lines, "{names:?}");
        }
    }
}
