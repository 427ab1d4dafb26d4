//! What templates can call: `url("film", id=7)`, `static("cinema/app.css")`, `querystring(page=2)`, `now()`,
//! `csp_nonce()`, `csrf_input()`, `media(film.poster)`.
//!
//! They reach the running site through the scope of the rendering, never through something global.
mod assets;
mod clock;
mod csrf;
mod media;
mod messages;
mod policy;
mod query;
mod small;
mod url;

use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, State, Value};

pub(crate) use clock::now;

use crate::{loader::Loader, scope::Scope};

pub(crate) fn add(env: &mut Environment<'static>, loader: &Arc<Loader>) {
    url::add(env, loader.clone());
    assets::add(env);
    clock::add(env);
    query::add(env);
    small::add(env);
    media::add(env);
    messages::add(env);
    policy::add(env);
    csrf::add(env);
}

/// The scope, or an error for an expression that runs outside of any page.
fn scope(state: &State<'_, '_>) -> Result<Arc<Scope>, Error> {
    Scope::of(state)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this works only while a page is rendered"))
}

/// Is it a function? The language's own type for them can't be named.
pub(crate) fn is_one(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.type_name().ends_with("::BoxedFunction"))
}

/// A page would show a function, `{{ csrf_input }}`, where its value is meant: Django calls what a template names.
pub(crate) fn shown(env: &Environment<'_>, function: &Value) -> Error {
    let name = env.globals().find(|(_, global)| global == function).map(|(name, _)| to_call(name));
    let text =
        name.unwrap_or_else(|| "a function is shown here: it is to be called, `{{ name() }}`".to_owned());
    Error::new(ErrorKind::InvalidOperation, text)
}

/// What to tell who uses this function without calling it.
pub(crate) fn to_call(name: &str) -> String {
    match name {
        "csrf_token" => {
            "`csrf_token` is a function: write `{{ csrf_input() }}` for the field of a form, `csrf_token()` for its value"
                .to_owned()
        }
        name => format!("`{name}` is a function: write `{name}()`"),
    }
}
