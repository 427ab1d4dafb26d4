//! Files as answers.

use std::{fmt, fs::File, path::Path, sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use quintet_core::{Error, Result};
use quintet_storage::Storage;

use super::{
    content::Content,
    disposition::disposition,
    respond::{Asked, Representation, respond},
};
use crate::{
    facts::Facts,
    kind::{Kind, UNKNOWN},
};

/// What a browser may do with a file that somebody else made: show it, and nothing more.
const POLICY: &str =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";
/// A browser's viewer of PDFs does not run in a sandbox of the page's, but has its own.
const PDF_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'";

/// A file as an answer: from the [storage](FileResponse::stored), from a [path](FileResponse::open), or from
/// [memory](FileResponse::bytes).
///
/// Parts of it (`Range`) and conditions (`If-None-Match`, `If-Modified-Since`, `If-Match`, `If-Range` …) are answered as HTTP wants it.
/// A browser shows what it can show without running anything in it: pictures but SVG, PDF, sound, film, plain text; it saves all
/// else. Nothing in the file runs with the site's rights (`nosniff`, a content security policy with a sandbox).
///
/// ```
/// use quintet_core::Result;
/// use quintet_storage::Storage;
/// use quintet_web::{Path, get, files::FileResponse};
///
/// #[get("/invoices/{id}/")]
/// async fn invoice(Path(id): Path<i64>, storage: Storage) -> Result<FileResponse> {
///     // Who may see it? Then:
///     let file = FileResponse::stored(&storage, &format!("private/invoices/{id}.pdf")).await?;
///     Ok(file.attachment("Invoice №7.pdf"))
/// }
/// ```
#[must_use = "a file is sent by returning it from a handler"]
#[derive(Clone)]
pub struct FileResponse {
    content: Content,
    len: u64,
    tag: Option<String>,
    modified: Option<Timestamp>,
    name: Option<String>,
    content_type: Option<String>,
    shown: Option<bool>,
    cache: Option<String>,
}

impl FileResponse {
    fn of(content: Content, len: u64, modified: Option<Timestamp>, name: Option<&str>) -> Self {
        let tag = modified.map(|at| format!("{:x}-{len:x}", at.as_nanosecond()));
        // HTTP's dates have no fractions.
        let modified = modified.and_then(|at| Timestamp::from_second(at.as_second()).ok());
        let name = name.and_then(|name| name.rsplit('/').next()).map(str::to_owned);
        FileResponse { content, len, tag, modified, name, content_type: None, shown: None, cache: None }
    }

    /// A file of the storage.
    ///
    /// # Errors
    /// 404 if there is none of this name, or it is no name.
    #[track_caller]
    pub fn stored(storage: &Storage, name: &str) -> impl Future<Output = Result<Self>> + Send {
        let at = std::panic::Location::caller();
        async move {
            let missing = || Error::not_found(format!("there is no file `{name}`")).at(at);
            let info = match storage.info(name).await {
                Ok(info) => info.ok_or_else(missing)?,
                Err(error) if error.status() == StatusCode::BAD_REQUEST => return Err(missing()),
                Err(error) => return Err(error),
            };
            let content = Content::Stored(storage.clone(), name.to_owned());
            let file = FileResponse::of(content, info.size, Some(info.modified), Some(name));
            Ok(match &info.tag {
                Some(tag) => file.tag(tag),
                None => file,
            })
        }
    }

    /// A file on this machine. Make the path of your own words, never of what somebody sent.
    ///
    /// # Errors
    /// 404 if there is none, 500 if it can't be read.
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> impl Future<Output = Result<Self>> + Send {
        let (at, path) = (std::panic::Location::caller(), path.as_ref().to_owned());
        async move {
            let shown = path.display().to_string();
            let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            let opening = tokio::task::spawn_blocking(move || {
                let file = File::open(path)?;
                let meta = file.metadata()?;
                Ok::<_, std::io::Error>((file, meta))
            });
            let failed = |error: std::io::Error| {
                let status = match error.kind() {
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => StatusCode::NOT_FOUND,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                Error::from(error).with_status(status).with_detail("file", shown.clone()).at(at)
            };
            let (file, meta) =
                opening.await.map_err(std::io::Error::other).and_then(|done| done).map_err(failed)?;
            if !meta.is_file() {
                return Err(Error::not_found(format!("`{shown}` is no file")).at(at));
            }
            let modified = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            Ok(FileResponse::of(Content::Shared(Arc::new(file)), meta.len(), modified, name.as_deref()))
        }
    }

    /// A file of these bytes. Its type is that of the name's ending.
    pub fn bytes(name: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        FileResponse::of(Content::Bytes(bytes), len, None, Some(name))
    }

    /// To be saved, under this name: any Unicode, as people read it.
    pub fn attachment(mut self, name: &str) -> Self {
        (self.shown, self.name) = (Some(false), Some(name.to_owned()));
        self
    }

    /// To be shown in the browser, whatever it is. Nothing in it runs.
    pub fn inline(mut self) -> Self {
        self.shown = Some(true);
        self
    }

    /// With this name, where it is saved.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// With this type, rather than that of its name: `"application/pdf"`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The client may keep it for so long without asking; else it asks each time whether it has changed. `public` lets those in between
    /// keep it, too: for what everybody may see.
    pub fn keep(mut self, time: Duration, public: bool) -> Self {
        let who = if public { "public" } else { "private" };
        self.cache = Some(format!("{who}, max-age={}", time.as_secs()));
        self
    }

    /// With this text as its strong entity tag, for bytes whose version is known.
    pub fn tag(mut self, tag: &str) -> Self {
        let plain = tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        self.tag = Some(tag.to_owned()).filter(|_| plain && !tag.is_empty());
        self
    }

    fn kind(&self) -> Option<&'static Kind> {
        match &self.content_type {
            Some(mime) => Kind::of_mime(mime.split(';').next().unwrap_or_default().trim()),
            None => Kind::of_name(self.name.as_deref()?),
        }
    }

    /// The answer to a request of this method with these headers.
    pub(crate) fn answer(&self, method: &Method, headers: &HeaderMap) -> Result<Response> {
        let kind = self.kind();
        let shown = self.shown.unwrap_or_else(|| kind.is_some_and(Kind::is_shown));
        let content_type = self.content_type.clone().unwrap_or_else(|| {
            let mime = kind.map_or(UNKNOWN, |kind| kind.mime);
            // A page or a script that is shown in spite of all is one without rights.
            if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
        });
        let representation = Representation {
            content: self.content.clone(),
            length: self.len,
            tag: self.tag.clone(),
            modified: self.modified,
            content_type,
            encoding: None,
            varies: false,
            cache: self.cache.clone().unwrap_or_else(|| "private, no-cache".to_owned()),
        };
        let mut response = respond(representation, &Asked { method, headers })?;
        let status = response.status();
        if status != StatusCode::NOT_MODIFIED && status != StatusCode::RANGE_NOT_SATISFIABLE {
            let disposition = disposition(if shown { "inline" } else { "attachment" }, self.name.as_deref());
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
        let pdf = kind.is_some_and(|kind| kind.mime == "application/pdf");
        let policy = HeaderValue::from_static(if pdf { PDF_POLICY } else { POLICY });
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(response)
    }
}

/// A file in an answer, until it is known what the client wants of it.
#[derive(Clone)]
struct Open(Arc<FileResponse>);

/// All of it; the site around sends what was asked for.
impl IntoResponse for FileResponse {
    fn into_response(self) -> Response {
        match self.answer(&Method::GET, &HeaderMap::new()) {
            Ok(mut response) => {
                response.extensions_mut().insert(Open(Arc::new(self)));
                response
            }
            Err(error) => error.into_response(),
        }
    }
}

/// Sends of a file what the request asks for.
pub(crate) fn settle(mut response: Response, facts: &Facts) -> Response {
    let Some(Open(file)) = response.extensions_mut().remove::<Open>() else { return response };
    let Some(asked) = facts.conditions().filter(|_| response.status() == StatusCode::OK) else {
        return response;
    };
    let answered = match file.answer(facts.method(), asked) {
        Ok(answered) => answered,
        Err(error) => return error.into_response(),
    };
    let (parts, body) = answered.into_parts();
    for name in
        [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_DISPOSITION, header::ACCEPT_RANGES]
    {
        response.headers_mut().remove(name);
    }
    // What the handler said of it besides stays.
    for (name, value) in parts.headers.iter().filter(|(name, _)| **name != header::CACHE_CONTROL) {
        response.headers_mut().insert(name, value.clone());
    }
    *response.status_mut() = parts.status;
    *response.body_mut() = body;
    if parts.status == StatusCode::RANGE_NOT_SATISFIABLE {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

impl fmt::Debug for FileResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileResponse")
            .field("name", &self.name)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
