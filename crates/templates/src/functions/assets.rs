//! `static("cinema/app.css")`: the address of a static file.

use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, State};
use quintet_core::template::Assets;

use super::scope;
use crate::carried::Carried;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("static", address);
}

fn address(state: &State<'_, '_>, path: &str) -> Result<String, Error> {
    let scope = scope(state)?;
    let Some(assets) = scope.services.get::<Arc<dyn Assets>>() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "static(..) has no files to look in: this site serves no pages",
        ));
    };
    assets.url(path).map_err(Carried::into_template)
}
