//! The migration files of a site: found in its apps' directories, and written there.
//!
//! A crate's `migrations/` holds the files of its app. Where several apps share a crate, each has a directory of its
//! own in it: `migrations/cinema/0001_initial.toml`. A site may have further ones for an app of another crate ([`KeepMigrations`]).

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use quintet_core::{App, Error, Folder, Result, Site, SourcePlace};
use quintet_orm::ModelSlot;

use crate::{
    error::refuse,
    file::{self, Migration},
    graph::Graph,
};

/// The directory below an app's.
const DIRECTORY: &str = "migrations";

/// Reads the migrations of all apps of a site.
///
/// # Errors
/// With file and line if one is wrong, or if they can't be ordered; or if the directory of an app with models is gone.
pub fn load(site: &Site) -> Result<Graph> {
    let mut migrations = Vec::new();
    let mut seen = BTreeSet::new();
    for app in site.apps().iter().filter(|app| seen.insert(app.label().to_owned())) {
        if let Some(folder) = app.directory() {
            if folder.is_missing() && has_models(app) {
                return Err(gone(app, folder));
            }
            read_app(site, app, folder, &mut migrations)?;
        }
        if let Some(folder) = further(app) {
            read_further(app, folder, &mut migrations)?;
        }
    }
    Graph::new(migrations)
}

/// Where a site keeps migrations of its own for an app of another crate.
struct Further(Folder);

/// `.migrations_in(..)`, on apps of other crates.
pub trait KeepMigrations: Sized {
    /// Has the site keep further migrations of this app in a directory of its own, `migrations/LABEL/`: they are read from there
    /// beside those that the app ships, and new ones are written there.
    ///
    /// ```
    /// # use quintet_core::{App, Folder};
    /// use quintet_migrate::KeepMigrations;
    ///
    /// # mod guestbook { pub fn app() -> quintet_core::App { quintet_core::App::new("guestbook") } }
    /// let folder = Folder::on_disk("/srv/site");                   // in a site: `migrations!("guestbook")`
    /// let app = guestbook::app().migrations_in(folder);
    /// ```
    #[must_use]
    fn migrations_in(self, folder: Folder) -> Self;
}

impl KeepMigrations for App {
    fn migrations_in(mut self, folder: Folder) -> Self {
        *self.slot_mut::<Option<Further>>() = Some(Further(folder));
        self
    }
}

/// The site's own directory for an app, unless the app lives there anyway.
fn further(app: &App) -> Option<&Folder> {
    let Further(folder) = app.slot::<Option<Further>>()?.as_ref()?;
    let at_home = app.directory().is_some_and(|home| home.root() == folder.root());
    (!at_home).then_some(folder)
}

fn read_further(app: &App, folder: &Folder, migrations: &mut Vec<Migration>) -> Result {
    let directory = format!("{DIRECTORY}/{}", app.label());
    for below in folder.list(&directory) {
        let Some(name) = below.strip_suffix(".toml").filter(|name| !name.contains('/')) else { continue };
        read_file(app, folder, &format!("{directory}/{below}"), name, migrations)?;
    }
    Ok(())
}

fn read_file(app: &App, folder: &Folder, path: &str, name: &str, migrations: &mut Vec<Migration>) -> Result {
    let place = || SourcePlace::new(shown(folder, path), 0);
    check_name(name).map_err(|error| error.in_file(place()))?;
    let bytes = folder.read(path)?.unwrap_or_default();
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| refuse(format!("this is no UTF-8 text: {error}")).in_file(place()))?;
    migrations.push(file::parse(app.label(), name, &shown(folder, path), text)?);
    Ok(())
}

fn read_app(site: &Site, app: &App, folder: &Folder, migrations: &mut Vec<Migration>) -> Result {
    for below in folder.list(DIRECTORY) {
        let Some(stem) = below.strip_suffix(".toml") else { continue };
        let path = format!("{DIRECTORY}/{below}");
        let place = || SourcePlace::new(shown(folder, &path), 0);
        let name = match stem.split_once('/') {
            None => match owner(site, folder) {
                Ok(label) if label == app.label() => stem,
                Ok(_) => continue,
                Err(labels) => {
                    return Err(refuse(format!(
                        "several apps live in this directory ({}): move the file to {DIRECTORY}/APP/ of the app that it \
                         belongs to",
                        labels.join(", ")
                    ))
                    .in_file(place()));
                }
            },
            Some((label, name)) if label == app.label() && !name.contains('/') => name,
            Some(_) => continue,
        };
        read_file(app, folder, &path, name, migrations)?;
    }
    Ok(())
}

