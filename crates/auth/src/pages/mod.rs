//! The pages of [`app`](crate::app()): logging in, logging out, another password.
//!
//! Their looks are templates that a site may have its own of: `auth/base.html` is the frame, `auth/login.html`, `auth/logout.html` and
//! `auth/password.html` extend it.
mod login;
mod logout;
mod password;

use std::time::Duration;

use axum_core::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request::Parts};
use quintet_core::{Error, Result};
use quintet_web::{Data, Page, Route, answers_json, routes};

use crate::throttle::{wait_message, whole_seconds};

pub(crate) fn routes() -> Vec<Route> {
    routes![login::login_page, logout::logout_page, logout::log_out, password::password_page]
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
    let message = wait_message(wait);
    let mut response = if answers_json(parts)? {
        Error::new(StatusCode::TOO_MANY_REQUESTS, message).into_response()
    } else {
        page.with("faults", &Vec::from([message])).status(429).into_response()
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    Ok(response)
}
