//! Which files there are, and in what state.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    time::SystemTime,
};

use quintet_core::{Folder, Site};

/// The folder below an app's directory.
const BELOW: &str = "static";

/// The files of a site.
pub(super) struct Files(Vec<Source>);

enum Source {
    Disk(Folder),
    Binary(HashMap<&'static str, Embedded>),
}

#[derive(Clone, Copy)]
struct Embedded {
    bytes: &'static [u8],
    digest: [u8; 16],
}

/// A file as it is now.
#[derive(Debug, Clone)]
pub(super) enum File {
    Binary { bytes: &'static [u8], digest: [u8; 16] },
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

    fn digest(self) -> [u8; 16] {
        let since = self.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        digest(&[&self.length.to_be_bytes(), &since.as_nanos().to_be_bytes()])
    }

    pub(super) fn tag(self) -> String {
        hex(&self.digest())
    }
}

impl File {
    /// A short text that changes with the file.
    pub(super) fn version(&self) -> String {
        let mut tag = self.tag();
        tag.truncate(12);
        tag
    }

    /// A text that no other state of the file has.
    pub(super) fn tag(&self) -> String {
        match self {
            File::Binary { digest, .. } => hex(digest),
            File::Disk { state, .. } => state.tag(),
        }
    }
}

impl Files {
    pub(super) fn new(site: &Site) -> Self {
        let installed =
            |root: &Path| site.apps().iter().filter_map(|app| app.directory()).any(|f| f.root() == root);
        let mut roots: Vec<&Path> = Vec::new();
        let mut sources = Vec::new();
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
        Files(sources)
    }

    /// The file of this name below a `static/`; `None` also for names that lead elsewhere.
    pub(super) fn find(&self, name: &str) -> Option<File> {
        if !is_plain(name) {
            return None;
        }
        self.0.iter().find_map(|source| match source {
            Source::Binary(files) => {
                files.get(name).map(|file| File::Binary { bytes: file.bytes, digest: file.digest })
            }
            Source::Disk(folder) => {
                let path = folder.path(&format!("{BELOW}/{name}"))?;
                let meta = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some(File::Disk { path, state: State::of(&meta) })
            }
        })
    }

    /// All names.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for source in &self.0 {
            match source {
                Source::Binary(files) => names.extend(files.keys().map(|name| (*name).to_owned())),
                Source::Disk(folder) => names.extend(folder.list(BELOW)),
            }
        }
        names
    }
}

impl Source {
    fn of(folder: &Folder) -> Self {
        let Some(files) = folder.files() else { return Source::Disk(*folder) };
        let inside = files.iter().filter_map(|file| {
            let name = file.path.strip_prefix(BELOW)?.strip_prefix('/')?;
            Some((name, Embedded { bytes: file.bytes, digest: digest(&[file.bytes]) }))
        });
        Source::Binary(inside.collect())
    }
}

/// Does the name lead down and to nothing hidden, on every system?
fn is_plain(name: &str) -> bool {
    name.split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':']))
}

/// 128 bits that tell files apart. Not a defence: whoever writes the files writes the site.
fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        for part in parts {
            hasher.write(part);
        }
        hasher.finish()
    };
    (u128::from(half(1)) << 64 | u128::from(half(2))).to_be_bytes()
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_down_only() {
        for name in ["app.css", "a/b/c.js", "ünï.png", "a b.txt", "a..b"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", ".env", "a/.git/x", "a\\b", "..\\a",
            "a\0", "c:/x",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
    }

    #[test]
    fn digests_tell_contents_apart_and_not_how_they_came() {
        assert_eq!(digest(&[b"a", b"bc"]), digest(&[b"abc"]));
        assert_ne!(digest(&[b"abc"]), digest(&[b"abd"]));
        let hex = hex(&digest(&[b""]));
        assert_eq!(hex.len(), 32);
        assert_ne!(hex.get(..16), hex.get(16..));
    }
}
