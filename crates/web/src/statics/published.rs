//! Files as a release shows them: with their version in their names, and with such names wherever one file names
//! another.
//!
//! A file is worked on when it is first asked for and remembered then. One from disk is looked at each time: a change
//! makes another version, also of all style sheets that name it.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use quintet_core::{Error, Result};
use sha2::{Digest, Sha256};

use super::{
    ENCODED,
    files::{File, Files, State},
    names::{digest, hex, version, versioned},
    own::OwnNames,
    packed::Packed,
    references::{self, Kind},
};

/// A larger style sheet or script is left as it is.
const REWRITTEN: u64 = 8 * 1024 * 1024;
/// The version of a larger file on disk is that of its length and date: to read it all would hold up a request.
const READ: u64 = 64 * 1024 * 1024;

pub(super) struct Published {
    prefix: String,
    own: OwnNames,
    known: RwLock<HashMap<String, Arc<Entry>>>,
}

/// A file with its version.
pub(super) struct Entry {
    pub(super) name: String,
    /// Of what is sent.
    digest: String,
    pub(super) content: Content,
    /// Names that lead to no file.
    pub(super) missing: Vec<Missing>,
    pub(super) packed: Packed,
    /// Its name has a version already.
    own: bool,
    /// Nothing on disk has part in it.
    fixed: bool,
    state: Option<State>,
    /// Files that it names, with the versions that stand in it.
    names: Vec<(String, String)>,
}

pub(super) enum Content {
    Binary(&'static [u8]),
    /// With other names in it than the file has.
    Rewritten(Bytes),
    Disk {
        path: PathBuf,
        state: State,
    },
}

/// A name in a style sheet or a script that leads to no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) line: usize,
    /// As it is written.
    pub(super) written: String,
    /// The file that it would be.
    pub(super) name: String,
}

impl Entry {
    pub(super) fn version(&self) -> &str {
        version(&self.digest)
    }

    /// A text that no other content has.
    pub(super) fn tag(&self) -> &str {
        self.digest.get(..32).unwrap_or(&self.digest)
    }

    /// Is this the version that was asked for? One that is in the file's own name always is.
    pub(super) fn is_version(&self, asked: Option<&str>) -> bool {
        self.own || asked == Some(self.version())
    }

    /// Its name with its version.
    pub(super) fn published(&self) -> String {
        if self.own {
            return self.name.clone();
        }
        versioned(&self.name, self.version())
    }

    /// All of it.
    pub(super) fn read(&self) -> std::io::Result<Bytes> {
        match &self.content {
            Content::Binary(bytes) => Ok(Bytes::from_static(bytes)),
            Content::Rewritten(bytes) => Ok(bytes.clone()),
            Content::Disk { path, .. } => std::fs::read(path).map(Bytes::from),
        }
    }
}

impl Published {
    /// `prefix` is the path that addresses of static files begin with.
    pub(super) fn new(prefix: String, own: OwnNames) -> Self {
        Published { prefix, own, known: RwLock::default() }
    }

