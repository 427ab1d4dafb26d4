//! Headers that make a browser careful, on every response that does not set its own.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::request_id::{self, RequestId};

/// The headers of an answer, ready to be copied: it is cheaper to put what a response says over a copy of these than to
/// put each of these into the response. Type and length of the body are there to keep their places.
pub(super) struct Ready {
    plain: HeaderMap,
    /// Over https, where that differs.
    secure: Option<HeaderMap>,
}

impl Ready {
    /// `hsts` is said over https only.
    pub(super) fn new(usual: HeaderMap, hsts: Option<HeaderValue>) -> Self {
        let mut plain = HeaderMap::with_capacity(usual.len() + 5);
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, request_id::HEADER] {
            plain.insert(name, HeaderValue::from_static(""));
        }
        plain.extend(usual);
        let secure = hsts.map(|hsts| {
            let mut secure = plain.clone();
            secure.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
            secure
        });
        Ready { plain, secure }
    }

    /// Adds the headers that the response lacks, and the request's id.
    pub(super) fn dress(&self, headers: &mut HeaderMap, id: &RequestId, https: bool) {
        let usual = self.secure.as_ref().filter(|_| https).unwrap_or(&self.plain);
        let mut own = std::mem::replace(headers, usual.clone());
        let (mut kind, mut length, mut empty) = (false, false, false);
        let once = own.len() == own.keys_len();
        if once {
            // What the response says takes the place of what all say. Both have few headers: walking beats hashing.
            for (name, value) in own.iter_mut() {
                kind |= *name == header::CONTENT_TYPE;
                length |= *name == header::CONTENT_LENGTH;
                empty |= value.is_empty();
                let value = std::mem::replace(value, HeaderValue::from_static(""));
                put(headers, name, value);
            }
        } else {
            kind = own.contains_key(header::CONTENT_TYPE);
            length = own.contains_key(header::CONTENT_LENGTH);
            empty = own.values().any(HeaderValue::is_empty);
            headers.extend(own);
        }
        if empty {
            leave_out(headers, usual);
        }
        if !kind {
            headers.remove(header::CONTENT_TYPE);
        }
        if !length {
            headers.remove(header::CONTENT_LENGTH);
        }
        match once {
            true => put(headers, &request_id::HEADER, id.header()),
            false => drop(headers.insert(request_id::HEADER, id.header())),
        }
    }
}

/// The only value of its name; the places that most responses fill come first.
fn put(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    match headers.iter_mut().find(|(known, _)| *known == name) {
        Some((_, place)) => *place = value,
        None => drop(headers.insert(name, value)),
    }
}

/// Of what all say, what the response wants nobody to say: an empty text would mean something else to some browsers.
#[cold]
fn leave_out(headers: &mut HeaderMap, usual: &HeaderMap) {
    for name in usual.keys() {
        if headers.get(name).is_some_and(HeaderValue::is_empty) {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::settings::Settings;

    use super::*;
    use crate::HeaderSettings;

    fn usual() -> HeaderMap {
        let settings: HeaderSettings = Settings::for_tests::<&str, &str>("/nowhere", []).get().unwrap();
        settings.headers(&[], &[]).unwrap()
    }

    fn dressed(own: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in own {
            headers.append(name, HeaderValue::from_static(value));
        }
        let id = request_id::choose(&HeaderMap::new(), false);
        Ready::new(usual(), None).dress(&mut headers, &id, true);
        assert_eq!(headers[request_id::HEADER], id.as_str());
        headers
    }

    #[test]
    fn a_handlers_own_header_stays() {
        let headers = dressed(&[(header::X_FRAME_OPTIONS, "SAMEORIGIN")]);
        assert_eq!(headers[header::X_FRAME_OPTIONS], "SAMEORIGIN");
        assert_eq!(headers.get_all(header::X_FRAME_OPTIONS).iter().count(), 1);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
    }

    #[test]
    fn nothing_is_said_about_the_body_that_the_response_does_not_say() {
        let bare = dressed(&[]);
        assert!(!bare.contains_key(header::CONTENT_TYPE) && !bare.contains_key(header::CONTENT_LENGTH));
        assert_eq!(bare.len(), usual().len() + 1);
        let page = dressed(&[(header::CONTENT_TYPE, "text/html"), (header::CONTENT_LENGTH, "7")]);
        assert_eq!(
            (&page[header::CONTENT_TYPE], &page[header::CONTENT_LENGTH]),
            (&"text/html".parse().unwrap(), &"7".parse().unwrap())
        );
    }

    #[test]
    fn headers_that_come_several_times_all_stay() {
        let headers =
            dressed(&[(header::SET_COOKIE, "a=1"), (header::VARY, "accept"), (header::SET_COOKIE, "b=2")]);
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(headers[header::VARY], "accept");
        let headers =
            dressed(&[(request_id::HEADER, "a"), (request_id::HEADER, "b"), (header::VARY, "accept")]);
        assert_eq!(headers.get_all(request_id::HEADER).iter().count(), 1);
        assert!(!headers.contains_key(header::CONTENT_TYPE));
        assert_eq!(dressed(&[(request_id::HEADER, "a")]).get_all(request_id::HEADER).iter().count(), 1);
    }
}
