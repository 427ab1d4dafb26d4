//! `media(film.poster)`: the address of a file that was stored.

use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, State, value::Value};
use quintet_core::template::StoredFiles;

use super::scope;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("media", address);
}

fn address(state: &State<'_, '_>, name: Value) -> Result<String, Error> {
    let wrong = |text: &str| Error::new(ErrorKind::InvalidOperation, text.to_owned());
    let Some(name) = name.as_str().filter(|name| !name.is_empty()) else {
        let text = name.to_string();
        let is = if text.is_empty() || name.is_none() { "nothing" } else { &text };
        let text = format!(
            "media(..) needs the name of a stored file, this is {is}: ask before, {{% if film.poster %}}"
        );
        return Err(wrong(&text));
    };
    match scope(state)?.services.get::<Arc<dyn StoredFiles>>() {
        Some(files) => Ok(files.url(name)),
        None => Err(wrong("media(..) has no storage to ask: this site keeps no files")),
    }
}
