//! The token of one request: made where somebody asks for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use quintet_core::{Error, Result};

use super::{
    Asked,
    token::{Secret, signer},
};

/// Over https a name that no other host can set a cookie for.
const OVER_HTTPS: &str = "__Host-csrf";
const PLAIN: &str = "csrf";

/// A year: as long as a form may stay open in a browser that keeps its tabs.
const AGE: u32 = 365 * 24 * 3600;

/// The name of the cookie.
pub(super) fn name(https: bool) -> &'static str {
    if https { OVER_HTTPS } else { PLAIN }
}

/// What has become of a request's token. Costs nothing until somebody asks.
#[derive(Default)]
pub(crate) struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    secret: Option<Secret>,
    /// Is it another one than in the cookie that came?
    new: bool,
    /// Does the answer show a token?
    shown: bool,
    /// Are the answer's headers on their way?
    left: bool,
}

impl State {
    /// `left` says that the answer's headers are on their way already.
    pub(crate) fn new(left: bool) -> Self {
        State(Mutex::new(Inner { left, ..Inner::default() }))
    }

    fn state(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token for the page or script that this answer is for.
    ///
    /// # Errors
    /// If the site has no key, or the system no random numbers.
    pub(crate) fn token(&self, asked: &Asked<'_>) -> Result<String> {
        let signer = signer(asked.services)?;
        let mut state = self.state();
        if state.left && !state.shown {
            return Err(Error::internal(
                "this page has left without its token's cookie: in a page that leaves while it is rendered, `csrf_input()` stands in \
                 the page's own template",
            ));
        }
        state.shown = true;
        if state.secret.is_none() {
            let sent = asked.cookies.get(name(asked.https));
            state.secret = sent.and_then(|value| Secret::unsigned(&signer, value));
        }
        let secret = match state.secret {
            Some(secret) => secret,
            None => {
                state.new = true;
                *state.secret.insert(Secret::new()?)
            }
        };
        secret.masked()
    }

    /// Another secret from now on: tokens of before are nothing any more.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub(crate) fn rotate(&self, asked: &Asked<'_>) -> Result {
        signer(asked.services)?;
        let mut state = self.state();
        // Who never had one need not get one.
        if state.shown || asked.cookies.get(name(asked.https)).is_some() {
            state.secret = Some(Secret::new()?);
            state.new = true;
        }
        Ok(())
    }

    /// Writes into the response what the browser must keep, and that nobody else may be shown this.
    pub(crate) fn keep(&self, response: &mut Response, asked: &Asked<'_>) {
        let mut state = self.state();
        state.left = true;
        if state.shown {
            let headers = response.headers_mut();
            headers.append(header::VARY, HeaderValue::from_static("cookie"));
            keep_private(headers);
        }
        let Some(secret) = state.secret.filter(|_| state.new) else { return };
        let secure = if asked.https { "; Secure" } else { "" };
        let written = signer(asked.services).and_then(|signer| {
            let (name, value) = (name(asked.https), secret.signed(&signer));
            let text = format!("{name}={value}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax{secure}");
            Ok(HeaderValue::try_from(text)?)
        });
        match written {
            Ok(cookie) => {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Err(error) => tracing::error!(%error, "a CSRF token is lost"),
        }
    }
}

/// For this browser only, whatever the handler says of others.
pub(crate) fn keep_private(headers: &mut HeaderMap) {
    let said: Vec<&str> =
        headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok()).collect();
    let said = said.join(",");
    let mut kept: Vec<&str> = Vec::new();
    for word in said.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let name = word.split('=').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "public" | "s-maxage" | "private") {
            kept.push(word);
        }
    }
    if kept.is_empty() {
        kept.push("no-cache");
    }
    if !kept.iter().any(|word| word.eq_ignore_ascii_case("no-store")) {
        kept.insert(0, "private");
    }
    if let Ok(value) = HeaderValue::try_from(kept.join(", ")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_kept_by_the_browser_alone() {
        for (said, becomes) in [
            (&[][..], "private, no-cache"),
            (&["no-store"], "no-store"),
            (&["public, max-age=60, S-MaxAge=300"], "private, max-age=60"),
            (&["max-age=60", "must-revalidate"], "private, max-age=60, must-revalidate"),
            (&["private"], "private, no-cache"),
        ] {
            let mut headers = HeaderMap::new();
            for value in said {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(value));
            }
            keep_private(&mut headers);
            assert_eq!(headers[header::CACHE_CONTROL], becomes, "{said:?}");
            assert_eq!(headers.get_all(header::CACHE_CONTROL).iter().count(), 1);
        }
    }
}