fn has_models(app: &App) -> bool {
    app.slot::<ModelSlot>().is_some_and(|slot| !slot.0.is_empty())
}

/// Without its directory all of an app's tables would look new.
fn gone(app: &App, folder: &Folder) -> Error {
    refuse(format!(
        "the migrations of the app `{}` can't be read: this binary was built from {}, which is not there. Run it where its \
         source is, or build a release (`cargo build --release`), which has the files in it",
        app.label(),
        folder.root().display()
    ))
}

/// The app that the files right in the directory belong to: the only one there, or the only one there that has
/// models. Otherwise all that live there.
fn owner<'a>(site: &'a Site, folder: &Folder) -> Result<&'a str, Vec<&'a str>> {
    let here = || site.apps().iter().filter(|app| app.directory().is_some_and(|f| f.root() == folder.root()));
    let labels: BTreeSet<&str> = here().map(App::label).collect();
    let modelled: BTreeSet<&str> = here().filter(|app| has_models(app)).map(App::label).collect();
    for candidates in [&labels, &modelled] {
        if let (Some(label), 1) = (candidates.first(), candidates.len()) {
            return Ok(label);
        }
    }
    Err(if modelled.is_empty() { labels } else { modelled }.into_iter().collect())
}

/// A path for messages: from the working directory, if it is below that.
fn shown(folder: &Folder, below: &str) -> String {
    let path = folder.root().join(below);
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(&path).display().to_string()
}

/// A file's name (without `.toml`) must be a good name in `depends` and on the command line.
pub(crate) fn check_name(name: &str) -> Result {
    let good = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if good {
        Ok(())
    } else {
        Err(refuse(format!("`{name}` is no name of a migration: use letters, digits, _ and -")))
    }
}

/// Where a new migration of `app` is to be written.
///
/// # Errors
/// If the site has no such app, or its crate is not on this machine.
pub fn path_for(site: &Site, app: &str, name: &str) -> Result<PathBuf> {
    check_name(name)?;
    let part = find_app(site, app)?;
    let further = further(part);
    let Some(folder) = further.or(part.directory()) else {
        return Err(refuse(format!(
            "app `{app}` has no directory for its migrations: make it with app!(\"{app}\"), or give it one with \
             `.folder(..)`"
        )));
    };
    if !folder.root().is_dir() {
        return Err(refuse(format!(
            "the crate of app `{app}` is not on this machine ({} is not there): make migrations where its source is",
            folder.root().display()
        )));
    }
    let mut directory = folder.root().join(DIRECTORY);
    if further.is_some() || owner(site, folder) != Ok(app) {
        directory.push(app);
    }
    Ok(directory.join(format!("{name}.toml")))
}

fn find_app<'a>(site: &'a Site, label: &str) -> Result<&'a App> {
    site.apps().iter().find(|app| app.label() == label).ok_or_else(|| no_app(site, label))
}

/// The error about a label that no app has.
pub(crate) fn no_app(site: &Site, label: &str) -> Error {
    let labels: Vec<&str> = site.apps().iter().map(App::label).collect();
    let near = quintet_core::near::did_you_mean(label, labels.iter().copied());
    let known = if near.is_empty() { format!("; there are {}", labels.join(", ")) } else { near };
    refuse(format!("no app `{label}` is installed{known}"))
}

/// Writes a new migration; a file that is there already is left alone.
///
/// # Errors
/// Those of [`path_for`], and what the disk reports.
pub fn save(site: &Site, migration: &Migration) -> Result<PathBuf> {
    write(&path_for(site, &migration.key.app, &migration.key.name)?, &file::render(migration))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<PathBuf> {
    let failed = |error: std::io::Error| refuse(format!("{} can't be written: {error}", path.display()));
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut file = std::fs::File::options().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(path.to_owned())
}
