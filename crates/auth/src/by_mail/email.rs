//! Another address, which is one's own once the link that was sent there is followed.

use axum_core::response::{IntoResponse as _, Response};
use http::{Method, request::Parts};
use quintet_core::{Result, Service as _, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_mail::email;
use quintet_orm::Db;
use quintet_web::{Client, Page, Path, Session, data, get, messages::Message, redirect, security_event};

use super::{keep_token, must_wait, page, post as mails, quiet, settings, token, void};
use crate::{
    Accounts, AuthSettings, User,
    names::normal_email,
    pages::{self, of_form},
    throttle::{Attempt, Bucket, network},
};

/// The new address, and the password: whoever sits at a browser that somebody has left has neither.
#[data]
pub(super) struct Change {
    #[field(label = "New e-mail address", email, max_length = 254, autocomplete = "email")]
    email: String,
    #[field(widget = "password", trim = false, autocomplete = "current-password")]
    password: String,
}

/// The session's key for the token.
const KEY: &str = "_auth_email";

#[form("/email/", name = "email")]
pub(super) async fn email_page(
    user: User,
    parts: Parts,
    client: Client,
    services: Services,
    accounts: Accounts,
    mut form: Form<Change>,
) -> Result<Response> {
    let show = |form: &Form<Change>| of_form(page("auth/email.html").with("email", &user.email), form);
    let Some(Change { email, password }) = form.valid() else { return Ok(show(&form).into_response()) };
    let email = normal_email(&email);
    if email == user.email {
        form.error(Change.email, "this is your address");
        return Ok(show(&form).into_response());
    }
    let first = services.require::<Settings>()?.get::<AuthSettings>()?.wrong_logins;
    let attempt = match Attempt::begin(&services, Bucket::of_old_password(user.id, first)).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            security_event(&parts, What::LoginThrottled).user(user.id).tell(&services).await;
            return pages::must_wait(&parts, wait, show(&form));
        }
    };
    match accounts.confirms(&user, &password).await {
        Ok(true) => attempt.was_right().await?,
        Ok(false) => {
            security_event(&parts, What::LoginFailed).user(user.id).tell(&services).await;
            form.error(Change.password, "this is not your password");
        }
        Err(error) => {
            attempt.undo().await?;
            form.refuse(error)?;
        }
    }
    if !form.errors().is_empty() {
        return Ok(show(&form).into_response());
    }
    let buckets = Bucket::of_mail("email", &email, client.address().map(network).as_deref(), first);
    if let Err(wait) = Attempt::begin(&services, buckets).await? {
        return must_wait(&parts, &services, wait, show(&form)).await;
    }
    // A password that was stored in an older way may just have been stored anew.
    let id = user.id;
    mails::beside("a mail to a new address", async move { write(id, &email, &services).await });
    let told = Message::success("A mail is on its way to the new address. Follow its link to have it.");
    Ok(quiet(redirect(email_page::url())).flash(told).into_response())
}

async fn write(user: i64, email: &str, services: &Services) -> Result {
    let user = User.get(user, &Db::of(services)?.primary()).await?;
    if token::is_taken(email, services).await? && !email.eq_ignore_ascii_case(&user.email) {
        return mails::send(email!("auth/mail/email_taken.html"), email, services).await;
    }
    let expires = mails::span(settings(services)?.confirm_expires);
    let link = mails::link(&email_link::url(token::for_email(&user, email, services)?), services)?;
    let mail = email!("auth/mail/email.html", link, expires, username: user.username);
    mails::send(mail, email, services).await
}

#[get("/email/link/{token}/", name = "email_link")]
pub(super) async fn email_link(
    Path(token): Path<String>,
    services: Services,
    method: Method,
    session: Session,
) -> Result<Page> {
    if token::of_email(&token, settings(&services)?.confirm_expires, &services).await?.is_none() {
        return Ok(void());
    }
    keep_token(&session, &method, KEY, &token)?;
    Ok(quiet(redirect(email_confirm::url())))
}

async fn asked(session: &Session, services: &Services) -> Result<Option<(User, String)>> {
    let Some(token) = session.get::<String>(KEY).await? else { return Ok(None) };
    token::of_email(&token, settings(services)?.confirm_expires, services).await
}

/// A button: a program that looks what links lead to must change nothing.
#[form("/email/confirm/", name = "email_confirm")]
pub(super) async fn email_confirm(
    parts: Parts,
    services: Services,
    session: Session,
    mut form: Form<Yes>,
) -> Result<Response> {
    let Some((user, email)) = asked(&session, &services).await? else { return Ok(void().into_response()) };
    if form.valid().is_none() {
        let page = page("auth/email_confirm.html").with("username", &user.username).with("email", &email);
        return Ok(of_form(page, &form).into_response());
    }
    session.remove(KEY);
    // Unless something has changed meanwhile, or somebody has it by now.
    let same =
        User.filter(User.id.eq(user.id) & User.email.eq(&user.email) & User.password.eq(&user.password));
    let taken = token::is_taken(&email, &services).await? && !email.eq_ignore_ascii_case(&user.email);
    if taken || same.update(User.email.set(&email)).exec(&Db::of(&services)?).await? == 0 {
        return Ok(void().into_response());
    }
    security_event(&parts, What::EmailChanged).user(user.id).tell(&services).await;
    if !user.email.is_empty() {
        let (old, new) = (user.email.clone(), email.clone());
        mails::beside("a notice to an old address", {
            let services = services.clone();
            async move {
                let mail = email!("auth/mail/email_changed.html", email: new, username: user.username);
                mails::send(mail, &old, &services).await
            }
        });
    }
    let after = services.require::<Settings>()?.get::<AuthSettings>()?.after_login;
    let told = Message::success("This is your address now.");
    Ok(quiet(redirect(after)).flash(told).into_response())
}

/// Nothing but the button.
#[data]
pub(super) struct Yes {
    #[field(widget = "hidden", default = "yes")]
    confirm: String,
}
