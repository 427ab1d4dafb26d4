//! What a change of a file means.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use serde_json::json;

use super::{below, project::Project};

/// What is to be done, from nothing to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Nothing,
    /// The site reads it anew by itself; pages that show it must, too.
    Page,
    /// The site has read it when it started.
    Restart,
    /// It may be in the binary.
    Rebuild,
}

/// All that has changed within a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) level: Level,
    /// Must the site start anew even if the binary is what it was?
    pub(super) restart: bool,
    /// Has a `Cargo.toml` changed?
    pub(super) manifest: bool,
    /// Files that pages show, as people say them.
    pub(super) files: BTreeSet<String>,
    /// Style sheets, by their names below `static/`.
    styles: BTreeSet<String>,
    /// The first file of all.
    first: Option<String>,
}

impl Change {
    pub(super) fn of(level: Level) -> Self {
        Change {
            level,
            restart: false,
            manifest: false,
            files: BTreeSet::new(),
            styles: BTreeSet::new(),
            first: None,
        }
    }

    /// Takes one more file in.
    pub(super) fn add(&mut self, project: &Project, path: &Path) {
        let Some(kind) = Kind::of(project, path) else { return };
        let shown = below(path, &project.package).display().to_string();
        self.first.get_or_insert_with(|| shown.clone());
        let embedded = !cfg!(debug_assertions);
        let level = match kind {
            Kind::Source => Level::Rebuild,
            Kind::Manifest => {
                self.manifest = true;
                Level::Rebuild
            }
            // Read from disk at the start in a debug build, and in the binary of a release.
            Kind::Migration => {
                self.restart = true;
                Level::Rebuild
            }
            Kind::Settings => {
                self.restart = true;
                Level::Restart
            }
            Kind::Style(name) => {
                self.files.insert(shown);
                self.styles.insert(name);
                Level::Page
            }
            Kind::Shown { always_on_disk } => {
                self.files.insert(shown);
                if embedded && !always_on_disk { Level::Rebuild } else { Level::Page }
            }
        };
        self.level = self.level.max(level);
    }

    /// For the pages: swap these sheets if nothing else has changed, else reload.
    pub(super) fn event(&self) -> String {
        if self.styles.len() == self.files.len() {
            return format!("event css {}", json!({ "names": self.styles }));
        }
        format!("event reload {}", json!({ "files": self.files }))
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        match (self.files.len(), &self.first) {
            (0 | 1, Some(first)) => first.clone(),
            (more, Some(first)) => format!("{first} and {} more", more.saturating_sub(1)),
            (_, None) => "a change".to_owned(),
        }
    }
}

/// What a file is to the project.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Source,
    Manifest,
    Migration,
    Settings,
    Style(String),
    /// A template, a picture, a script.
    Shown {
        always_on_disk: bool,
    },
}

impl Kind {
    /// `None` if it is none of the project's files.
    fn of(project: &Project, path: &Path) -> Option<Kind> {
        if path.starts_with(&project.target) || is_scratch(path) {
            return None;
        }
        if let Some(dir) = project.dirs.iter().find(|dir| path.starts_with(dir)) {
            let name = visible(path.strip_prefix(dir).ok()?)?;
            return Some(shown(name, true));
        }
        let name = path.file_name()?.to_str()?;
        if path.parent() == Some(&project.root) && matches!(name, "quintet.toml" | ".env") {
            return Some(Kind::Settings);
        }
        if path.parent() == Some(&project.workspace)
            && matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain.toml")
        {
            return Some(if name == "Cargo.toml" { Kind::Manifest } else { Kind::Source });
        }
        // A package may lie in the folder of another one.
        let package =
            project.packages.iter().filter(|p| path.starts_with(p)).max_by_key(|p| p.as_os_str().len())?;
        let inside = path.strip_prefix(package).ok()?;
        let text = visible(inside)?;
        let (first, rest) = text.split_once('/').unwrap_or((&text, ""));
        Some(match (first, rest) {
            ("Cargo.toml", "") => Kind::Manifest,
            ("src", _) | ("build.rs", "") => Kind::Source,
            ("static", rest) if !rest.is_empty() => shown(rest.to_owned(), false),
            ("templates" | "locale", _) => Kind::Shown { always_on_disk: false },
            ("migrations", _) => Kind::Migration,
            _ => return None,
        })
    }
}

/// A style sheet can be swapped where the site reads it anew.
fn shown(name: String, always_on_disk: bool) -> Kind {
    if name.ends_with(".css") && cfg!(debug_assertions) {
        Kind::Style(name)
    } else {
        Kind::Shown { always_on_disk }
    }
}

