//! Another password for who has forgotten theirs.

use axum_core::response::{IntoResponse as _, Response};
use http::{Method, request::Parts};
use quintet_core::{
    Result, Service as _, Services,
    audit::{SecurityEvent, What},
    settings::Settings,
};
use quintet_forms::{Form, form};
use quintet_mail::email;
use quintet_orm::Db;
use quintet_web::{
    Client, Page, Path, Session, Url, data, get, messages::Message, redirect, security_event,
    session::Sessions,
};

use super::{keep_token, must_wait, page, post, quiet, settings, token, void};
use crate::{
    Accounts, AuthSettings, LoginBy, User,
    names::normal_email,
    pages::of_form,
    passwords::{About, Passwords},
    throttle::{Attempt, Bucket, Device, counted_name, network},
};

/// Whose.
#[data]
pub(super) struct Lost {
    #[field(label = "E-mail address", email, max_length = 254, autocomplete = "email")]
    email: String,
}

/// The password, twice: nobody sees what they type.
#[data]
pub(super) struct Fresh {
    #[field(label = "New password", widget = "password", trim = false, autocomplete = "new-password")]
    new_password: String,
    #[field(label = "New password, again", widget = "password", trim = false, autocomplete = "new-password")]
    again: String,
}

/// The session's key for user and token.
const KEY: &str = "_auth_reset";

/// So many accounts of one address are written about.
const MOST: u64 = 5;

#[form("/password/reset/", name = "reset")]
pub(super) async fn reset_page(
    parts: Parts,
    client: Client,
    services: Services,
    mut form: Form<Lost>,
) -> Result<Response> {
    let show = |form: &Form<Lost>| of_form(page("auth/reset.html"), form);
    let Some(Lost { email }) = form.valid() else { return Ok(show(&form).into_response()) };
    let first = services.require::<Settings>()?.get::<AuthSettings>()?.wrong_logins;
    let buckets = Bucket::of_mail("reset", &email, client.address().map(network).as_deref(), first);
    if let Err(wait) = Attempt::begin(&services, buckets).await? {
        return must_wait(&parts, &services, wait, show(&form)).await;
    }
    let event = security_event(&parts, What::ResetAsked);
    post::beside("a mail for another password", async move { write(&email, event, &services).await });
    Ok(quiet(redirect(reset_sent::url())).into_response())
}

/// To each active account of the address that has a password. The mail goes to the address as the account has it: one that only looks like
/// it is somebody else's.
async fn write(email: &str, event: SecurityEvent, services: &Services) -> Result {
    let db = &Db::of(services)?;
    let of_address = User.email.iexact(normal_email(email)) & User.is_active.eq(true);
    let users = User.filter(of_address).limit(MOST).all(db).await?;
    let expires = post::span(settings(services)?.reset_expires);
    for user in users.iter().filter(|user| Passwords::is_usable(&user.password)) {
        let link = post::link(&reset_link::url(user.id, token::for_reset(user, services)?), services)?;
        let mail = email!("auth/mail/reset.html", link, expires, username: user.username);
        event.clone().user(user.id).tell(services).await;
        post::send(mail, &user.email, services).await?;
    }
    Ok(())
}

#[get("/password/reset/sent/", name = "reset_sent")]
pub(super) async fn reset_sent() -> Page {
    page("auth/sent.html").with("what", "reset")
}

/// Takes the token out of the address, which other sites would be told, into the session.
#[get("/password/reset/{user}/{token}/", name = "reset_link")]
pub(super) async fn reset_link(
    Path((user, token)): Path<(i64, String)>,
    services: Services,
    method: Method,
    session: Session,
) -> Result<Page> {
    if token::of_reset(user, &token, settings(&services)?.reset_expires, &services).await?.is_none() {
        return Ok(void());
    }
    keep_token(&session, &method, KEY, &(user, token))?;
    Ok(quiet(redirect(reset_new::url())))
}

async fn asked(session: &Session, services: &Services) -> Result<Option<User>> {
    let Some((user, token)) = session.get::<(i64, String)>(KEY).await? else { return Ok(None) };
    token::of_reset(user, &token, settings(services)?.reset_expires, services).await
}

#[form("/password/reset/new/", name = "reset_new")]
pub(super) async fn reset_new(
    parts: Parts,
    client: Client,
    services: Services,
    accounts: Accounts,
    sessions: Sessions,
    session: Session,
    mut form: Form<Fresh>,
) -> Result<Response> {
    let Some(user) = asked(&session, &services).await? else { return Ok(void().into_response()) };
    let passwords = services.require::<Passwords>()?;
    let rules = passwords.help();
    let show = |form: &Form<Fresh>| {
        of_form(page("auth/reset_new.html").with("rules", &rules).with("username", &user.username), form)
    };
    let Some(Fresh { new_password, again }) = form.valid() else { return Ok(show(&form).into_response()) };
    if new_password != again {
        form.error(Fresh.again, "this is not the same password");
    }
    if let Err(error) = passwords.check("new_password", &new_password, &About::of(&user)).into_result() {
        form.refuse(error)?;
    }
    if !form.errors().is_empty() {
        return Ok(show(&form).into_response());
    }
    // With it the token is void, and so is whatever began with the password of before.
    if !accounts.acting("reset link").replace_password(&user, &new_password).await? {
        return Ok(void().into_response());
    }
    // Each of them has ended with the password; this only clears them away.
    if let Err(error) = sessions.end_all(user.id).await {
        tracing::warn!(?error, "the sessions of a user with another password could not be removed");
    }
    session.flush();
    security_event(&parts, What::ResetDone).user(user.id).tell(&services).await;
    let done = Message::success("You have another password. Log in with it.");
    let login = services.require::<Settings>()?.get::<AuthSettings>()?;
    let keep = known(&client, &services, &user, login.login_by)?;
    let there = quiet(redirect(login.login_url)).header("set-cookie", keep);
    Ok(there.flash(done).into_response())
}

/// Whoever has read the mail is the owner, so this browser is theirs: they get in also while strangers guess.
fn known(client: &Client, services: &Services, user: &User, by: LoginBy) -> Result<String> {
    let device = Device::of(client, services)?;
    let with = |device, name: &str| Device::with(device, counted_name(name));
    let device = match by {
        LoginBy::Username => with(device, &user.username)?,
        LoginBy::Email => with(device, &user.email)?,
        LoginBy::Either => with(Some(with(device, &user.email)?), &user.username)?,
    };
    device.keep(client, services)
}

/// Where people ask for it.
pub(crate) fn url() -> Url {
    reset_page::url()
}
