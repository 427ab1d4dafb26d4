//! The pages of [`app`](crate::app()): logging in (`login`, and `code` for the second step), logging out, another password; `confirm` asks for the
//! password once more, `totp` sets up an app that shows codes, `sessions` and `tokens` list what acts for a user.
//!
//! Their looks are templates that a site may have its own of: `auth/base.html` is the frame, `auth/login.html`, `auth/logout.html` and
//! `auth/password.html` extend it.
mod code;
mod confirm;
mod login;
mod logout;
mod password;
mod sessions;
mod sessions_agent;
mod tokens;
mod totp;

use std::time::Duration;

use axum_core::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request::Parts};
use quintet_core::{Error, Result, Services, settings::Settings};
use quintet_web::{Data, Page, Route, Url, answers_json, data, redirect, routes};

use crate::{
    AuthSettings,
    throttle::{wait_message, whole_seconds},
};

pub(crate) fn routes() -> Vec<Route> {
    let mut all = routes![login::login_page, logout::logout_page, logout::log_out, password::password_page];
    all.extend(routes![
        code::code_page,
        confirm::confirm_page,
        totp::totp_page,
        totp::other_codes,
        totp::totp_off
    ]);
    all.extend(routes![sessions::sessions_page, sessions::end_sessions, tokens::tokens_page, tokens::revoke]);
    all
}

/// Where they come from.
#[data]
struct Came {
    next: Option<String>,
}

/// To the first step of logging in, and on from there.
fn to_login(services: &Services, next: Option<&str>) -> Result<Page> {
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    Ok(redirect(with_next(Url::from(settings.login_url), next)).header("cache-control", "no-store"))
}

fn with_next(url: Url, next: Option<&str>) -> Url {
    match next {
        Some(next) => url.query("next", next),
        None => url,
    }
}

/// Kept by nobody: they are for this visitor, and this moment.
fn page(template: &'static str) -> Page {
    Page::new(template).header("cache-control", "no-store")
}

/// The page of a form, with what is wrong with it as a whole above it.
pub(crate) fn of_form<T: Data>(page: Page, form: &quintet_forms::Form<T>) -> Page {
    let whole: Vec<String> =
        form.errors().iter().filter(|e| e.field.is_empty()).map(|e| e.message.clone()).collect();
    page.with("form", form).with("faults", &whole)
}

/// The answer to who was wrong too often: the same page with 429, or a problem document.
pub(crate) fn must_wait(parts: &Parts, wait: Duration, page: Page) -> Result<Response> {
    must_wait_for("passwords", parts, wait, page)
}

/// The same of something else that they were wrong about.
fn must_wait_for(what: &str, parts: &Parts, wait: Duration, page: Page) -> Result<Response> {
    too_many(wait_message(what, wait), parts, wait, page)
}

/// The same page with 429 and this message, or a problem document.
pub(crate) fn too_many(message: String, parts: &Parts, wait: Duration, page: Page) -> Result<Response> {
    let mut response = if answers_json(parts)? {
        Error::new(StatusCode::TOO_MANY_REQUESTS, message).into_response()
    } else {
        page.with("faults", &Vec::from([message])).status(429).into_response()
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    Ok(response)
}