/// With forward slashes; `None` if a part of it is hidden.
fn visible(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        let Component::Normal(part) = part else { return None };
        let part = part.to_str()?;
        if part.starts_with('.') || matches!(part, "target" | "node_modules") {
            return None;
        }
        parts.push(part);
    }
    Some(parts.join("/"))
}

/// What editors leave beside the files that they write.
fn is_scratch(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    name.ends_with('~')
        || name.starts_with(".#")
        || (name.starts_with('#') && name.ends_with('#'))
        || name == "4913"
        || matches!(ending, "swp" | "swo" | "swx" | "tmp" | "bak" | "orig" | "part" | "crdownload")
        || name.contains("___jb_")
}

/// Folders of a package that are watched with all that is in them.
pub(super) fn is_watched(folder: &Path, target: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !(name.starts_with('.') || matches!(name, "target" | "node_modules") || folder.starts_with(target))
}

/// Folders where single files count.
pub(super) fn single(project: &Project) -> Vec<PathBuf> {
    let mut folders = project.packages.clone();
    folders.extend([project.workspace.clone(), project.root.clone()]);
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project {
            package: "/w/site".into(),
            binary: "site".into(),
            options: Vec::new(),
            packages: vec!["/w/site".into(), "/w/site/shared".into()],
            workspace: "/w".into(),
            target: "/w/build".into(),
            root: "/w/site".into(),
            dirs: vec!["/w/site/assets".into()],
        }
    }

    fn change(paths: &[&str]) -> Change {
        let mut change = Change::of(Level::Nothing);
        for path in paths {
            change.add(&project(), Path::new(path));
        }
        change
    }

    #[test]
    fn each_file_has_its_meaning() {
        for (path, level) in [
            ("/w/site/src/pages.rs", Level::Rebuild),
            ("/w/site/src/query.sql", Level::Rebuild),
            ("/w/site/shared/src/lib.rs", Level::Rebuild),
            ("/w/site/build.rs", Level::Rebuild),
            ("/w/site/Cargo.toml", Level::Rebuild),
            ("/w/Cargo.toml", Level::Rebuild),
            ("/w/Cargo.lock", Level::Rebuild),
            ("/w/site/migrations/0001_initial.toml", Level::Rebuild),
            ("/w/site/quintet.toml", Level::Restart),
            ("/w/site/.env", Level::Restart),
            ("/w/site/templates/film.html", Level::Page),
            ("/w/site/shared/templates/x.html", Level::Page),
            ("/w/site/locale/de.ftl", Level::Page),
            ("/w/site/static/cinema/app.js", Level::Page),
            ("/w/site/static/cinema/app.css", Level::Page),
            ("/w/site/assets/main.js", Level::Page),
            ("/w/site/tests/home.rs", Level::Nothing),
            ("/w/site/README.md", Level::Nothing),
            ("/w/site/site.db-wal", Level::Nothing),
            ("/w/site/media/photo.jpg", Level::Nothing),
            ("/w/site/target/debug/site", Level::Nothing),
            ("/w/build/debug/src/x.rs", Level::Nothing),
            ("/w/site/.git/index", Level::Nothing),
            ("/w/site/src/.pages.rs.swp", Level::Nothing),
            ("/w/site/src/pages.rs~", Level::Nothing),
            ("/w/site/src/#pages.rs#", Level::Nothing),
            ("/w/site/src/.#pages.rs", Level::Nothing),
            ("/w/site/src/4913", Level::Nothing),
            ("/w/site/templates/film.html.tmp", Level::Nothing),
            ("/w/site/node_modules/x/src/y.rs", Level::Nothing),
            ("/elsewhere/src/main.rs", Level::Nothing),
        ] {
            assert_eq!(change(&[path]).level, level, "{path}");
        }
        assert!(change(&["/w/site/Cargo.toml"]).manifest && !change(&["/w/Cargo.lock"]).manifest);
        assert!(change(&["/w/site/migrations/0002.toml"]).restart);
    }

    #[test]
    fn style_sheets_alone_are_swapped() {
        let css = change(&["/w/site/static/cinema/app.css", "/w/site/assets/site.css"]);
        assert_eq!(css.event(), r#"event css {"names":["cinema/app.css","site.css"]}"#);
        let mixed = change(&["/w/site/static/cinema/app.css", "/w/site/templates/film.html"]);
        assert_eq!(
            mixed.event(),
            r#"event reload {"files":["static/cinema/app.css","templates/film.html"]}"#
        );
        assert_eq!(mixed.describe(), "static/cinema/app.css and 1 more");
        assert_eq!(change(&["/w/site/src/a.rs", "/w/site/templates/film.html"]).level, Level::Rebuild);
    }
}