    /// The file of this name, as it is now.
    ///
    /// # Errors
    /// If it can't be read.
    pub(super) fn entry(&self, files: &Files, name: &str) -> Result<Option<Arc<Entry>>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(entry) = known
            && self.holds(files, &entry)?
        {
            return Ok(Some(entry));
        }
        let Some(file) = files.find(name) else { return Ok(None) };
        let entry = Arc::new(self.make(files, name, file)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), entry.clone());
        Ok(Some(entry))
    }

    /// Is the file, and is what it names, still what it was?
    fn holds(&self, files: &Files, entry: &Entry) -> Result<bool> {
        if entry.own != self.own.has(&entry.name) {
            return Ok(false);
        }
        if entry.fixed {
            return Ok(true);
        }
        let state = match files.find(&entry.name) {
            Some(File::Disk { state, .. }) => Some(state),
            Some(File::Binary(_)) => None,
            None => return Ok(false),
        };
        if state != entry.state {
            return Ok(false);
        }
        for (name, version) in &entry.names {
            if self.entry(files, name)?.is_none_or(|entry| entry.version() != version) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn make(&self, files: &Files, name: &str, file: File) -> Result<Entry> {
        let mut entry = Entry {
            name: name.to_owned(),
            digest: String::new(),
            content: Content::Binary(&[]),
            missing: Vec::new(),
            packed: Packed::default(),
            own: self.own.has(name),
            fixed: matches!(file, File::Binary(_)),
            state: if let File::Disk { state, .. } = &file { Some(*state) } else { None },
            names: Vec::new(),
        };
        if !entry.own
            && let Some(kind) = Kind::of(name)
            && let Some(text) = text(&file)?
            && let Some(rewritten) = self.rewrite(files, &mut entry, kind, &text)?
        {
            entry.digest = digest(rewritten.as_bytes());
            entry.content = Content::Rewritten(rewritten.into());
            return Ok(entry);
        }
        match file {
            File::Binary(bytes) => {
                entry.digest = digest(bytes);
                entry.content = Content::Binary(bytes);
            }
            File::Disk { path, state } => {
                entry.digest = if state.length > READ { state.digest() } else { of_file(&path)? };
                entry.content = Content::Disk { path, state };
            }
        }
        Ok(entry)
    }

    /// The text with the versions of the files that it names; `None` if that changes nothing.
    fn rewrite(&self, files: &Files, entry: &mut Entry, kind: Kind, text: &str) -> Result<Option<String>> {
        let mut out = String::with_capacity(text.len() + 256);
        let mut done = 0;
        for range in references::find(kind, text) {
            let Some(written) = text.get(range.clone()) else { continue };
            let Some(target) = self.target(&entry.name, written) else { continue };
            if files.find(&target).is_none() {
                let line = text.get(..range.start).map_or(1, |before| before.matches('\n').count() + 1);
                entry.missing.push(Missing { line, written: written.to_owned(), name: target });
                continue;
            }
            // Of files that name each other none can have the other's version before it has its own.
            if self.leads_to(files, &target, &entry.name)? {
                continue;
            }
            let Some(found) = self.entry(files, &target)? else { continue };
            if found.own {
                continue;
            }
            let (address, behind) = split(written);
            let folder = address.rfind('/').map_or("", |slash| address.get(..=slash).unwrap_or_default());
            let published = found.published();
            let file = published.rsplit('/').next().unwrap_or_default();
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(folder);
            out.extend(utf8_percent_encode(file, ENCODED));
            out.push_str(behind);
            done = range.end;
            entry.fixed &= found.fixed;
            entry.names.push((target, found.version().to_owned()));
        }
        if done == 0 {
            return Ok(None);
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Ok(Some(out))
    }

    /// Does the file name the other one, or one that does?
    fn leads_to(&self, files: &Files, from: &str, to: &str) -> Result<bool> {
        let mut ahead = vec![from.to_owned()];
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = ahead.pop() {
            if name == to {
                return Ok(true);
            }
            let Some(kind) = Kind::of(&name) else { continue };
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(text) = files.find(&name).map(|file| text(&file)).transpose()?.flatten() else {
                continue;
            };
            let written = references::find(kind, &text).into_iter().filter_map(|range| text.get(range));
            ahead.extend(written.filter_map(|written| self.target(&name, written)));
        }
        Ok(false)
    }

    /// The file that is meant by what is `written` in the file `within`; `None` if it is none of the site's.
    fn target(&self, within: &str, written: &str) -> Option<String> {
        let (address, _) = split(written);
        let scheme = address.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
        if address.is_empty() || scheme || address.starts_with("//") || address.contains('\\') {
            return None;
        }
        let decoded = percent_decode_str(address).decode_utf8().ok()?;
        let (mut folders, rest): (Vec<&str>, &str) = match decoded.strip_prefix('/') {
            Some(_) => (Vec::new(), decoded.strip_prefix(self.prefix.as_str())?),
            None => (within.split('/').collect(), &decoded),
        };
        // The file's own name.
        folders.pop();
        for part in rest.split('/') {
            match part {
                "." => {}
                ".." => {
                    folders.pop()?;
                }
                part => folders.push(part),
            }
        }
        Some(folders.join("/"))
    }
}

/// The address, and what stands behind it: `?#iefix`.
fn split(written: &str) -> (&str, &str) {
    written.split_at(written.find(['?', '#']).unwrap_or(written.len()))
}

/// `None` if it is too large, or no text.
fn text(file: &File) -> Result<Option<String>> {
    Ok(match file {
        File::Binary(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        File::Disk { state, .. } if state.length > REWRITTEN => None,
        File::Disk { path, .. } => String::from_utf8(std::fs::read(path).map_err(|e| unread(path, e))?).ok(),
    })
}

fn of_file(path: &std::path::Path) -> Result<String> {
    let mut file = std::fs::File::open(path).map_err(|e| unread(path, e))?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut piece).map_err(|e| unread(path, e))?;
        if read == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(piece.get(..read).unwrap_or_default());
    }
}

fn unread(path: &std::path::Path, error: std::io::Error) -> Error {
    let text = format!("a static file can't be read: {error}");
    Error::internal(text).with_source(error).with_detail("file", path.display().to_string())
}
