//! Headers that make a browser careful, on every response that does not set its own.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::request_id::{self, RequestId};

const COUNT: usize = 4;

const DEFAULTS: [(HeaderName, HeaderValue); COUNT] = [
    // A file is what its type says.
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Not in another site's frame, for browsers without frame-ancestors.
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Other sites don't learn addresses.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    // A page opened from here gets no hold of this window.
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// The headers of an answer, ready to be copied: it is cheaper to put what a response says over a copy of these than to
/// put each of these into the response. Type and length of the body are there to keep their places.
pub(super) struct Ready(HeaderMap);

impl Ready {
    /// `policy` is the content security policy of answers that have none.
    pub(super) fn new(policy: HeaderValue) -> Self {
        let mut headers = HeaderMap::with_capacity(DEFAULTS.len() + 4);
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, request_id::HEADER] {
            headers.insert(name, HeaderValue::from_static(""));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.extend(DEFAULTS);
        Ready(headers)
    }

    /// Adds the headers that the response lacks, and the request's id.
    pub(super) fn dress(&self, headers: &mut HeaderMap, id: &RequestId) {
        let own = std::mem::replace(headers, self.0.clone());
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            if !own.contains_key(&name) {
                headers.remove(name);
            }
        }
        // What the response says takes the place of what all say.
        headers.extend(own);
        headers.insert(request_id::HEADER, id.header());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy;

    fn dressed(own: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in own {
            headers.append(name, HeaderValue::from_static(value));
        }
        let id = request_id::choose(&HeaderMap::new(), false);
        Ready::new(policy::usual(&[])).dress(&mut headers, &id);
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
        assert_eq!(bare.len(), COUNT + 2);
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
    }
}
