//! The storage's files at their addresses: `/media/posters/alien.jpg`.

use std::{fmt, sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result, Services, settings::Settings};
use quintet_storage::{Storage, StorageSettings};

use super::{answer::FileResponse, respond::read_only};

/// The files of a site's storage, as far as everybody may see them or has an address that is signed.
pub(crate) struct Media {
    storage: Storage,
    settings: StorageSettings,
}

impl Media {
    /// What a site serves: nothing if its settings say so, or the files are at another host.
    ///
    /// # Errors
    /// If the settings can't be read.
    pub(crate) fn of(services: &Services) -> Result<Option<Self>> {
        let Some(storage) = services.get::<Storage>() else { return Ok(None) };
        let settings = services.get::<Settings>().map(Settings::get::<StorageSettings>).transpose()?;
        let Some(settings) = settings.filter(|settings| settings.serve && storage.address().starts_with('/'))
        else {
            return Ok(None);
        };
        Ok(Some(Media { storage: storage.clone(), settings }))
    }

    /// Is the address one of theirs?
    pub(crate) fn has(&self, uri: &Uri) -> bool {
        uri.path().starts_with(self.storage.address())
    }

    /// The file that is asked for, or why not.
    pub(crate) async fn serve<B>(self: Arc<Self>, request: Request<B>) -> Response {
        let (parts, _) = request.into_parts();
        if let Some(refused) = read_only(&parts.method) {
            return refused;
        }
        let answer = self.answer(&parts.uri, &parts.method, &parts.headers).await;
        answer.unwrap_or_else(IntoResponse::into_response)
    }

    async fn answer(&self, uri: &Uri, method: &Method, headers: &HeaderMap) -> Result<Response> {
        let missing = || Error::not_found("");
        let path = uri.path().strip_prefix(self.storage.address()).unwrap_or_default();
        // Decoded once, and only then looked at by the storage: `%2e%2e%2f` is `../`.
        let name = percent_decode_str(path).decode_utf8().map_err(|_| missing())?;
        let signed = uri.query().filter(|query| query.contains("signature="));
        let left = match signed {
            // An address that was given to somebody is nobody else's.
            Some(query) => Some(self.storage.check_signed(&name, query)?),
            None if self.settings.is_private(&name) => {
                return Err(missing());
            }
            None => None,
        };
        let keep = left.unwrap_or(Duration::MAX).min(self.settings.keep);
        // An address is signed for one method.
        if *method == Method::GET
            && let Some(elsewhere) = self.elsewhere(&name, left, keep).await?
        {
            return Ok(elsewhere);
        }
        FileResponse::stored(&self.storage, &name).await?.keep(keep, left.is_none()).answer(method, headers)
    }

    /// Sends to where the file is, if the storage says so.
    async fn elsewhere(
        &self,
        name: &str,
        left: Option<Duration>,
        keep: Duration,
    ) -> Result<Option<Response>> {
        let redirected = self.storage.redirect(name, left.unwrap_or(Duration::MAX)).await;
        let redirected = match redirected {
            Err(error) if error.status() == StatusCode::BAD_REQUEST => return Err(Error::not_found("")),
            redirected => redirected?,
        };
        let Some((url, good_for)) = redirected else { return Ok(None) };
        // Who keeps it for half of its time has it while it is good.
        let keep = format!("private, max-age={}", keep.min(good_for / 2).as_secs());
        let mut response = StatusCode::FOUND.into_response();
        for (name, value) in [(header::LOCATION, url), (header::CACHE_CONTROL, keep)] {
            response.headers_mut().insert(name, HeaderValue::try_from(value)?);
        }
        Ok(Some(response))
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media").field("storage", &self.storage).finish_non_exhaustive()
    }
}
