use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Result, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_web::{Page, Query, Session, data, redirect, security_event};

use super::{must_wait, of_form, page};
use crate::{
    Accounts, AuthSettings, User,
    login::{confirmed, safe_next},
    throttle::{Attempt, Bucket},
};

/// The password, once more.
#[data]
pub(super) struct Confirm {
    #[field(widget = "password", trim = false, autocomplete = "current-password")]
    password: String,
}

/// Where they come from, and whether something that they have sent is to be sent again.
#[data]
pub(super) struct Asked {
    next: Option<String>,
    again: Option<String>,
}

#[form("/confirm/", name = "confirm")]
pub(super) async fn confirm_page(
    user: User,
    Query(asked): Query<Asked>,
    parts: Parts,
    services: Services,
    accounts: Accounts,
    session: Session,
    mut form: Form<Confirm>,
) -> Result<Response> {
    let again = asked.again.is_some();
    let show =
        |form: &Form<Confirm>| -> Page { of_form(page("auth/confirm.html").with("again", &again), form) };
    let Some(Confirm { password }) = form.valid() else { return Ok(show(&form).into_response()) };
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let attempt =
        match Attempt::begin(&services, Bucket::of_old_password(user.id, settings.wrong_logins)).await? {
            Ok(attempt) => attempt,
            Err(wait) => {
                security_event(&parts, What::LoginThrottled).user(user.id).tell(&services).await;
                return must_wait(&parts, wait, show(&form));
            }
        };
    match accounts.confirms(&user, &password).await {
        Ok(true) => {
            attempt.was_right().await?;
            session.cycle();
            confirmed(&session)?;
            let next = asked.next.as_deref().and_then(safe_next).unwrap_or(&settings.after_login);
            return Ok(redirect(next.to_owned()).header("cache-control", "no-store").into_response());
        }
        Ok(false) => {
            security_event(&parts, What::LoginFailed).user(user.id).tell(&services).await;
            form.error(Confirm.password, "this is not your password");
        }
        Err(error) => {
            attempt.undo().await?;
            form.refuse(error)?;
        }
    }
    Ok(show(&form).into_response())
}
