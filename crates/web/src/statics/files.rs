//! Which files there are, and where.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    time::SystemTime,
};

use quintet_core::{Folder, Site, files_below, template::Supplied};

use super::names::{digest, is_plain};

/// The folder below an app's directory.
const BELOW: &str = "static";

/// The files of a site: those of its further folders, then those of its apps, then what rooms bring along.
pub(super) struct Files(Vec<Source>);

enum Source {
    Disk(PathBuf),
    Binary(HashMap<&'static str, &'static [u8]>),
}

/// A file as it is now.
#[derive(Debug, Clone)]
pub(super) enum File {
    Binary(&'static [u8]),
    Disk { path: PathBuf, state: State },
}

/// The state of a file on disk: another state, another version.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct State {
    pub(super) length: u64,
    pub(super) modified: SystemTime,
}

impl State {
    pub(super) fn of(meta: &std::fs::Metadata) -> Self {
        State { length: meta.len(), modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH) }
    }

    /// Tells states apart without reading the file.
    pub(super) fn digest(self) -> String {
        let since = self.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut bytes = self.length.to_be_bytes().to_vec();
        bytes.extend(since.as_nanos().to_be_bytes());
        digest(&bytes)
    }
}

impl Files {
    pub(super) fn new(site: &Site, dirs: &[PathBuf], supplied: &Supplied) -> Self {
        let installed =
            |root: &Path| site.apps().iter().filter_map(|app| app.directory()).any(|f| f.root() == root);
        let mut roots: Vec<&Path> = Vec::new();
        let mut sources: Vec<Source> = dirs.iter().cloned().map(Source::Disk).collect();
        for part in site.parts() {
            let Some(folder) = part.directory() else { continue };
            // The site's own directory often is that of an app: what the app has in the binary must not be shadowed
            // by files that happen to lie where it was built.
            let own = std::ptr::eq(part, site.own());
            if own && installed(folder.root()) || roots.contains(&folder.root()) {
                continue;
            }
            roots.push(folder.root());
            sources.push(Source::of(folder));
        }
        sources.extend(supplied.0.iter().map(Source::of));
        Files(sources)
    }

    /// The file of this name below a `static/`; `None` also for names that lead elsewhere.
    pub(super) fn find(&self, name: &str) -> Option<File> {
        if !is_plain(name) {
            return None;
        }
        self.inner(name)
    }

    /// Also hidden ones, which are for the site and not for its clients. The name must be one that the site has made or its
    /// settings say.
    pub(super) fn inner(&self, name: &str) -> Option<File> {
        self.0.iter().find_map(|source| match source {
            Source::Binary(files) => files.get(name).copied().map(File::Binary),
            Source::Disk(folder) => {
                let path = folder.join(name);
                let meta = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some(File::Disk { path, state: State::of(&meta) })
            }
        })
    }

    /// All names.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut names = self.all_names();
        names.retain(|name| is_plain(name));
        names
    }

    /// Also of what is not served.
    pub(super) fn all_names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for source in &self.0 {
            match source {
                Source::Binary(files) => names.extend(files.keys().map(|name| (*name).to_owned())),
                Source::Disk(folder) => names.extend(files_below(folder)),
            }
        }
        names
    }

    /// The folders on disk that files are looked for in.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|source| match source {
            Source::Disk(folder) => Some(folder.as_path()),
            Source::Binary(_) => None,
        })
    }
}

impl Source {
    fn of(folder: &Folder) -> Self {
        let Some(files) = folder.files() else { return Source::Disk(folder.root().join(BELOW)) };
        let inside = files.iter().filter_map(|file| {
            let name = file.path.strip_prefix(BELOW)?.strip_prefix('/')?;
            Some((name, file.bytes))
        });
        Source::Binary(inside.collect())
    }
}
