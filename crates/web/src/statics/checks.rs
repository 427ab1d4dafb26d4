//! What is wrong with static files, found before a browser asks for them.

use std::sync::Arc;

use quintet_core::{Services, check::Check, near::did_you_mean};

use super::{Statics, references::Kind};

/// More names than this are not listed.
const LISTED: usize = 20;

pub(crate) fn checks(services: &Services) -> Vec<Check> {
    let Some(statics) = services.get::<Arc<Statics>>() else { return Vec::new() };
    let dirs = statics.missing_dirs().map(|dir| {
        Check::warning("web.W002", "a folder of `dirs` in [static] is not there")
            .about(dir.display().to_string())
    });
    let mut found: Vec<Check> = dirs.collect();
    let names = statics.files.names();
    for name in names.iter().filter(|name| Kind::of(name) == Some(Kind::Css)) {
        let entry = match statics.published.entry(&statics.files, name) {
            Ok(Some(entry)) => entry,
            Ok(None) => continue,
            Err(error) => {
                found.push(Check::error("web.E002", error.to_string()).about(format!("static/{name}")));
                continue;
            }
        };
        found.extend(entry.missing.iter().map(|missing| {
            let near = did_you_mean(&missing.name, names.iter().map(String::as_str));
            let text = format!(
                "`{}` leads to no static file: there is no `{}`{near}",
                missing.written, missing.name
            );
            Check::warning("web.W003", text).about(format!("static/{name}:{}", missing.line))
        }));
    }
    found.truncate(LISTED);
    found
}
