//! Requests below the static files' prefix.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result};

use super::{
    Shown, Statics,
    content::{self, content_type},
    names::{unversioned, version},
    published::{self, Entry},
};
use crate::{
    encoding::{self, Encoding},
    files::{
        content::Content,
        respond::{Asked, Representation, read_only, respond},
    },
};

impl Statics {
    /// Is the address one of theirs?
    pub(crate) fn has(&self, uri: &Uri) -> bool {
        uri.path().starts_with(self.prefix())
    }

    /// The file that is asked for, or why not.
    pub(crate) async fn serve<B>(self: Arc<Self>, request: Request<B>) -> Response {
        let (parts, _) = request.into_parts();
        if let Some(refused) = read_only(&parts.method) {
            return refused;
        }
        let answer = self.answer(&parts.uri, &parts.method, &parts.headers).await;
        let mut response = answer.unwrap_or_else(IntoResponse::into_response);
        if self.origin().is_some() {
            // Fonts and modules of another host are only taken if it says that they may be. All can read them.
            let all = HeaderValue::from_static("*");
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, all);
        }
        response
    }

    async fn answer(&self, uri: &Uri, method: &Method, headers: &HeaderMap) -> Result<Response> {
        let path = uri.path().strip_prefix(self.prefix()).unwrap_or_default();
        // Decoded once and only then looked at: `%2e%2e%2f` is `../`.
        let name = percent_decode_str(path).decode_utf8().map_err(|_| Error::not_found(""))?;
        let query =
            || uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("v=")));
        let representation = match self.shown(&name)? {
            Some(Shown::Live { path, .. }) => {
                let (content, state) = content::open(&path).await?;
                let digest = state.digest();
                Representation {
                    length: state.length,
                    content,
                    cache: cache(self.own.has(&name) || query() == Some(version(&digest))),
                    tag: digest.get(..32).map(str::to_owned),
                    modified: content::seconds(state.modified),
                    content_type: content_type(&name),
                    encoding: None,
                    varies: false,
                }
            }
            Some(Shown::Published(entry)) => self.published(&entry, query(), headers).await?,
            None => {
                // Of a version that is not this one, too: a page that was sent before a new release still has its old names.
                let found = match unversioned(&name) {
                    Some((plain, version)) => {
                        self.published.entry(&self.files, &plain)?.map(|e| (e, version))
                    }
                    None => None,
                };
                let Some((entry, version)) = found else {
                    let text = format!("no app has `{name}`");
                    return Err(Error::not_found("").with_detail("static file", text));
                };
                self.published(&entry, Some(version), headers).await?
            }
        };
        respond(representation, &Asked { method, headers })
    }

    async fn published(
        &self,
        entry: &Arc<Entry>,
        asked: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Representation> {
        let mut current = entry.is_version(asked);
        let mut tag = entry.tag().to_owned();
        let (content, length, modified) = match &entry.content {
            published::Content::Binary(bytes) => {
                (Content::Bytes(Bytes::from_static(bytes)), bytes.len() as u64, None)
            }
            published::Content::Rewritten(bytes) => (Content::Bytes(bytes.clone()), bytes.len() as u64, None),
            published::Content::Disk { path, state } => {
                let (file, now) = content::open(path).await?;
                if now != *state {
                    // Changed since a moment ago: not to be kept under a version that is another's.
                    (current, tag) = (false, now.digest().get(..32).unwrap_or_default().to_owned());
                }
                (file, now.length, content::seconds(now.modified))
            }
        };
        let content_type = content_type(&entry.name);
        let varies = self.packing.may(&content_type, length);
        let mut representation = Representation {
            content,
            length,
            tag: Some(tag),
            modified,
            content_type,
            cache: cache(current),
            encoding: None,
            varies,
        };
        if varies
            && let Some(encoding) = encoding::accepted(headers)
            && let Some(packed) = self.packed(entry, encoding).await
        {
            representation.length = packed.len() as u64;
            representation.content = Content::Bytes(packed);
            let ending = encoding.ending();
            representation.tag = representation.tag.map(|tag| format!("{tag}-{ending}"));
            representation.encoding = Some(encoding.token());
        }
        Ok(representation)
    }

    async fn packed(&self, entry: &Arc<Entry>, encoding: Encoding) -> Option<Bytes> {
        let file = entry.clone();
        let read = move || {
            let bytes = file.read().ok()?;
            // Not of what it has become since.
            let same = match &file.content {
                published::Content::Disk { state, .. } => bytes.len() as u64 == state.length,
                _ => true,
            };
            same.then_some(bytes)
        };
        self.packing.of(&entry.packed, entry.published(), encoding, read).await
    }
}

/// What was asked for by its version never changes.
fn cache(current: bool) -> String {
    if current { "public, max-age=31536000, immutable" } else { "no-cache" }.to_owned()
}
