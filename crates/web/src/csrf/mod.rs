//! Requests that another site has a browser send (cross-site request forgery) are refused.
//!
//! Every request that may change something is judged before its handler runs ([`judge`]), unless its route says
//! `csrf = false`. Two walls stand, each by itself enough against what is known:
//!
//! 1. *Where it comes from* (`origin`), by headers that no page can forge. What says that it comes from elsewhere is refused, however
//!    it looks.
//! 2. *What a page of another site can't do.* What a plain `<form>` could have sent must show the token (`token`) that only the site's
//!    own pages know: in the field `csrf_token` (`field`) or the header `X-CSRF-Token`. What only a script can send, such as JSON or
//!    PUT, needs none: a browser asks the site before it sends that from elsewhere (a preflight), and the site says no.
//!
//! The token is made where a page asks for it (`state`); other pages carry no cookie for it. Why it is as it is:
//! `docs/decisions/0026-csrf.md`.
mod field;
mod origin;
mod refusal;
mod state;
mod token;

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderMap, HeaderName, Method, Uri, header, request::Parts};
use quintet_core::{Error, Result, Services, audit::SecurityEvent, settings::Settings};

use crate::{
    cookies::Cookies,
    cors::Granted,
    security::{Security, Way},
};
pub(crate) use field::Faults;
use field::Form;
use origin::Came;
use refusal::Refusal;
pub(crate) use state::{State as CsrfState, keep_private};
use token::{Secret, signer};

/// The field of a form that has the token.
pub const FIELD: &str = "csrf_token";

/// The header that has the token of a script's request.
pub const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// What is asked of a request.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The method that the client has sent, whatever a layer made of it.
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) cookies: &'a Cookies,
    /// Did the browser speak https?
    pub(crate) https: bool,
    pub(crate) services: &'a Services,
    /// Is somebody to be told why?
    pub(crate) debug: bool,
}

/// What is to be done with a request.
pub(crate) enum Verdict {
    /// It may pass.
    Fine,
    /// It may pass if the token is in its body.
    Field(Wanted),
    Refused(Error),
}

/// The token that a body must have.
pub(crate) struct Wanted {
    form: Form,
    secret: Secret,
}

/// The security event of a refusal, with what developers want to know.
pub(crate) fn with_reason(event: SecurityEvent, error: &Error) -> SecurityEvent {
    match refusal::why(error) {
        Some(why) => event.with("why", why),
        None => event,
    }
}

/// What of a page's making a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A `<form>` may have made it, or a link.
    Form,
    /// A script, without asking the site before: it has no content type.
    Bare,
    /// A script, and from elsewhere only after the site was asked.
    Asked,
}

impl Kind {
    /// `sent` is the method that the client has sent, whatever a layer made of it.
    fn of(sent: &Method, headers: &HeaderMap) -> Self {
        if is_explicit(headers) || !(sent.is_safe() || *sent == Method::POST) {
            return Kind::Asked;
        }
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        let (Some(kind), None) = (types.next(), types.next()) else {
            let bare = *sent == Method::POST && !headers.contains_key(header::CONTENT_TYPE);
            return if bare { Kind::Bare } else { Kind::Form };
        };
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let word = |word: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            !word.is_empty() && word.bytes().all(known)
        };
        let whole = kind.split_once('/').is_some_and(|(one, other)| word(one) && word(other));
        let simple = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
        if sent.is_safe() || !whole || simple.contains(&kind.as_str()) { Kind::Form } else { Kind::Asked }
    }
}

/// Did a program put its credentials in by itself? A browser adds those of these schemes on its own.
fn is_explicit(headers: &HeaderMap) -> bool {
    const OF_BROWSERS: [&str; 6] = ["basic", "digest", "negotiate", "ntlm", "hoba", "mutual"];
    let Some(value) = headers.get(header::AUTHORIZATION) else { return false };
    let scheme = value.to_str().unwrap_or_default().split(' ').next().unwrap_or_default();
    !scheme.is_empty() && !OF_BROWSERS.contains(&scheme.to_ascii_lowercase().as_str())
}

