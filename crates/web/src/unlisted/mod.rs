//! Handlers that are in no `routes![..]`: they compile, and nobody can ask for them.
//!
//! rustc says so of what is private; a `pub` handler might be used by another crate. So a debug build looks: the
//! `source` of the site's crates, which `lexer` reads, is compared with the places that installed routes carry.
mod lexer;
mod source;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use quintet_core::{Services, Site, check::Check, settings::Settings};

use crate::routing::{RouteInfo, Routes};
use source::Handler;

/// More of them are not listed.
const LISTED: usize = 20;

/// Those of the crates that the site's source is at hand of; none in a release build.
pub(crate) fn checks(services: &Services) -> Vec<Check> {
    if !cfg!(debug_assertions) {
        return Vec::new();
    }
    let Some(routes) = services.get::<Arc<Routes>>() else { return Vec::new() };
    let mut installed: Vec<&RouteInfo> = routes.all().iter().map(|route| &**route).collect();
    let mut handlers: Vec<Handler> = Vec::new();
    for directory in crates(services) {
        handlers.extend(source::handlers(&directory));
    }
    handlers.retain(|handler| {
        let Some(at) = installed
            .iter()
            .position(|route| route.line == handler.line && handler.file.ends_with(route.file))
        else {
            return true;
        };
        installed.swap_remove(at);
        false
    });
    // The source may have been edited since: then a line is another, and the path still the same.
    handlers.retain(|handler| {
        !installed
            .iter()
            .any(|route| route.path.ends_with(&handler.path) && handler.file.ends_with(route.file))
    });
    handlers.iter().take(LISTED).map(told).collect()
}

/// The directories of the site's own crates, and of apps in its workspace.
fn crates(services: &Services) -> Vec<PathBuf> {
    let root = services.get::<Settings>().map(Settings::root).unwrap_or(Path::new(""));
    let mut found: Vec<PathBuf> = Vec::new();
    let workspace =
        root.ancestors().filter(|d| !d.as_os_str().is_empty()).find(|d| d.join("Cargo.lock").is_file());
    let of_apps = services.get::<Arc<Site>>().into_iter().flat_map(|site| site.parts());
    // What is embedded in a debug build is a library's.
    let of_apps = of_apps.filter_map(|app| app.directory()).filter(|folder| !folder.is_embedded());
    let inside = |directory: &Path| workspace.is_some_and(|workspace| directory.starts_with(workspace));
    for directory in std::iter::once(root).chain(of_apps.map(|folder| folder.root()).filter(|d| inside(d))) {
        let Ok(directory) = directory.canonicalize() else { continue };
        if directory.join("Cargo.toml").is_file() && !found.contains(&directory) {
            found.push(directory);
        }
    }
    found
}

fn told(handler: &Handler) -> Check {
    let Handler { file, line, attribute, path, name } = handler;
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let shown = here.as_deref().and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file);
    let text = format!("the handler `{name}` is in no `routes![..]`: nobody can ask for {path}");
    let hint = format!(
        "add it to the routes of its app: `.routes(routes![{name}])`; if it is to wait, say `#[allow(dead_code)]` below \
         `#[{attribute}(..)]`"
    );
    Check::warning("web.W005", text).hint(hint).about(format!("{}:{line}", shown.display()))
}
