use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Error, Result, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_web::{Page, Query, Session, messages::Message, post, redirect, security_event};

use super::{Came, code::Code, must_wait_for, of_form, page, to_login};
use crate::{
    AuthSettings, Fresh, User,
    factors::{Second, second},
    fresh::{confirm, is_fresh},
    login::{half, has_second, login_fully, safe_next},
    throttle::{Attempt, Bucket},
    totp,
};

/// The session's key for a secret that is not anybody's yet, encrypted.
const NEW: &str = "_auth_totp_new";

/// Shows the codes, now and never again.
fn codes_page(codes: &[String], next: &str) -> Response {
    page("auth/recovery_codes.html").with("codes", codes).with("next", next).into_response()
}

/// Who sets up an app: somebody who has just shown their password, be it in the midst of logging in.
async fn who(
    parts: &Parts,
    user: Option<User>,
    session: &Session,
    services: &Services,
) -> Result<Result<(User, bool), Response>> {
    if let Some(user) = user {
        let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
        return Ok(match is_fresh(parts, settings.fresh_for).await? {
            true => Ok((user, false)),
            false => Err(confirm(parts)?),
        });
    }
    match half(session, services).await? {
        Some(user) if second(services, &user).await? == Second::ToEnroll => Ok(Ok((user, true))),
        _ => Ok(Err(to_login(services, None)?.into_response())),
    }
}

#[form("/totp/", name = "totp")]
pub(super) async fn totp_page(
    user: Option<User>,
    Query(came): Query<Came>,
    parts: Parts,
    services: Services,
    session: Session,
    mut form: Form<Code>,
) -> Result<Response> {
    let (user, in_half) = match who(&parts, user, &session, &services).await? {
        Ok(who) => who,
        Err(answer) => return Ok(answer),
    };
    if let Some((since, left)) = totp::state(&services, &user).await? {
        let shown = page("auth/totp.html").with("since", &since).with("left", &left).with("enrolled", &true);
        return Ok(of_form(shown, &form).into_response());
    }
    let pending = match session.get::<String>(NEW).await? {
        Some(sealed) => totp::open_new(&services, &sealed, user.id)?,
        None => None,
    };
    let secret = match pending {
        Some(secret) => secret,
        None => {
            let secret = totp::new_secret()?;
            session.set(NEW, &totp::seal_new(&services, &secret, user.id)?)?;
            secret
        }
    };
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let issuer = if settings.totp_name.is_empty() { host(&parts) } else { settings.totp_name.clone() };
    let picture = totp::svg(&totp::address(&secret, &issuer, &user.username), "QR code")?;
    let spaced = totp::in_fours(&secret, " ");
    let show = |form: &Form<Code>| -> Page {
        let shown = page("auth/totp.html").with("picture", &picture).with("secret", &spaced);
        of_form(shown.with("enrolled", &false), form)
    };
    let Some(Code { code }) = form.valid() else { return Ok(show(&form).into_response()) };
    let attempt = match Attempt::begin(&services, Bucket::of_code(user.id, settings.wrong_logins)).await? {
        Ok(attempt) => attempt,
        Err(wait) => return must_wait_for("codes", &parts, wait, show(&form)),
    };
    let Some(step) = totp::fits(&secret, &totp::typed(&code)) else {
        form.error(Code.code, "this is not the code that the app should show");
        return Ok(show(&form).into_response());
    };
    attempt.was_right().await?;
    let codes = totp::enroll(&services, user.id, &secret, step).await?;
    session.remove(NEW);
    security_event(&parts, What::SecondFactorAdded).user(user.id).tell(&services).await;
    if in_half {
        login_fully(&session, &user).await?;
    } else {
        // Elsewhere they have not shown it.
        session.end_others().await?;
        has_second(&session, true)?;
    }
    let next = came.next.as_deref().and_then(safe_next).unwrap_or(&settings.after_login);
    Ok(codes_page(&codes, next))
}

/// What people call the site, if it is not said.
fn host(parts: &Parts) -> String {
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| parts.uri.host()).unwrap_or("Quintet").to_owned()
}

/// Other recovery codes.
#[post("/totp/codes/", name = "totp_codes")]
pub(super) async fn other_codes(Fresh(user): Fresh, parts: Parts, services: Services) -> Result<Response> {
    if totp::state(&services, &user).await?.is_none() {
        return Err(Error::not_found("There is no second factor that codes could stand in for."));
    }
    let codes = totp::renew_codes(&services, user.id).await?;
    security_event(&parts, What::RecoveryCodesMade).user(user.id).tell(&services).await;
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    Ok(codes_page(&codes, &settings.after_login))
}

/// No second factor any more.
#[post("/totp/off/", name = "totp_off")]
pub(super) async fn totp_off(
    Fresh(user): Fresh,
    parts: Parts,
    services: Services,
    session: Session,
) -> Result<Page> {
    totp::remove(&services, user.id).await?;
    security_event(&parts, What::SecondFactorRemoved).user(user.id).tell(&services).await;
    has_second(&session, false)?;
    let done = Message::success("Codes are not asked for any more.");
    Ok(redirect(totp_page::url()).header("cache-control", "no-store").flash(done))
}
