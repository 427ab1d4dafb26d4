//! Pages without a model.

use axum::{
    extract::RawQuery,
    routing::{MethodRouter, any, get},
};
use quintet_web::{Page, Url, axum, redirect};

/// A template alone: `.route("/about/", template("about.html"))`.
pub fn template(name: &'static str) -> MethodRouter {
    get(move || async move { Page::new(name) })
}

/// What was at a path has moved for good: 308, with the query string, whatever the method.
/// `.route("/movies/", moved("/films/"))`.
pub fn moved(to: impl Into<Url>) -> MethodRouter {
    let to = to.into();
    any(move |RawQuery(query): RawQuery| {
        let to = match query {
            Some(query) if !query.is_empty() => {
                let address = to.to_string();
                let between = if address.contains('?') { '&' } else { '?' };
                Url::from(format!("{address}{between}{query}"))
            }
            _ => to.clone(),
        };
        async move { redirect(to).status(308) }
    })
}