/// Can this request be nothing but fine?
pub(crate) fn is_harmless(request: &Request, sent: &Method) -> bool {
    sent.is_safe() && request.method().is_safe()
}

/// May this request pass?
pub(crate) fn judge(request: &Request, asked: &Asked<'_>) -> Verdict {
    let sent = asked.method;
    if is_harmless(request, sent) {
        return Verdict::Fine;
    }
    let refused = |why: Refusal| Verdict::Refused(why.into_error(asked));
    let Some(security) = Security::of(asked.services) else {
        return refused(Refusal::NoSite);
    };
    let headers = request.headers();
    let way = security.way(headers, asked.uri, request.extensions());
    let kind = Kind::of(sent, headers);
    let cookies = asked.cookies;
    let mut came = origin::came(headers, way, security);
    if let (Came::Foreign(_), Some(granted)) = (&came, request.extensions().get::<Granted>()) {
        // Whom the site lets read with cookies may send with them as its own pages do; all others only what any program may.
        let nobody =
            cookies.is_empty() && (is_explicit(headers) || !headers.contains_key(header::AUTHORIZATION));
        if nobody {
            return Verdict::Fine;
        }
        if granted.credentials {
            came = Came::Own;
        }
    }
    if let Came::Foreign(from) = came {
        // A page from elsewhere that knows a key of its own acts for itself, if the browser adds nothing.
        let own_key = cookies.is_empty() && is_explicit(headers);
        return if own_key { Verdict::Fine } else { refused(Refusal::Foreign(from)) };
    }
    match kind {
        Kind::Asked => return Verdict::Fine,
        Kind::Bare if cookies.is_empty() && !headers.contains_key(header::AUTHORIZATION) => {
            return Verdict::Fine;
        }
        Kind::Form if way.https && came == Came::Unknown => return refused(Refusal::Nowhere),
        Kind::Bare | Kind::Form => {}
    }
    let Ok(signer) = signer(asked.services) else { return refused(Refusal::NoKey) };
    let name = state::name(asked.https);
    let Some(value) = cookies.get(name) else { return refused(Refusal::NoCookie(name)) };
    let Some(secret) = Secret::unsigned(&signer, value) else { return refused(Refusal::WrongCookie(name)) };
    if let Some(token) = headers.get(HEADER) {
        let fits = token.to_str().is_ok_and(|token| secret.fits(token));
        return if fits { Verdict::Fine } else { refused(Refusal::WrongToken("header X-CSRF-Token")) };
    }
    let form = headers.get(header::CONTENT_TYPE).and_then(|kind| Form::of(kind.to_str().ok()?));
    match form {
        Some(form) => Verdict::Field(Wanted { form, secret }),
        None => refused(Refusal::NoToken),
    }
}

/// Reads the token in the body of a request; it is whole again afterwards.
///
/// # Errors
/// If the body can't be read, or has no token or a wrong one.
pub(crate) async fn with_field(
    request: Request,
    wanted: Wanted,
    asked: &Asked<'_>,
    faults: Faults,
) -> Result<Request> {
    let (request, token) = field::read(request, &wanted.form, faults).await?;
    match token {
        Some(token) if wanted.secret.fits(&token) => Ok(request),
        Some(_) => Err(Refusal::WrongToken("field csrf_token").into_error(asked)),
        None => Err(Refusal::NoToken.into_error(asked)),
    }
}

