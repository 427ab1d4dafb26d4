use axum_core::response::{IntoResponse as _, Response};
use http::request::Parts;
use quintet_core::{Result, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_web::{Client, Page, Query, Session, Url, data, redirect, security_event};

use super::{Came, code::code_page, must_wait, of_form, page, totp::totp_page, with_next};
use crate::{
    Accounts, AuthSettings, LoginBy,
    login::{Begun, begin_login, safe_next},
    throttle::{Attempt, Bucket, Device, counted_name, logged_name, network},
};

/// What people log in with.
#[data]
pub(super) struct Entry {
    #[field(max_length = 1024, autocomplete = "username")]
    username: String,
    #[field(widget = "password", trim = false, autocomplete = "current-password")]
    password: String,
}

/// What the name is called, and what is said when it is wrong: the same whether or not there is such a name.
fn words(by: LoginBy) -> (&'static str, &'static str) {
    match by {
        LoginBy::Username => ("Username", "The username or the password is wrong."),
        LoginBy::Email => ("E-mail address", "The e-mail address or the password is wrong."),
        LoginBy::Either => ("Username or e-mail address", "The name or the password is wrong."),
    }
}

#[form("/login/", name = "login")]
pub(super) async fn login_page(
    Query(came): Query<Came>,
    parts: Parts,
    client: Client,
    services: Services,
    accounts: Accounts,
    session: Session,
    mut form: Form<Entry>,
) -> Result<Response> {
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let (label, wrong) = words(settings.login_by);
    let (reset, signup) = more(&services)?;
    let show = |form: &Form<Entry>| -> Page {
        let page = page("auth/login.html").with("label", label);
        of_form(page.with("reset", &reset).with("signup", &signup), form)
    };
    let Some(Entry { username, password }) = form.valid() else { return Ok(show(&form).into_response()) };

    let name = counted_name(&username);
    let device = Device::of(&client, &services)?;
    let known = device.as_ref().and_then(|device| device.known_for(&name));
    let from_network = client.address().map(network);
    let buckets = Bucket::of_login(&name, from_network.as_deref(), known, settings.wrong_logins);
    let attempt = match Attempt::begin(&services, buckets).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            security_event(&parts, What::LoginThrottled)
                .with("name", logged_name(&name, &services)?)
                .tell(&services)
                .await;
            return must_wait(&parts, wait, show(&form));
        }
    };
    match accounts.authenticate(&username, &password).await {
        Ok(Some(user)) => {
            attempt.was_right().await?;
            let begun = begin_login(&session, &user).await?;
            let keep = Device::with(device, name)?.keep(&client, &services)?;
            let next = came.next.as_deref().and_then(safe_next);
            let there = match begun {
                Begun::LoggedIn => Url::from(next.unwrap_or(&settings.after_login).to_owned()),
                Begun::NeedsCode => with_next(code_page::url(), next),
                Begun::MustEnroll => with_next(totp_page::url(), next),
            };
            let there = redirect(there).header("cache-control", "no-store");
            return Ok(there.header("set-cookie", keep).into_response());
        }
        Ok(None) => {
            // Not the name itself: people type passwords into this field, too.
            security_event(&parts, What::LoginFailed)
                .with("name", logged_name(&name, &services)?)
                .tell(&services)
                .await;
            form.form_error(wrong);
        }
        // Nothing was compared.
        Err(error) => {
            attempt.undo().await?;
            form.refuse(error)?;
        }
    }
    Ok(show(&form).into_response())
}

/// Where people get another password by mail, and where they sign up, if the site has that.
#[cfg_attr(
    not(feature = "mail"),
    expect(clippy::unnecessary_wraps, reason = "with mail, the settings are asked")
)]
fn more(services: &Services) -> Result<(Option<Url>, Option<Url>)> {
    #[cfg(feature = "mail")]
    {
        let by_mail: crate::settings::ByMailSettings = services.require::<Settings>()?.get()?;
        let of = |name: &'static str| Url::named(name, [("", ""); 0]);
        Ok((Some(of("reset")), by_mail.signup.then(|| of("signup"))))
    }
    #[cfg(not(feature = "mail"))]
    {
        let _ = services;
        Ok((None, None))
    }
}
