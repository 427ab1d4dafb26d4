//! Headers that make a browser careful, on every response that does not set its own.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    request_id::{self, RequestId},
    spare,
};

/// The headers of an answer, ready to be copied: it is cheaper to put what a response says over a copy of these than to
/// put each of these into the response. What most responses say is there to keep its place, since a copy has no room to grow.
pub(super) struct Ready {
    plain: Copies,
    /// Over https, where that differs.
    secure: Option<Copies>,
}

/// What keeps a place in each copy, and in those for answers with a tag: pages.
static PLACES: [HeaderName; COUNT] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG, header::VARY];
const COUNT: usize = 4;
/// The first of them are in every copy.
const ALWAYS: usize = 2;

struct Copies {
    usual: HeaderMap,
    tagged: HeaderMap,
}

impl Copies {
    fn of(usual: &HeaderMap, hsts: Option<&HeaderValue>) -> Self {
        let with = |places: &[HeaderName]| {
            let mut headers = HeaderMap::with_capacity(places.len() + usual.len() + 2);
            for name in places.iter().chain([&request_id::HEADER]) {
                headers.insert(name, HeaderValue::from_static(""));
            }
            for (name, value) in usual {
                headers.insert(name, lasting(value));
            }
            if let Some(hsts) = hsts {
                headers.insert(header::STRICT_TRANSPORT_SECURITY, lasting(hsts));
            }
            headers
        };
        let (always, _) = PLACES.split_at(ALWAYS);
        Copies { usual: with(always), tagged: with(&PLACES) }
    }
}

impl Ready {
    /// `hsts` is said over https only.
    pub(super) fn new(usual: &HeaderMap, hsts: Option<&HeaderValue>) -> Self {
        Ready { plain: Copies::of(usual, None), secure: hsts.map(|hsts| Copies::of(usual, Some(hsts))) }
    }

    /// Adds the headers that the response lacks, and the request's id.
    pub(super) fn dress(&self, headers: &mut HeaderMap, id: &RequestId, https: bool) {
        let copies = self.secure.as_ref().filter(|_| https).unwrap_or(&self.plain);
        // Most answers without a tag have no more than type and length, and need not be walked to know.
        let tagged = headers.len() > ALWAYS && headers.keys().any(|name| *name == header::ETAG);
        let (usual, places) = match tagged {
            true => (&copies.tagged, COUNT),
            false => (&copies.usual, ALWAYS),
        };
        let mut own = std::mem::replace(headers, usual.clone());
        let (mut said, mut empty) = ([false; COUNT], false);
        let once = own.len() == own.keys_len();
        if once {
            // What the response says takes the place of what all say. Both have few headers: walking beats hashing.
            for (name, value) in own.iter_mut() {
                for (said, place) in said.iter_mut().zip(&PLACES).take(places) {
                    *said |= name == place;
                }
                empty |= value.is_empty();
                let value = std::mem::replace(value, HeaderValue::from_static(""));
                put(headers, name, value);
            }
        } else {
            for (said, place) in said.iter_mut().zip(&PLACES) {
                *said = own.contains_key(place);
            }
            empty = own.values().any(HeaderValue::is_empty);
            headers.extend(std::mem::take(&mut own));
        }
        spare::keep_headers(own);
        if empty {
            leave_out(headers, usual);
        }
        for (said, place) in said.iter().zip(&PLACES).take(places) {
            if !said {
                headers.remove(place);
            }
        }
        match once {
            true => put(headers, &request_id::HEADER, id.header()),
            false => drop(headers.insert(request_id::HEADER, id.header())),
        }
    }
}

/// The same value as a part of the program: whoever copies and drops it counts nothing, and threads don't wait for each other's counts.
/// Each text stays for as long as the process runs, once: settings have few.
fn lasting(value: &HeaderValue) -> HeaderValue {
    static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let Ok(text) = value.to_str() else { return value.clone() };
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept.iter().copied().find(|known| *known == text);
    HeaderValue::from_static(known.unwrap_or_else(|| {
        let new: &'static str = Box::leak(text.into());
        kept.push(new);
        new
    }))
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
        Ready::new(&usual(), None).dress(&mut headers, &id, true);
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
    fn a_tag_takes_its_place_and_leaves_none_empty() {
        let kind = (header::CONTENT_TYPE, "text/html");
        let (length, tag, vary) =
            ((header::CONTENT_LENGTH, "7"), (header::ETAG, "\"a\""), (header::VARY, "cookie"));
        for own in [
            &[kind.clone(), length.clone(), tag.clone(), vary.clone()][..],
            &[vary.clone(), tag.clone(), length.clone()],
            &[kind.clone(), tag.clone(), (header::AGE, "1")],
            &[kind.clone(), vary.clone(), vary.clone(), tag.clone()],
            &[tag.clone(), (header::AGE, "1")],
            &[kind.clone(), length.clone(), vary.clone()],
        ] {
            let headers = dressed(own);
            for (name, value) in own {
                assert_eq!(headers[name], value, "{own:?}");
            }
            let others = usual().len() + 1;
            assert_eq!(headers.len(), own.len() + others, "{own:?}");
            assert!(headers.values().all(|value| !value.is_empty()), "{own:?}");
        }
    }

    #[test]
    fn strict_transport_security_is_said_over_https_only() {
        let hsts = HeaderValue::from_static("max-age=60");
        let ready = Ready::new(&usual(), Some(&hsts));
        let id = request_id::choose(&HeaderMap::new(), false);
        for (https, tag) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut headers = HeaderMap::new();
            if tag {
                headers.insert(header::ETAG, HeaderValue::from_static("\"a\""));
                headers.insert(header::VARY, HeaderValue::from_static("cookie"));
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            }
            ready.dress(&mut headers, &id, https);
            assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY), https.then_some(&hsts));
        }
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
