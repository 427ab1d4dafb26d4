//! Static files: style sheets, scripts and images from the apps' `static/` folders and further ones.
//!
//! `files` knows where they are. [`Statics`] gives them addresses that change with their content
//! (`static("cinema/app.css")` in templates, through [`Assets`]) and answers those addresses before any route or layer of
//! the site is asked: a style sheet needs no login (`serve`). `crate::files` decides on headers,
//! 304 and 206.
//!
//! A file on disk, while debug is on, is *live*: sent as it is, at an address with its date in it (`app.css?v=…`). All
//! others are *published*: their version is in their name (`app.2624b491e6dc.css`), and where a style sheet names
//! another file (`references`) that file's version stands (`published`). `packed` has the compressed forms. What stands at an
//! address with the right version may be kept for ever; anything else is asked for again each time and answered with
//! 304 while it is the same. Scripts come as they are, by an import map (`importmap`) or from Vite (`vite`). `collect` writes all of it to a folder.
mod checks;
mod collect;
mod content;
mod files;
mod importmap;
mod names;
mod own;
mod packed;
mod published;
mod references;
mod serve;
mod settings;
mod vite;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use quintet_core::{
    Error, Result, Site,
    near::did_you_mean,
    settings::Settings,
    template::{Assets, PagePolicy, Supplied},
};

pub(crate) use checks::checks;
pub(crate) use collect::command;
use files::{File, Files, State};
use importmap::ImportMap;
use names::version;
use own::OwnNames;
use packed::Packing;
use published::{Entry, Published};
use settings::Base;
pub use settings::StaticSettings;
use vite::Vite;
pub use vite::ViteSettings;

/// What is percent-encoded in the path of an address.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

/// The static files of a site. In the services as `Arc<dyn Assets>`.
pub struct Statics {
    base: Base,
    files: Files,
    /// Are files on disk shown as they are?
    live: bool,
    published: Published,
    packing: Packing,
    own: OwnNames,
    vite: Vite,
    import_map: ImportMap,
    dirs: Vec<PathBuf>,
    /// Where `collectstatic` puts them.
    root: Option<PathBuf>,
}

/// A file, and how it is shown.
enum Shown {
    Live { path: PathBuf, state: State },
    Published(Arc<Entry>),
}

impl Statics {
    /// The files of `[static] dirs`, of a site's apps, in install order, and of its rooms: where two have a name, the first wins.
    ///
    /// # Errors
    /// If `[static] url` is neither a path nor the address of a CDN, or Vite's server has no address.
    pub fn new(site: &Site, settings: &Settings, supplied: &Supplied) -> Result<Self> {
        let section: StaticSettings = settings.get()?;
        let base = section.base(settings.debug())?;
        let dirs: Vec<PathBuf> = section.dirs.iter().map(|dir| settings.root().join(dir)).collect();
        let root = section.root.map(|root| settings.root().join(root));
        let own = OwnNames::default();
        Ok(Statics {
            published: Published::new(base.path.clone(), own.clone()),
            vite: Vite::new(settings.get()?, settings.debug(), own.clone())?,
            own,
            import_map: ImportMap::new(site, section.importmap),
            packing: Packing::new(section.compress, root.clone(), section.compress_memory.bytes()),
            files: Files::new(site, &dirs, supplied),
            live: settings.debug(),
            base,
            dirs,
            root,
        })
    }

    /// The path that all their addresses on this site begin with: `/static/`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.base.path
    }

    /// The CDN that their addresses lead to: `https://cdn.example.com`; none if that is this site.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.base.origin.as_deref()
    }

    /// Where a folder of the settings is missing.
    fn missing_dirs(&self) -> impl Iterator<Item = &Path> {
        self.dirs.iter().filter(|dir| !dir.is_dir()).map(PathBuf::as_path)
    }

    fn shown(&self, name: &str) -> Result<Option<Shown>> {
        self.vite.learn(&self.files)?;
        if self.live
            && let Some(File::Disk { path, state }) = self.files.find(name)
        {
            return Ok(Some(Shown::Live { path, state }));
        }
        Ok(self.published.entry(&self.files, name)?.map(Shown::Published))
    }

    fn unknown(&self, path: &str) -> Error {
        let known = self.files.names();
        let near = did_you_mean(path, known.iter().map(String::as_str));
        Error::internal(format!("no app has the static file `{path}`{near}"))
    }
}

impl Assets for Statics {
    fn url(&self, path: &str) -> Result<String> {
        let base = &self.base.url;
        match self.shown(path)?.ok_or_else(|| self.unknown(path))? {
            Shown::Live { .. } if self.own.has(path) => Ok(format!("{base}{}", encoded(path))),
            Shown::Live { state, .. } => {
                let digest = state.digest();
                Ok(format!("{base}{}?v={}", encoded(path), version(&digest)))
            }
            Shown::Published(entry) => Ok(format!("{base}{}", encoded(&entry.published()))),
        }
    }

    fn import_map(&self, run: Option<&str>, policy: Option<&dyn PagePolicy>) -> Result<String> {
        self.import_map_tags(run, policy)
    }

    fn vite(&self, entry: &str, react: bool, policy: Option<&dyn PagePolicy>) -> Result<String> {
        self.vite.tags(&self.files, entry, react, policy, |file| self.url(file))
    }
}

impl fmt::Debug for Statics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statics").field("base", &self.base).finish_non_exhaustive()
    }
}
