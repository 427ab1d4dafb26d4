//! What accounts need mail for: signing up, a way back in without the password, another address.
//!
//! Each is a page that asks for an address, a mail with a link, and a page behind the link (`reset`, `signup`, `email`). What a link says is
//! signed (`token`) and void after its first use. The link itself only moves its token into the session and leads on: the page that it
//! opens has no secret in its address, which other sites would be told, and a mail scanner that follows links has done nothing.
//!
//! Whether an address has an account is told to nobody but its owner: everything that depends on it is done beside the request (`post`),
//! and whoever asks gets the same answer.
//! Why so: `docs/decisions/0034-mail.md`.
mod email;
mod post;
mod reset;
mod signup;
mod token;

use std::time::Duration;

use axum_core::response::Response;
use http::{Method, request::Parts};
use quintet_core::{EmbeddedFile, Result, Services, audit::What, settings::Settings};
use quintet_web::{Page, Route, Session, routes, security_event};
use serde::Serialize;

use crate::{pages::too_many, settings::ByMailSettings, throttle::duration_in_words};

macro_rules! files {
    ($($name:literal)*) => {
        &[$(EmbeddedFile { path: $name, bytes: include_bytes!(concat!("../../", $name)) }),*]
    };
}

/// The looks of the pages and of the mails.
pub(crate) static FILES: &[EmbeddedFile] = files![
    "templates/auth/reset.html" "templates/auth/reset_new.html" "templates/auth/sent.html" "templates/auth/link_void.html"
    "templates/auth/signup.html" "templates/auth/signup_finish.html" "templates/auth/email.html" "templates/auth/email_confirm.html"
    "templates/auth/mail/base.html" "templates/auth/mail/reset.html" "templates/auth/mail/signup.html"
    "templates/auth/mail/signup_known.html" "templates/auth/mail/email.html" "templates/auth/mail/email_taken.html"
    "templates/auth/mail/email_changed.html"
];

pub(crate) fn routes() -> Vec<Route> {
    routes![
        reset::reset_page,
        reset::reset_sent,
        reset::reset_link,
        reset::reset_new,
        signup::signup_page,
        signup::signup_sent,
        signup::signup_link,
        signup::signup_finish,
        email::email_page,
        email::email_link,
        email::email_confirm
    ]
}

fn settings(services: &Services) -> Result<ByMailSettings> {
    services.require::<Settings>()?.get()
}

/// For this visitor, at this moment; and where it leads is told where it came from to nobody.
fn page(template: &'static str) -> Page {
    quiet(Page::new(template))
}

fn quiet(page: Page) -> Page {
    page.header("cache-control", "no-store").header("referrer-policy", "same-origin")
}

/// What a link shows that is too old, was used, or never was one: all alike.
fn void() -> Page {
    page("auth/link_void.html").status(410)
}

/// The answer to who asks too often.
async fn must_wait(parts: &Parts, services: &Services, wait: Duration, page: Page) -> Result<Response> {
    security_event(parts, What::RateLimited).tell(services).await;
    let message = format!("That was asked for too often. Try again in {}.", duration_in_words(wait));
    too_many(message, parts, wait, page)
}

/// Moves the token of a link into the session, under another token of its own: whoever knew that of before learns nothing. A program that
/// only looks (HEAD) would not take the new one, and need not.
fn keep_token(session: &Session, method: &Method, key: &str, token: &impl Serialize) -> Result {
    if method == Method::GET {
        session.cycle();
        session.set(key, token)?;
    }
    Ok(())
}
