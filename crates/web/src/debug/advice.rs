//! The probable repair, if there is one to name.

use quintet_core::{ErrorKind, near::nearest};

use super::DebugInfo;
use super::sections::detail;

pub(super) fn advice(info: &DebugInfo, message: &str) -> Option<String> {
    if let Some(hint) = detail(&info.error, "hint") {
        return Some(hint.to_owned());
    }
    if let Some(name) = meant(message) {
        let place = info.error.place().map(|p| format!(" in `{p}`")).unwrap_or_default();
        return Some(format!("Write `{name}`{place}."));
    }
    if !info.routes.is_empty() {
        return Some(path(info));
    }
    Some(match info.error.kind() {
        ErrorKind::NotLoaded => {
            "Load the relation in the query that fetches the rows: `.select_related(..)` for a \
             foreign key, `.prefetch_related(..)` for many; or name its columns in a shape."
                .to_owned()
        }
        ErrorKind::MultipleObjects => {
            "Ask for what tells one row from the others, or take `.first(..)` of an ordered query.".to_owned()
        }
        ErrorKind::Template if message.contains("is missing") => missing(info, message)?,
        ErrorKind::Migration => {
            "Look at what is planned and applied: `migrate --plan`, `showmigrations`.".to_owned()
        }
        ErrorKind::Database if message.contains("no such table") || message.contains("does not exist") => {
            "Apply the migrations: `cargo run -- migrate`.".to_owned()
        }
        ErrorKind::Unavailable => {
            "Is the service running, and is its address in the settings right? See below.".to_owned()
        }
        ErrorKind::Clash => {
            "Have it run again by itself: `db.transaction().retries(3).run(async |tx| …)`.".to_owned()
        }
        _ => return None,
    })
}

/// `film` in "…; did you mean `film`?"
fn meant(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once("did you mean `")?;
    behind.split_once('`').map(|(name, _)| name)
}

fn path(info: &DebugInfo) -> String {
    let asked = info.uri.path();
    let other_slash = match asked.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{asked}/"),
    };
    let paths = || info.routes.iter().map(|r| r.path.as_str());
    match paths().find(|p| *p == other_slash).or_else(|| nearest(asked, paths())) {
        Some(near) => format!("The nearest address is `{near}`."),
        None => format!(
            "Add a route for `{asked}` to a `routes![..]` list; a handler that is in none is dead code, and rustc says so."
        ),
    }
}

fn missing(info: &DebugInfo, message: &str) -> Option<String> {
    let name = message.split('`').nth(1)?;
    if name.contains('.') {
        return Some(format!(
            "If `{name}` is a relation, load it in the query; if it is a field, check its name in the struct."
        ));
    }
    let template = detail(&info.error, "template").unwrap_or("…");
    Some(format!(
        "Give it to the page: `page!(\"{template}\", {name})`; or let the template do without: `{{% if {name} is defined %}}`."
    ))
}