/// Does this request come from the site's own pages, or from a program? For handshakes of WebSockets and other requests that are GET
/// and nonetheless must not come from other sites' pages.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{axum::extract::Request, csrf};
///
/// async fn handshake(request: Request) -> Result<&'static str> {
///     let (parts, _) = request.into_parts();
///     csrf::same_origin(&parts)?;
///     Ok("welcome")
/// }
/// ```
///
/// # Errors
/// With status 403 if it comes from elsewhere.
pub fn same_origin(parts: &Parts) -> Result {
    let services = Services::of_request(parts)?;
    let (way, Came::Foreign(from)) = came(parts)? else { return Ok(()) };
    let asked = Asked {
        method: &parts.method,
        uri: &parts.uri,
        cookies: &Cookies::default(),
        https: way.https,
        services,
        debug: services.get::<Settings>().is_some_and(Settings::debug),
    };
    Err(Refusal::Foreign(from).into_error(&asked))
}

/// Does a page of another origin send it? The same as [`same_origin`], for those who let some of these in: nothing is refused and logged.
///
/// # Errors
/// If the site has no web room.
pub fn is_foreign(parts: &Parts) -> Result<bool> {
    Ok(matches!(came(parts)?.1, Came::Foreign(_)))
}

fn came(parts: &Parts) -> Result<(Way<'_>, Came)> {
    let security = Services::of_request(parts)?.require::<Arc<Security>>()?;
    let way = security.way(&parts.headers, &parts.uri, &parts.extensions);
    let came = origin::came(&parts.headers, way, security);
    Ok((way, came))
}

/// Does it come from a page of another origin that CORS lets in without credentials? Such a page may do what any program may, and acts
/// for nobody, whoever sits before the browser: what names the person by other means than cookies (a proxy) must not count for it.
#[must_use]
pub fn acts_for_nobody(parts: &Parts) -> bool {
    parts.extensions.get::<Granted>().is_some_and(|granted| !granted.credentials)
        && is_foreign(parts).unwrap_or(true)
}

/// Can the site make tokens?
///
/// # Errors
/// If it has no `secret_key`.
pub(crate) fn check(services: &Services) -> Result {
    signer(services).map(drop)
}

/// A cookie (name and value) and a token that fits it: what the test kit's browser sends. `cookie` finds the value of a cookie that
/// the browser has.
///
/// # Errors
/// If the site has no `secret_key`.
#[doc(hidden)]
pub fn proof(
    services: &Services,
    https: bool,
    cookie: impl FnOnce(&str) -> Option<String>,
) -> Result<(&'static str, String, String)> {
    let signer = signer(services)?;
    let name = state::name(https);
    let known = cookie(name).and_then(|value| Secret::unsigned(&signer, &value));
    let secret = match known {
        Some(secret) => secret,
        None => Secret::new()?,
    };
    Ok((name, secret.signed(&signer), secret.masked()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn what_a_form_can_send_is_told_from_what_only_a_script_can() {
        let kind = |method: Method, types: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for kind in types {
                headers.append(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            Kind::of(&method, &headers)
        };
        for (types, expected) in [
            (&["application/x-www-form-urlencoded"][..], Kind::Form),
            (&["multipart/form-data; boundary=b"], Kind::Form),
            (&["Text/Plain;application/json"], Kind::Form),
            (&["application/json"], Kind::Asked),
            (&["application/json; charset=utf-8"], Kind::Asked),
            (&["application/json", "text/plain"], Kind::Form),
            (&["application/json, text/plain"], Kind::Form),
            (&["json"], Kind::Form),
            (&[""], Kind::Form),
            (&[], Kind::Bare),
        ] {
            assert_eq!(kind(Method::POST, types), expected, "{types:?}");
            assert_eq!(kind(Method::PUT, types), Kind::Asked, "{types:?}");
            assert_eq!(kind(Method::GET, types), Kind::Form, "{types:?}: a layer has made it unsafe");
        }
    }

    #[test]
    fn credentials_of_programs_are_told_from_those_that_browsers_add() {
        for (value, explicit) in [
            ("Bearer x", true),
            ("Token x", true),
            ("AWS4-HMAC-SHA256 Credential=x", true),
            ("Basic YTpi", false),
            ("NEGOTIATE x", false),
            ("digest x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(is_explicit(&headers), explicit, "{value}");
        }
        assert!(!is_explicit(&HeaderMap::new()));
    }
}
