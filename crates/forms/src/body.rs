//! What a form's request brought along, before it has a type.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use jiff::tz::TimeZone;
use quintet_core::{
    Error, Result, Services,
    hidden::{self, is_secret},
    zone,
};
use quintet_web::{
    DataField, Multipart, Rejected, Source, Upload, rt,
    upload::{UploadLimits, in_row},
};
use serde_json::Value as Json;

use crate::FormsSettings;

/// The body of a form: texts by name, files, or JSON. Nothing at all for GET.
///
/// Most handlers take a [`Form`](crate::Form), which reads it. One that has several forms on a page takes the body and reads each
/// from it: `Form::read(&body, "film").await?`.
#[derive(Clone, Debug)]
pub struct FormBody {
    content: Content,
    files: Vec<FilePart>,
    pub(crate) zone: TimeZone,
    pub(crate) services: Option<Services>,
}

#[derive(Clone, Debug)]
enum Content {
    /// Nothing was sent: the form is asked for.
    Nothing,
    Texts(Vec<(String, Vec<String>)>),
    Json(Json),
}

/// A file that came with a form.
#[derive(Clone, Debug)]
pub struct FilePart {
    /// The name of the field.
    pub field: String,
    /// The file. It may have a [problem](Upload::problem): fields of `#[data]` refuse it for that.
    pub file: Upload,
}

impl FormBody {
    /// A body of these texts, for tests and for sources other than requests.
    #[must_use]
    pub fn of_texts<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, text)| (name.into(), text.into()));
        FormBody::new(Content::Texts(gather(pairs)), Vec::new())
    }

    /// No body: the form is asked for.
    #[must_use]
    pub fn nothing() -> Self {
        FormBody::new(Content::Nothing, Vec::new())
    }

    /// With this file, as if it had come with the request.
    #[must_use]
    pub fn with_file(mut self, field: impl Into<String>, file: Upload) -> Self {
        self.files.push(FilePart { field: field.into(), file });
        if let Content::Nothing = self.content {
            self.content = Content::Texts(Vec::new());
        }
        self
    }

    /// What the query string of a request says, as if it had come in a body: for a page with several search forms, each of which
    /// [`SearchForm::read`](crate::SearchForm::read) takes from it under a prefix. A handler takes the parts of its request as
    /// `axum::http::request::Parts`.
    ///
    /// # Errors
    /// Of status 400 for a query string that is malformed, 414 for one of more than `max_fields` fields.
    pub fn of_query(parts: &Parts) -> Result<Self> {
        FormBody::of_query_for(parts, &[])
    }

    /// With what these fields say is secret.
    pub(crate) fn of_query_for(parts: &Parts, fields: &[DataField]) -> Result<Self> {
        let services = parts.extensions.get::<Services>().cloned();
        let settings = FormsSettings::of(services.as_ref())?;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let pairs = pairs(query, "query string", settings.max_fields, StatusCode::URI_TOO_LONG)?;
        let content = FormBody::new(Content::Texts(gather(pairs)), Vec::new());
        content.hide_secrets(fields, None);
        Ok(FormBody { zone: settings.zone(), services, ..content })
    }

    fn new(content: Content, files: Vec<FilePart>) -> Self {
        FormBody { content, files, zone: zone::current(), services: None }
    }

    /// Was anything sent?
    #[must_use]
    pub fn is_submitted(&self) -> bool {
        !matches!(self.content, Content::Nothing)
    }

    /// All texts of a name, in the order in which they came.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        let Content::Texts(all) = &self.content else { return None };
        all.iter().find(|(known, _)| known == name).map(|(_, texts)| texts.as_slice())
    }

    /// The last text of a name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts(name)?.last().map(String::as_str)
    }

    /// The names of all texts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = match &self.content {
            Content::Texts(all) => all.as_slice(),
            _ => &[],
        };
        all.iter().map(|(name, _)| name.as_str())
    }

    /// The files, in the order in which they came.
    #[must_use]
    pub fn files(&self) -> &[FilePart] {
        &self.files
    }

    /// The files of a name, in the order in which they came.
    pub fn files_of(&self, name: &str) -> impl Iterator<Item = &Upload> {
        self.files.iter().filter(move |part| part.field == name).map(|part| &part.file)
    }

    /// The document, if the body was JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Json> {
        match &self.content {
            Content::Json(json) => Some(json),
            _ => None,
        }
    }
}

/// GET and HEAD have no body. What can't be read as a form at all is refused: a body that is too large (413), did not come in
/// time (408), is of another type (415), or is malformed (400).
impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Rejected> {
        FormBody::of_request(request, &[], None).await
    }
}

