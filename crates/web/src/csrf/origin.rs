//! What the headers that no page can forge say about where a request comes from.

use http::{HeaderMap, HeaderName, header};

use crate::{
    origins::Origin,
    security::{Security, Way},
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// From the site's own page, from a trusted one, or from nobody but the person.
    Own,
    /// From another one's page: as it says.
    Foreign(String),
    /// It does not say.
    Unknown,
}

/// Browsers say `Sec-Fetch-Site` over https and to this machine, and `Origin` wherever something is changed; what says neither
/// is no browser of these years. Over https `Referer` is asked last, as Django does.
pub(super) fn came(headers: &HeaderMap, way: Way<'_>, security: &Security) -> Came {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (origin, more) = (origins.next(), origins.next().is_some());
    if more {
        return Came::Foreign("several `Origin` headers".to_owned());
    }
    let said = origin.map(|value| value.to_str().unwrap_or_default());
    let parsed = said.and_then(Origin::parse);
    if parsed.as_ref().is_some_and(|origin| security.trusts(origin)) {
        return Came::Own;
    }
    let mut sites = headers.get_all(&FETCH_SITE).iter();
    if let Some(site) = sites.next() {
        let site = site.to_str().unwrap_or_default();
        return match site {
            "same-origin" | "none" if sites.next().is_none() => Came::Own,
            _ => Came::Foreign(match said {
                Some(origin) => format!("`Sec-Fetch-Site: {site}`, `Origin: {origin}`"),
                None => format!("`Sec-Fetch-Site: {site}`"),
            }),
        };
    }
    let own = |origin: Option<&Origin>| origin.is_some() && origin == way.origin().as_ref();
    if let Some(said) = said {
        return if own(parsed.as_ref()) {
            Came::Own
        } else {
            let host = way.origin().map_or_else(|| "without a host".to_owned(), |own| own.to_string());
            Came::Foreign(format!("`Origin: {said}`, and the site is {host}"))
        };
    }
    let Some(referer) = headers.get(header::REFERER).filter(|_| way.https) else { return Came::Unknown };
    let referer = referer.to_str().unwrap_or_default();
    let from = Origin::parse(referer);
    if own(from.as_ref()) || from.as_ref().is_some_and(|from| security.trusts(from)) {
        return Came::Own;
    }
    let from = from.map_or_else(|| "nowhere".to_owned(), |from| from.to_string());
    Came::Foreign(format!("`Referer` of {from}"))
}
