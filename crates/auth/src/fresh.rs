//! For what must not be done at a browser that somebody has left: who has shown a password a moment ago.

use std::time::Duration;

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use percent_encoding::utf8_percent_encode;
use quintet_core::{Error, Result, Services, settings::Settings, template::Reverse};
use quintet_web::{Session, answers_json};

use crate::{
    AuthSettings, User,
    backend::identified,
    login::{CONFIRMED, PLAIN, original},
    safe_next,
};

/// The user, who has shown their password within `[auth] fresh_for`: `Fresh(user): Fresh` in a handler, or `Fresh<Member>`. Others are
/// asked for it, and come back; a token is never fresh.
///
/// ```
/// use quintet_auth::Fresh;
/// use quintet_web::post;
///
/// #[post("/account/delete/")]
/// async fn delete(Fresh(user): Fresh) -> String {
///     format!("{} is gone", user.username)
/// }
/// # let _ = quintet_web::routes![delete];
/// ```
///
/// What was sent by a form is not kept meanwhile: the page that asks says that it has to be sent again.
#[derive(Debug, Clone)]
pub struct Fresh<U = User>(pub U);

impl<S, U> FromRequestParts<S> for Fresh<U>
where
    S: Send + Sync,
    U: FromRequestParts<S, Rejection = Response> + Send,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let user = U::from_request_parts(parts, state).await?;
        let checked = async {
            let settings: AuthSettings = Services::of_request(parts)?.require::<Settings>()?.get()?;
            if is_fresh(parts, settings.fresh_for).await? { Ok(None) } else { confirm(parts).map(Some) }
        };
        match checked.await {
            Ok(None) => Ok(Fresh(user)),
            Ok(Some(answer)) => Err(answer),
            Err(error) => Err(Error::into_response(error)),
        }
    }
}

/// Has the user of this request shown a password within this time? A proxy that says who is there answers for it.
pub(crate) async fn is_fresh(parts: &Parts, within: Duration) -> Result<bool> {
    if let Some(identity) = identified(parts, Services::of_request(parts)?).await? {
        return Ok(!identity.is_program());
    }
    let Some(at) = Session::of(parts)?.get::<i64>(CONFIRMED).await? else { return Ok(false) };
    let age = quintet_core::clock::now().as_second().saturating_sub(at);
    Ok(u64::try_from(age).is_ok_and(|age| age < within.as_secs().max(1)))
}

/// Sends somebody to show their password, and back; a program is told 403.
pub(crate) fn confirm(parts: &Parts) -> Result<Response> {
    if answers_json(parts)? {
        return Err(Error::forbidden("Confirm who you are with your password first."));
    }
    let page = Services::of_request(parts)?.require::<std::sync::Arc<dyn Reverse>>()?.url(
        None,
        "auth:confirm",
        &[],
    )?;
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    // A form is shown again where it was sent from.
    let from = || {
        let from: Uri = parts.headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
        from.path_and_query().map(|path| path.as_str().to_owned())
    };
    let here = || original(parts).path_and_query().map(|path| path.as_str().to_owned());
    let back = if reads { here() } else { from().or_else(here) };
    let back = back.filter(|back| safe_next(back).is_some()).unwrap_or_else(|| "/".to_owned());
    let again = if reads { "" } else { "&again=1" };
    let address = format!("{page}?next={}{again}", utf8_percent_encode(&back, PLAIN));
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::try_from(address)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// Does a program act for the user of this request?
pub(crate) async fn is_program(parts: &Parts) -> Result<bool> {
    let identity = identified(parts, Services::of_request(parts)?).await?;
    Ok(identity.is_some_and(|identity| identity.is_program()))
}
