//! From http to https.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use quintet_core::settings::{SiteUrl, split_host};

use super::{SecuritySettings, Way};
use crate::cors::is_at;

/// Who is sent to https.
#[derive(Debug)]
pub(super) struct Redirect {
    /// Paths that stay, and all below them.
    except: Vec<String>,
    /// The site's own address, if it is https: its port is known.
    url: Option<SiteUrl>,
}

impl Redirect {
    pub(super) fn of(settings: &SecuritySettings, url: Option<&SiteUrl>) -> Option<Self> {
        settings.https_redirect.then(|| Redirect {
            except: settings.https_redirect_except.clone(),
            url: url.filter(|url| url.is_https()).cloned(),
        })
    }

    /// The same address over https. The host is one that the site answers for.
    pub(super) fn answer(&self, way: Way<'_>, method: &Method, uri: &Uri) -> Option<Response> {
        if way.https || self.except.iter().any(|path| is_at(uri.path(), path)) {
            return None;
        }
        let base = match way.host.and_then(split_host) {
            // A port is that of http: https has its own.
            Some((host, _)) => match &self.url {
                Some(url) if url.host().eq_ignore_ascii_case(host) => url.clone(),
                _ => SiteUrl::of(true, host)?,
            },
            None => self.url.clone()?,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let location =
            HeaderValue::try_from(base.join(if path.starts_with('/') { path } else { "/" })).ok()?;
        // 308 keeps method and body.
        let status = match *method {
            Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
            _ => StatusCode::PERMANENT_REDIRECT,
        };
        Some((status, [(header::LOCATION, location)]).into_response())
    }
}
