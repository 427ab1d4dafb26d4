//! Signing up: first the address, then, behind the link of a mail, the rest. Until then there is no account, so that nobody has one under an
//! address that is somebody else's, nor takes a name away.

use axum_core::response::{IntoResponse as _, Response};
use http::{Method, request::Parts};
use quintet_core::{Error, Result, Service as _, Services, audit::What, settings::Settings};
use quintet_forms::{Form, form};
use quintet_mail::email;
use quintet_orm::Db;
use quintet_web::{Client, Page, Path, Session, Url, data, get, messages::Message, redirect, security_event};

use super::{keep_token, must_wait, page, post, quiet, settings, token, void};
use crate::{
    Account, Accounts, AuthSettings, LoginBy,
    login::{Begun, begin_login},
    models::User,
    names::normal_username,
    pages::of_form,
    passwords::{About, Passwords, random_letters},
    throttle::{Attempt, Bucket, Device, counted_name, network},
};

/// Who wants to.
#[data]
pub(super) struct Wish {
    #[field(label = "E-mail address", email, max_length = 254, autocomplete = "email")]
    email: String,
}

/// What an account needs.
#[data]
pub(super) struct Entry {
    #[field(max_length = 150, autocomplete = "username")]
    username: Option<String>,
    #[field(widget = "password", trim = false, autocomplete = "new-password")]
    password: String,
    #[field(label = "Password, again", widget = "password", trim = false, autocomplete = "new-password")]
    again: String,
}

/// The session's key for the token.
const KEY: &str = "_auth_signup";

/// 404, unless the settings let people.
fn open(services: &Services) -> Result {
    if settings(services)?.signup { Ok(()) } else { Err(Error::not_found("Nobody can sign up here.")) }
}

#[form("/signup/", name = "signup")]
pub(super) async fn signup_page(
    parts: Parts,
    client: Client,
    services: Services,
    mut form: Form<Wish>,
) -> Result<Response> {
    open(&services)?;
    let show = |form: &Form<Wish>| of_form(page("auth/signup.html"), form);
    let Some(Wish { email }) = form.valid() else { return Ok(show(&form).into_response()) };
    let first = services.require::<Settings>()?.get::<AuthSettings>()?.wrong_logins;
    let buckets = Bucket::of_mail("signup", &email, client.address().map(network).as_deref(), first);
    if let Err(wait) = Attempt::begin(&services, buckets).await? {
        return must_wait(&parts, &services, wait, show(&form)).await;
    }
    post::beside("a mail to somebody who signs up", async move { write(&email, &services).await });
    Ok(quiet(redirect(signup_sent::url())).into_response())
}

async fn write(email: &str, services: &Services) -> Result {
    if token::is_taken(email, services).await? {
        let link = post::link(&super::reset::url(), services)?;
        return post::send(email!("auth/mail/signup_known.html", link), email, services).await;
    }
    let expires = post::span(settings(services)?.confirm_expires);
    let link = post::link(&signup_link::url(token::for_signup(email, services)?), services)?;
    post::send(email!("auth/mail/signup.html", link, expires), email, services).await
}

#[get("/signup/sent/", name = "signup_sent")]
pub(super) async fn signup_sent() -> Page {
    page("auth/sent.html").with("what", "signup")
}

#[get("/signup/link/{token}/", name = "signup_link")]
pub(super) async fn signup_link(
    Path(token): Path<String>,
    services: Services,
    method: Method,
    session: Session,
) -> Result<Page> {
    open(&services)?;
    if token::of_signup(&token, settings(&services)?.confirm_expires, &services).await?.is_none() {
        return Ok(void());
    }
    keep_token(&session, &method, KEY, &token)?;
    Ok(quiet(redirect(signup_finish::url())))
}

async fn asked(session: &Session, services: &Services) -> Result<Option<(String, String)>> {
    let Some(token) = session.get::<String>(KEY).await? else { return Ok(None) };
    let email = token::of_signup(&token, settings(services)?.confirm_expires, services).await?;
    Ok(email.map(|email| (email, token)))
}

#[form("/signup/finish/", name = "signup_finish")]
pub(super) async fn signup_finish(
    parts: Parts,
    client: Client,
    services: Services,
    accounts: Accounts,
    passwords: Passwords,
    session: Session,
    mut form: Form<Entry>,
) -> Result<Response> {
    open(&services)?;
    let Some((email, token)) = asked(&session, &services).await? else { return Ok(void().into_response()) };
    let by = services.require::<Settings>()?.get::<AuthSettings>()?.login_by;
    let rules = passwords.help();
    let show = |form: &Form<Entry>| {
        let page = page("auth/signup_finish.html").with("rules", &rules).with("email", &email);
        of_form(page.with("has_username", &(by != LoginBy::Email)), form)
    };
    let Some(Entry { username, password, again }) = form.valid() else {
        return Ok(show(&form).into_response());
    };
    let username = match (by, username) {
        // Nobody sees it; the address may change.
        (LoginBy::Email, _) => random_letters(20)?,
        (_, Some(username)) => username,
        (_, None) => {
            form.error(Entry.username, "this is needed");
            String::new()
        }
    };
    if by != LoginBy::Email && !username.is_empty() {
        let name = normal_username(&username);
        // Wrong passwords of names that differ by capitals only are counted together, and people take them for one.
        let alike = User.filter(User.username.iexact(&name)).exists(&Db::of(&services)?).await?;
        // Names come before addresses: whoever is called by an address of somebody else would keep them out.
        let address = by == LoginBy::Either && name.contains('@') && !name.eq_ignore_ascii_case(&email);
        if alike || address {
            form.error(Entry.username, "this name is taken");
        }
    }
    if password != again {
        form.error(Entry.again, "this is not the same password");
    }
    let about = About::new().with("username", &username).with("email address", &email);
    if let Err(error) = passwords.check("password", &password, &about).into_result() {
        form.refuse(error)?;
    }
    if !form.errors().is_empty() {
        return Ok(show(&form).into_response());
    }
    // Of two at once with one token, one makes an account.
    let attempt = match Attempt::begin(&services, Bucket::once("signup", &token)).await? {
        Ok(attempt) => attempt,
        Err(_) => return Ok(void().into_response()),
    };
    let account = Account { email: email.clone(), ..Account::named(&username) };
    let user = match accounts.create(account, Some(&password)).await {
        Ok(user) => user,
        Err(error) => {
            attempt.undo().await?;
            form.refuse(error)?;
            return Ok(show(&form).into_response());
        }
    };
    session.remove(KEY);
    security_event(&parts, What::SignedUp).user(user.id).tell(&services).await;
    let begun = begin_login(&session, &user).await?;
    let name = if by == LoginBy::Email { &email } else { &user.username };
    let keep = Device::with(Device::of(&client, &services)?, counted_name(name))?.keep(&client, &services)?;
    let next = settings(&services)?.after_signup;
    // A site may want a second factor of everybody: they set it up first.
    let there = match begun {
        Begun::LoggedIn => Url::from(next),
        _ => Url::named("auth:totp", [("", ""); 0]).query("next", &next),
    };
    let there = quiet(redirect(there)).header("set-cookie", keep);
    Ok(there.flash(Message::success("Welcome! Your account is ready.")).into_response())
}