impl FormBody {
    /// Reads a request; files of these fields may be as large as the fields say. `rows` is the prefix of a form of rows that have
    /// these fields.
    pub(crate) async fn of_request(
        request: Request,
        fields: &[DataField],
        rows: Option<&'static str>,
    ) -> std::result::Result<Self, Rejected> {
        let json = is_json(&content_type(request.headers()));
        read(request, fields, rows).await.map_err(|error| {
            let rejected = Rejected::new(Source::Body, error);
            if json { rejected.always_problem() } else { rejected }
        })
    }
}

async fn read(request: Request, fields: &[DataField], rows: Option<&'static str>) -> Result<FormBody> {
    let services = request.extensions().get::<Services>().cloned();
    let settings = FormsSettings::of(services.as_ref())?;
    let content = if matches!(*request.method(), Method::GET | Method::HEAD) {
        FormBody::nothing()
    } else {
        content(request, settings.max_fields, fields, rows).await?
    };
    content.hide_secrets(fields, rows);
    Ok(FormBody { zone: settings.zone(), services, ..content })
}

impl FormBody {
    /// No log shows what was typed into a field that is called as secrets are, or that hides what is typed.
    fn hide_secrets(&self, fields: &[DataField], rows: Option<&str>) {
        match &self.content {
            Content::Nothing => {}
            Content::Json(json) => {
                let secret = fields.iter().filter(|field| rt::is_secret_field(field));
                rt::hide_json(json, &secret.map(|field| field.name).collect::<Vec<_>>());
            }
            Content::Texts(all) => {
                let typed_unseen = |name: &str| {
                    let name = rows.and_then(|prefix| in_row(prefix, name)).unwrap_or(name);
                    fields.iter().any(|field| field.name == name && rt::is_secret_field(field))
                };
                let secret = all.iter().filter(|(name, _)| is_secret(name) || typed_unseen(name));
                secret.flat_map(|(_, texts)| texts).for_each(|text| hidden::hide(text));
            }
        }
    }
}

async fn content(
    request: Request,
    most: usize,
    fields: &[DataField],
    rows: Option<&'static str>,
) -> Result<FormBody> {
    let kind = content_type(request.headers());
    if is_json(&kind) {
        let bytes = whole(request).await?;
        let json = serde_json::from_slice(&bytes)
            .map_err(|why| Error::bad_request(format!("The body is not valid JSON: {why}.")))?;
        return Ok(FormBody::new(Content::Json(json), Vec::new()));
    }
    match kind.as_str() {
        // A form without any field may come without a type.
        "" | "application/x-www-form-urlencoded" => {
            let bytes = whole(request).await?;
            let pairs = pairs(&bytes, "form", most, StatusCode::PAYLOAD_TOO_LARGE)?;
            Ok(FormBody::new(Content::Texts(gather(pairs)), Vec::new()))
        }
        "multipart/form-data" => parts(request, most, fields, rows).await,
        other => Err(Error::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "A form is sent as `application/x-www-form-urlencoded`, `multipart/form-data` or JSON, not as `{other}`."
            ),
        )),
    }
}

/// What stands in a body or a query string, unless it is more than `most`.
fn pairs(bytes: &[u8], what: &str, most: usize, too_many: StatusCode) -> Result<Vec<(String, String)>> {
    // Counted before they are taken apart.
    if bytes.iter().filter(|byte| **byte == b'&').count() >= most {
        let why = format!("The {what} has more than {most} fields (`max_fields` in [forms]).");
        return Err(Error::new(too_many, why));
    }
    serde_urlencoded::from_bytes(bytes)
        .map_err(|why| Error::bad_request(format!("The {what} can't be read: {why}.")))
}

async fn parts(
    request: Request,
    most: usize,
    fields: &[DataField],
    rows: Option<&'static str>,
) -> Result<FormBody> {
    let limits = UploadLimits::of(request.extensions().get::<Services>())?;
    let own = fields.iter().filter_map(|field| Some((field.name, field.options.max_size?)));
    let limits = UploadLimits {
        max_fields: most,
        fields_setting: "`max_fields` in [forms]",
        by_field: own.collect(),
        rows_of: rows,
        ..limits
    };
    let received = Multipart::of_request(request, limits)?.receive().await?;
    let files = received.files.into_iter().map(|(field, file)| FilePart { field, file });
    Ok(FormBody::new(Content::Texts(gather(received.texts)), files.collect()))
}

async fn whole(request: Request) -> Result<Bytes> {
    Bytes::from_request(request, &()).await.map_err(quintet_web::rt::unread)
}

fn gather(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (name, text) in pairs {
        let place = *places.entry(name.clone()).or_insert(all.len());
        match all.get_mut(place) {
            Some((_, texts)) => texts.push(text),
            None => all.push((name, vec![text])),
        }
    }
    all
}

fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
