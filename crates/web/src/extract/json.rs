use std::ops::Deref;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, OptionalFromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use quintet_core::{Error, FieldErrors, Services};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    data::{self, Payload, secret},
    errors::{Rejected, Source, unread},
    facts::is_json,
    spare,
};

/// JSON, in and out.
///
/// In: `#[data]`, or lists and maps of it, checked by its rules. What does not fit is 422 with a JSON pointer for each
/// fault, what is no JSON at all is 400 with line and column, another content type is 415, too much is 413: each
/// as an RFC 9457 problem.
///
/// Out: anything serde can write.
///
/// ```
/// use quintet_web::{Json, data, post};
///
/// #[data]
/// struct Person {
///     #[field(max_length = 50)]
///     name: String,
///     #[field(max = 150)]
///     age: u8,
/// }
///
/// #[post("/people/")]
/// async fn people(Json(person): Json<Person>) -> Json<Person> {
///     Json(person)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: Payload + DeserializeOwned,
{
    type Rejection = Rejected;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejected> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !is_json(kind) {
            let sent = kind
                .and_then(|v| v.to_str().ok())
                .map_or_else(|| "no `Content-Type`".to_owned(), |k| format!("`{k}`"));
            return Err(rejected(Error::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("The body must be JSON (`Content-Type: application/json`); this one has {sent}."),
            )));
        }
        let services = request.extensions().get::<Services>().cloned();
        let bytes = Bytes::from_request(request, state).await.map_err(|why| rejected(unread(why)))?;
        if let Some(more) = secret::may_hold::<T>()
            && let Ok(document) = serde_json::from_slice(&bytes)
        {
            secret::hide_json(&document, &more);
        }
        cleaned(read("The body", &bytes).map_err(rejected)?, services).await.map(Json).map_err(rejected)
    }
}

impl<T: Payload + DeserializeOwned> Json<T> {
    /// Reads text that has come another way than as a request's body, and checks it all the same. `what` it is begins the sentence that
    /// tells that it is no JSON: "The message".
    ///
    /// # Errors
    /// With status 400 if it is no JSON at all, 422 with the fields that don't fit.
    pub async fn parse(what: &str, text: &[u8]) -> Result<Self, Error> {
        cleaned(read(what, text)?, Services::current()).await.map(Json)
    }
}

/// Runs the rules that ask the site; without one there is nobody to ask.
async fn cleaned<T: Payload>(mut value: T, services: Option<Services>) -> Result<T, Error> {
    let Some(services) = services else { return Ok(value) };
    let mut errors = FieldErrors::new();
    if let Some(work) = value.clean("", &services, &mut errors) {
        work.await?;
    }
    errors.into_result().map(|()| value)
}

/// `None` without a body and content type.
impl<S, T> OptionalFromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: Payload + DeserializeOwned,
{
    type Rejection = Rejected;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Rejected> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

fn rejected(error: Error) -> Rejected {
    Rejected::new(Source::Body, error).always_problem()
}

fn read<T: Payload + DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    let malformed = |why: serde_json::Error| Error::bad_request(format!("{what} is not valid JSON: {why}."));
    let value: T = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        // Well-formed so far, but not of this type: look again, field by field, for all that is wrong.
        Err(why) if why.is_data() => {
            let given: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
            return Err(Error::invalid(data::explain::<T>(&given, &why.to_string())));
        }
        Err(why) => return Err(malformed(why)),
    };
    let mut errors = FieldErrors::new();
    value.check("", &mut errors);
    errors.into_result().map(|()| value)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = spare::room();
        match serde_json::to_writer(&mut body, &self.0) {
            Ok(()) => written(body),
            Err(why) => Error::internal(format!("the answer can't be written as JSON: {why}"))
                .with_source(why)
                .into_response(),
        }
    }
}

/// Not `([..], body)`: that would say another type first, and then this one.
fn written(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(spare::text(body)));
    let mut headers = spare::headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.headers_mut() = headers;
    response
}

impl<T: Serialize> From<Json<T>> for Response {
    fn from(json: Json<T>) -> Self {
        json.into_response()
    }
}
