//! What a request brought that lets one in: nothing that is written for people's eyes may show it.
//!
//! While nobody writes, only what would be lost is kept: a few header values, which are not copied. The values themselves are found when
//! something goes wrong.

use std::sync::{Arc, OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, header};
use quintet_core::hidden::{Conceals, Values, in_order, is_secret};

use super::{
    Seen,
    head::{Head, Name, SECRET},
};
use crate::routing::Routes;

// Small, for most requests have none of it.
#[derive(Default)]
pub(super) struct Concealed {
    brought: Option<Box<Brought>>,
    known: OnceLock<Box<Known>>,
}

/// What its head has that would be lost.
#[derive(Default)]
struct Brought {
    headers: Vec<HeaderValue>,
    referer: Option<HeaderValue>,
}

/// What somebody has asked for, or hidden.
#[derive(Default)]
struct Known {
    /// What its body had, and what the program has hidden.
    noted: Values,
    /// What its head has.
    sent: OnceLock<Vec<String>>,
}

/// A cookie with so long a value is taken for a secret, whatever it is called: sites choose the names of their sessions.
const LONG: usize = 16;

impl Concealed {
    pub(super) fn of(head: Head, headers: &HeaderMap) -> Self {
        let mut concealed = Concealed::default();
        if head.has(Name::Secret) || head.has(Name::Referer) {
            concealed.brought = Some(Box::new(Brought {
                headers: SECRET.iter().flat_map(|name| headers.get_all(*name)).cloned().collect(),
                referer: headers.get(header::REFERER).cloned(),
            }));
        }
        concealed
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(Box::default)
    }
}

impl Conceals for Seen {
    fn hide(&self, value: &str) {
        self.concealed.known().noted.hide(value);
    }

    fn values(&self) -> Vec<String> {
        let known = self.concealed.known();
        let sent = known.sent.get_or_init(|| {
            let mut values = Vec::new();
            let brought = self.concealed.brought.as_deref();
            of_headers(brought.map(|brought| brought.headers.as_slice()).unwrap_or_default(), &mut values);
            let secret = |(name, value): &(&str, &str)| is_secret(name) || value.len() >= LONG;
            values.extend(self.cookies.pairs().filter(secret).map(|(_, value)| value.to_owned()));
            let referer = brought.and_then(|brought| brought.referer.as_ref()?.to_str().ok()?.parse().ok());
            let routes = self.common.services().get::<Arc<Routes>>();
            for uri in [Some(&self.uri), referer.as_ref()].into_iter().flatten() {
                of_query(uri.query().unwrap_or_default(), &mut values);
                for part in routes.into_iter().flat_map(|routes| routes.secrets_in(uri.path())) {
                    with_decoded(part, &mut values);
                }
            }
            values
        });
        let mut values = known.noted.values();
        values.extend(sent.iter().cloned());
        in_order(values)
    }
}

/// The credentials, with and without the scheme before them, and the password in those of `Basic`.
fn of_headers(headers: &[HeaderValue], values: &mut Vec<String>) {
    for value in headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Some((scheme, rest)) = text.split_once(' ') {
            let basic =
                scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest.trim()).ok()).flatten();
            let pair = basic.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            values.extend(pair.and_then(|pair| Some(pair.split_once(':')?.1.to_owned())));
            values.push(rest.trim().to_owned());
        }
        values.push(text);
    }
}

fn of_query(query: &str, values: &mut Vec<String>) {
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if is_secret(&decoded(name)) {
            with_decoded(value, values);
        }
    }
}

/// As it was sent, and as it was meant.
fn with_decoded(sent: &str, values: &mut Vec<String>) {
    let meant = decoded(sent);
    if meant != sent {
        values.push(meant);
    }
    values.push(sent.to_owned());
}

/// Percent signs and `+` read.
pub(crate) fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
