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

use minijinja::{Environment, Error, ErrorKind, State};

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
