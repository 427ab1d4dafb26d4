use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Result, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_web::{Page, Session, data, messages::Message, redirect, security_event};

use super::{must_wait, of_form, page};
use crate::{
    Accounts, AuthSettings, User,
    login::stay_logged_in,
    passwords::{About, Passwords},
    throttle::{Attempt, Bucket},
};

/// The password of before and another one, twice: nobody sees what they type.
#[data]
pub(super) struct Change {
    #[field(label = "Old password", widget = "password", trim = false, autocomplete = "current-password")]
    old_password: String,
    #[field(label = "New password", widget = "password", trim = false, autocomplete = "new-password")]
    new_password: String,
    #[field(label = "New password, again", widget = "password", trim = false, autocomplete = "new-password")]
    again: String,
}

#[form("/password/", name = "password")]
pub(super) async fn password_page(
    user: User,
    parts: Parts,
    services: Services,
    accounts: Accounts,
    passwords: Passwords,
    session: Session,
    mut form: Form<Change>,
) -> Result<Response> {
    let rules = passwords.help();
    let show =
        |form: &Form<Change>| -> Page { of_form(page("auth/password.html").with("rules", &rules), form) };
    let Some(Change { old_password, new_password, again }) = form.valid() else {
        return Ok(show(&form).into_response());
    };
    if new_password != again {
        form.error(Change.again, "this is not the same password");
    }
    if let Err(error) = passwords.check("new_password", &new_password, &About::of(&user)).into_result() {
        form.refuse(error)?;
    }
    if !form.errors().is_empty() {
        return Ok(show(&form).into_response());
    }
    // Whoever sits at a browser that somebody has left can't try words for ever.
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let buckets = Bucket::of_old_password(user.id, settings.wrong_logins);
    let attempt = match Attempt::begin(&services, buckets).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            security_event(&parts, What::LoginThrottled).user(user.id).tell(&services).await;
            return must_wait(&parts, wait, show(&form));
        }
    };
    match accounts.check_password(&user, &old_password).await {
        Ok(true) => attempt.was_right().await?,
        Ok(false) => {
            security_event(&parts, What::LoginFailed).user(user.id).tell(&services).await;
            form.error(Change.old_password, "this is not your password");
        }
        Err(error) => {
            attempt.undo().await?;
            form.refuse(error)?;
        }
    }
    if !form.errors().is_empty() {
        return Ok(show(&form).into_response());
    }
    // All sessions that began with the old one end with it, but for this one.
    accounts.set_password(&user, &new_password).await?;
    stay_logged_in(&session).await?;
    let done =
        Message::success("Your password is changed. Wherever else you were logged in, you are not any more.");
    let here = redirect(password_page::url()).header("cache-control", "no-store");
    Ok(here.flash(done).into_response())
}
