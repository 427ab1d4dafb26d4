//! `url("film", id=film.id)`: the address of a route.

use std::sync::Arc;

use minijinja::{
    Environment, Error, ErrorKind, State,
    value::{Kwargs, Rest, Value, ValueKind},
};
use quintet_core::template::Reverse;

use super::scope;
use crate::{
    carried::Carried,
    loader::{Loader, split},
};

pub(super) fn add(env: &mut Environment<'static>, loader: Arc<Loader>) {
    env.add_function("url", move |state: &State<'_, '_>, name: &str, given: Rest<Value>, named: Kwargs| {
        url(&loader, state, name, &given, &named)
    });
}

/// A bare name means the answering app's route, or else that of the app to which the template belongs (a layout is
/// shared: a page of another app may extend it).
fn url(
    loader: &Loader,
    state: &State<'_, '_>,
    name: &str,
    given: &[Value],
    named: &Kwargs,
) -> Result<String, Error> {
    let scope = scope(state)?;
    let Some(reverse) = scope.services.get::<Arc<dyn Reverse>>() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "url(..) has no routes to look in: this site serves no pages",
        ));
    };
    let answering = scope.app.as_deref();
    let found = address(&**reverse, answering, name, given, named);
    if found.is_ok() || name.contains(':') || reverse.parameters(answering, name).is_some() {
        return found;
    }
    match loader.owner(split(state.name()).0) {
        Some(owner) if reverse.parameters(Some(owner), name).is_some() => {
            address(&**reverse, Some(owner), name, given, named)
        }
        _ => found,
    }
}

/// Arguments may be named or come in the order of the path's parameters.
fn address(
    reverse: &dyn Reverse,
    app: Option<&str>,
    name: &str,
    given: &[Value],
    named: &Kwargs,
) -> Result<String, Error> {
    let known = if given.is_empty() { None } else { reverse.parameters(app, name) };
    // A name that no route has is the greater mistake: that error comes from the routes.
    let missing = !given.is_empty() && known.is_none();
    let parameters = known.unwrap_or_default();
    if given.len() > parameters.len() && !missing {
        let takes = if parameters.is_empty() { "nothing".to_owned() } else { parameters.join(", ") };
        return Err(Error::new(
            ErrorKind::TooManyArguments,
            format!("the route `{name}` takes {takes}: {} values are too many", given.len()),
        ));
    }
    let mut arguments: Vec<(&str, String)> = Vec::with_capacity(given.len() + 2);
    for (parameter, value) in parameters.iter().zip(given) {
        arguments.push((parameter, text(name, parameter, value)?));
    }
    for parameter in named.args() {
        let value: &Value = named.get(parameter)?;
        arguments.push((parameter, text(name, parameter, value)?));
    }
    reverse.url(app, name, &arguments).map_err(Carried::into_template)
}

fn text(route: &str, parameter: &str, value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => {
            // Names the expression that is missing.
            value.get_attr(parameter).map(|_| String::new())
        }
        ValueKind::None => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("`{parameter}` in url(\"{route}\") is nothing: an address needs a value there"),
        )),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "`{parameter}` in url(\"{route}\") is a {}: an address needs one value there",
                value.kind()
            ),
        )),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        _ => Ok(value.to_string()),
    }
}
