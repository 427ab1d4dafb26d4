//! Where templates come from: the apps' `templates/` folders, in install order; the first that has the name wins.

use std::{borrow::Cow, collections::BTreeSet, path::Path, time::SystemTime};

use quintet_core::{EmbeddedFile, Error, Folder, Result, Site, template::Supplied};

/// The folder below an app's directory.
const BELOW: &str = "templates";

/// One app's templates.
#[derive(Debug)]
struct Source {
    folder: Folder,
    /// The app's name in `url("…")`; empty for the site's own.
    namespace: String,
}

/// All templates of a site.
#[derive(Debug)]
pub(crate) struct Loader(Vec<Source>);

/// Which file a name stood for, and in what state, when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    source: usize,
    /// When the file was written and how long it was; `None` if it is in the binary.
    written: Option<(SystemTime, u64)>,
}

impl Stamp {
    /// Can the template not change while the site runs?
    pub(crate) fn is_fixed(&self) -> bool {
        self.written.is_none()
    }

    /// The same for the same state of a file; empty for what is in the binary.
    pub(crate) fn text(&self) -> String {
        let Some((written, length)) = self.written else { return String::new() };
        let since = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{}.{}.{length}", self.source, since.as_nanos())
    }
}

impl Loader {
    pub(crate) fn new(site: &Site) -> Self {
        let installed =
            |root: &Path| site.apps().iter().filter_map(|app| app.directory()).any(|f| f.root() == root);
        let mut sources: Vec<Source> = Vec::new();
        for part in site.parts() {
            let Some(folder) = part.directory() else { continue };
            // The site's own directory often is that of an app. It is the app's then: `url("film")` in its
            // templates means the app's route, and what the app has in the binary must not be shadowed by
            // files that happen to lie where it was built.
            let own = std::ptr::eq(part, site.own());
            if own && installed(folder.root()) || sources.iter().any(|s| s.folder.root() == folder.root()) {
                continue;
            }
            sources.push(Source { folder: *folder, namespace: part.namespace().to_owned() });
        }
        Loader(sources)
    }

    /// With the rooms' templates, last, so that any app's file of the same name is found before.
    pub(crate) fn and(mut self, supplied: &Supplied) -> Self {
        self.0.extend(supplied.0.iter().map(|folder| Source { folder: *folder, namespace: String::new() }));
        self
    }

    /// The templates that can be compiled once and for all, if none can change: names and texts.
    pub(crate) fn fixed(&self) -> Option<Vec<(&'static str, &'static str)>> {
        let mut all: Vec<(&'static str, &'static str)> = Vec::new();
        let mut seen = BTreeSet::new();
        for source in &self.0 {
            let name = |f: &'static EmbeddedFile| f.path.strip_prefix(BELOW)?.strip_prefix('/');
            for file in source.folder.files()? {
                let (Some(name), Ok(text)) = (name(file), std::str::from_utf8(file.bytes)) else { continue };
                if seen.insert(name) {
                    all.push((name, text));
                }
            }
        }
        Some(all)
    }

    /// Which file `name` stands for now.
    pub(crate) fn stamp(&self, name: &str) -> Option<Stamp> {
        let path = below(name);
        self.0.iter().enumerate().find_map(|(source, s)| {
            if s.folder.is_embedded() {
                let found = s.folder.read(&path).ok()??;
                drop(found);
                return Some(Stamp { source, written: None });
            }
            let meta = s.folder.path(&path)?.metadata().ok().filter(std::fs::Metadata::is_file)?;
            let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Stamp { source, written: Some((modified, meta.len())) })
        })
    }

    /// The text of a template and the state of its file.
    ///
    /// # Errors
    /// If the file can't be read or isn't UTF-8.
    pub(crate) fn read(&self, name: &str) -> Result<Option<(Cow<'static, str>, Stamp)>> {
        let Some(stamp) = self.stamp(name) else { return Ok(None) };
        let Some(source) = self.0.get(stamp.source) else { return Ok(None) };
        let Some(bytes) = source.folder.read(&below(name))? else { return Ok(None) };
        let text = match bytes {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|e| e.utf8_error()),
        };
        match text {
            Ok(text) => Ok(Some((text, stamp))),
            Err(error) => Err(Error::internal(format!(
                "the template {} is not UTF-8 text (byte {}): save it as UTF-8",
                self.shown(name),
                error.valid_up_to()
            ))),
        }
    }

    /// The text of a template, if it is there and readable.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'static, str>> {
        self.read(name).ok()?.map(|(text, _)| text)
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.iter().flat_map(|s| s.folder.list(BELOW)).collect()
    }

    /// The namespace of the app that the template belongs to; `None` for the site's own.
    pub(crate) fn owner(&self, name: &str) -> Option<&str> {
        let source = self.0.get(self.stamp(name)?.source)?;
        Some(source.namespace.as_str()).filter(|n| !n.is_empty())
    }

    /// The file as the developer knows it: below the working directory if it is, else below its app's directory.
    pub(crate) fn shown(&self, name: &str) -> String {
        let path = below(name);
        let Some(source) = self.stamp(name).and_then(|stamp| self.0.get(stamp.source)) else { return path };
        let root = source.folder.root();
        let here = std::env::current_dir().ok();
        let near = here.as_deref().and_then(|here| root.strip_prefix(here).ok());
        match near.or_else(|| root.file_name().map(Path::new)) {
            Some(near) => near.join(path).to_string_lossy().replace('\\', "/"),
            None => path,
        }
    }
}

/// `("film.html", Some("reviews"))` of `film.html#reviews`, and of `base.html##reviews`, as a cut child names its cut
/// parent: there the block need not be, as the child may be the first to have it.
pub(crate) fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('#') {
        Some((template, block)) => (template, Some(block.strip_prefix('#').unwrap_or(block))),
        None => (name, None),
    }
}

fn below(name: &str) -> String {
    format!("{BELOW}/{name}")
}
