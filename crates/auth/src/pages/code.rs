use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Result, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_web::{Page, Query, Session, data, redirect, security_event};

use super::{Came, must_wait_for, of_form, page, to_login};
use crate::{
    AuthSettings,
    login::{half, login_fully, safe_next},
    throttle::{Attempt, Bucket},
    totp,
};

/// A code of the app, or one from paper.
#[data]
pub(super) struct Code {
    #[field(max_length = 40, autocomplete = "one-time-code")]
    pub(super) code: String,
}

/// The second step: for who has shown a password here a moment ago, and is nobody yet.
#[form("/login/code/", name = "code")]
pub(super) async fn code_page(
    Query(came): Query<Came>,
    parts: Parts,
    services: Services,
    session: Session,
    mut form: Form<Code>,
) -> Result<Response> {
    let next = came.next.as_deref().and_then(safe_next);
    let Some(user) = half(&session, &services).await? else {
        return Ok(to_login(&services, next)?.into_response());
    };
    let show = |form: &Form<Code>| -> Page { of_form(page("auth/code.html"), form) };
    let Some(Code { code }) = form.valid() else { return Ok(show(&form).into_response()) };
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let attempt = match Attempt::begin(&services, Bucket::of_code(user.id, settings.wrong_logins)).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            security_event(&parts, What::LoginThrottled).user(user.id).tell(&services).await;
            return must_wait_for("codes", &parts, wait, show(&form));
        }
    };
    let taken = totp::take(&services, user.id, &code).await?;
    if taken == totp::Taken::Wrong {
        security_event(&parts, What::LoginFailed).user(user.id).tell(&services).await;
        form.error(Code.code, "this is not the code, or it was used already");
        return Ok(show(&form).into_response());
    }
    attempt.was_right().await?;
    if taken == totp::Taken::Recovery {
        security_event(&parts, What::RecoveryCodeUsed).user(user.id).tell(&services).await;
    }
    login_fully(&session, &user).await?;
    let next = next.unwrap_or(&settings.after_login);
    Ok(redirect(next.to_owned()).header("cache-control", "no-store").into_response())
}
