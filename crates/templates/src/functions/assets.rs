//! `static("cinema/app.css")`: the address of a static file; `importmap()` and `vite("src/main.ts")`: elements that load scripts.

use std::sync::Arc;

use minijinja::{
    Environment, Error, ErrorKind, State,
    value::{Kwargs, Value},
};
use quintet_core::template::Assets;

use super::scope;
use crate::{carried::Carried, scope::Scope};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("static", address);
    env.add_function("importmap", import_map);
    env.add_function("vite", vite);
}

fn address(state: &State<'_, '_>, path: &str) -> Result<String, Error> {
    assets(state, "static")?.1.url(path).map_err(Carried::into_template)
}

/// `importmap()`, `importmap("app")`
fn import_map(state: &State<'_, '_>, run: Option<&str>) -> Result<Value, Error> {
    let (scope, assets) = assets(state, "importmap")?;
    let tags = assets.import_map(run, scope.context.policy()).map_err(Carried::into_template)?;
    Ok(Value::from_safe_string(tags))
}

/// `vite("src/main.tsx", react=true)`
fn vite(state: &State<'_, '_>, entry: &str, options: Kwargs) -> Result<Value, Error> {
    let react = options.get::<Option<bool>>("react")?.unwrap_or(false);
    options.assert_all_used()?;
    let (scope, assets) = assets(state, "vite")?;
    let tags = assets.vite(entry, react, scope.context.policy()).map_err(Carried::into_template)?;
    Ok(Value::from_safe_string(tags))
}

fn assets(state: &State<'_, '_>, function: &str) -> Result<(Arc<Scope>, Arc<dyn Assets>), Error> {
    let scope = scope(state)?;
    let Some(assets) = scope.services.get::<Arc<dyn Assets>>().cloned() else {
        let text = format!("{function}(..) has no files to look in: this site serves no pages");
        return Err(Error::new(ErrorKind::InvalidOperation, text));
    };
    Ok((scope, assets))
}
