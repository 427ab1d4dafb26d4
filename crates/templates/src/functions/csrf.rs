//! `csrf_input()`: the field that shows a form to be the site's own; `csrf_token()`: its value, for scripts.

use minijinja::{Environment, Error, ErrorKind, State, value::Value};
use quintet_core::html::Escaped;

use super::scope;
use crate::carried::Carried;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("csrf_token", token);
    env.add_function("csrf_input", input);
}

fn found(state: &State<'_, '_>) -> Result<Option<String>, Error> {
    let scope = scope(state)?;
    scope.shows_personal();
    scope.context.csrf_token().map_err(Carried::into_template)
}

/// `<meta name="csrf-token" content="{{ csrf_token() }}">`
fn token(state: &State<'_, '_>) -> Result<String, Error> {
    found(state)?.ok_or_else(|| {
        let text = "csrf_token() is for pages that answer a request: here is no browser to show it";
        Error::new(ErrorKind::InvalidOperation, text)
    })
}

/// Nothing, where a form is written for no browser.
fn input(state: &State<'_, '_>) -> Result<Value, Error> {
    let field = found(state)?
        .map(|token| format!("<input type=\"hidden\" name=\"csrf_token\" value=\"{}\">", Escaped(&token)));
    Ok(Value::from_safe_string(field.unwrap_or_default()))
}
