//! `collectstatic`: all files in one folder, as a web server or a CDN would have them.
//!
//! Each file is there under its name and under the name with its version; those that get shorter by it also compressed, with
//! `.br` and `.gz` behind their names. `staticfiles.json` says which name has which version, in the form of Django's.

use std::{
    collections::BTreeMap,
    io::ErrorKind as Io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
};
use serde::Serialize;

use super::{
    Statics,
    content::content_type,
    names::digest,
    packed::{LEAST, shorter},
    published::Entry,
};
use crate::encoding::{self, Encoding};

/// The file that says which name has which version.
const MANIFEST: &str = "staticfiles.json";

/// The command.
pub(crate) fn command() -> Command {
    let about = "Writes all static files to a folder, with their versions in their names, and compressed. \
                 A release needs no such folder: it is for a web server or a CDN that serves the files in place of the site.";
    Command::new("collectstatic", about, run)
        .arg(
            ArgSpec::of::<Option<PathBuf>>("folder", "where to write them, instead of `root` in [static]")
                .positional(),
        )
        .arg(ArgSpec::of::<bool>("clear", "first remove what is there, old versions included"))
        .arg(ArgSpec::of::<bool>("dry_run", "only say what would be written"))
}

async fn run(services: Services, args: Args) -> Result {
    let statics = services.require::<Arc<Statics>>()?.clone();
    let console = services.require::<Console>()?.clone();
    let given = args.take::<Option<PathBuf>>("folder")?.map(|folder| match std::env::current_dir() {
        Ok(here) => here.join(folder),
        Err(_) => folder,
    });
    let Some(root) = given.or_else(|| statics.root.clone()) else {
        let text =
            "where to? Set `root` in [static] of quintet.toml, or say it: `collectstatic public/static`";
        return Err(Error::bad_request(text));
    };
    let (clear, dry) = (args.take("clear")?, args.take("dry_run")?);
    let work = move || {
        Collecting { statics: &statics, root, dry, console: &console, done: Done::default() }.run(clear)
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal(e.to_string()))?
}

#[derive(Serialize)]
struct Manifest<'a> {
    paths: &'a BTreeMap<String, String>,
    version: &'static str,
    hash: String,
}

#[derive(Default)]
struct Done {
    files: usize,
    written: usize,
    packed: usize,
    removed: usize,
    missing: usize,
}

struct Collecting<'a> {
    statics: &'a Statics,
    root: PathBuf,
    dry: bool,
    console: &'a Console,
    done: Done,
}

impl Collecting<'_> {
    fn run(mut self, clear: bool) -> Result {
        self.check(clear)?;
        if clear {
            self.clear()?;
        }
        let mut paths = BTreeMap::new();
        for name in self.statics.files.names() {
            let Some(entry) = self.statics.published.entry(&self.statics.files, &name)? else { continue };
            let published = entry.published();
            self.file(&entry, &published)?;
            for missing in &entry.missing {
                self.done.missing += 1;
                self.console.warn(format_args!(
                    "warning: static/{name}:{}: `{}` leads to no static file",
                    missing.line, missing.written
                ));
            }
            paths.insert(name, published);
        }
        let text = serde_json::to_string(&paths)?;
        let hash = digest(text.as_bytes()).get(..12).unwrap_or_default().to_owned();
        let manifest = serde_json::to_string_pretty(&Manifest { paths: &paths, version: "1.1", hash })?;
        self.put(MANIFEST, format!("{manifest}\n").as_bytes())?;
        self.tell(&paths);
        Ok(())
    }

    fn tell(&self, paths: &BTreeMap<String, String>) {
        let Done { files, written, packed, removed, missing } = self.done;
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let mut text = format!(
            "{} in {}: {} {}, {files} unchanged, {packed} compressed",
            count(paths.len(), "static file"),
            self.root.display(),
            written,
            if self.dry { "to write" } else { "written" },
        );
        if removed > 0 {
            text += &format!(", {removed} removed");
        }
        if missing > 0 {
            text += &format!(", {}", count(missing, "name") + " without a file");
        }
        self.console.line(text);
    }

    /// Nothing is written into the folders that files come from, and nothing is removed that this command did not write.
    fn check(&self, clear: bool) -> Result {
        let root = real(&self.root);
        let within = |folder: &Path| root.starts_with(folder) || (clear && folder.starts_with(&root));
        if let Some(folder) = self.statics.files.folders().map(real).find(|folder| within(folder)) {
            return Err(Error::bad_request(format!(
                "{} can't take the collected files: {} is where files come from",
                self.root.display(),
                folder.display()
            )));
        }
        let strange = clear
            && !self.root.join(MANIFEST).is_file()
            && std::fs::read_dir(&self.root).is_ok_and(|mut entries| entries.next().is_some());
        if strange {
            return Err(Error::bad_request(format!(
                "{} has no {MANIFEST}: --clear removes only what this command has written; empty the folder yourself",
                self.root.display()
            )));
        }
        Ok(())
    }

    fn clear(&mut self) -> Result {
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == Io::NotFound => return Ok(()),
            Err(error) => return Err(failed(&self.root, error)),
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            self.done.removed += 1;
            if self.dry {
                self.console.line(format_args!("would remove {}", path.display()));
            } else if path.is_dir() && !path.is_symlink() {
                std::fs::remove_dir_all(&path).map_err(|e| failed(&path, e))?;
            } else {
                std::fs::remove_file(&path).map_err(|e| failed(&path, e))?;
            }
        }
        Ok(())
    }

    /// A file, under both names, with its compressed forms.
    fn file(&mut self, entry: &Entry, published: &str) -> Result {
        let bytes = entry.read().map_err(|e| failed(Path::new(&entry.name), e))?;
        let changed = self.put(&entry.name, &bytes)? | self.put(published, &bytes)?;
        if changed {
            self.console.line(format_args!("{published}"));
        } else {
            self.done.files += 1;
        }
        let worth = bytes.len() as u64 >= LEAST && encoding::worth(&content_type(&entry.name));
        for encoding in Encoding::ALL {
            let (plain, versioned) = (beside(&entry.name, *encoding), beside(published, *encoding));
            if self.statics.files.find(&plain).is_some() {
                // The site has a file of that name.
                continue;
            }
            let packed = worth.then(|| self.packed(&bytes, &versioned, *encoding)).flatten();
            match packed {
                Some(packed) => {
                    self.done.packed += usize::from(self.write(&versioned, &packed)?);
                    self.write(&plain, &packed)?;
                }
                // Of what the file was before.
                None => self.remove(&plain)?,
            }
        }
        Ok(())
    }

    fn packed(&self, bytes: &[u8], versioned: &str, encoding: Encoding) -> Option<Bytes> {
        // The version stands for the content: what has that name was made of this.
        match std::fs::read(self.root.join(versioned)) {
            Ok(made) => Some(made.into()),
            Err(_) if self.dry => None,
            Err(_) => shorter(bytes, encoding, true),
        }
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool> {
        let changed = self.write(name, bytes)?;
        self.done.written += usize::from(changed);
        Ok(changed)
    }

    /// Writes a file unless it is there as it should be; says whether it was not.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        let path = self.root.join(name);
        let same = |meta: std::fs::Metadata| meta.is_file() && meta.len() == bytes.len() as u64;
        if path.metadata().is_ok_and(same) && std::fs::read(&path).is_ok_and(|now| now == bytes) {
            return Ok(false);
        }
        if self.dry {
            return Ok(true);
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        }
        // Whole or not at all: somebody may be serving the folder.
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        std::fs::write(&new, bytes).map_err(|e| failed(&new, e))?;
        std::fs::rename(&new, &path).map_err(|e| failed(&path, e))?;
        Ok(true)
    }

    fn remove(&self, name: &str) -> Result {
        if self.dry {
            return Ok(());
        }
        match std::fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() != Io::NotFound => Err(failed(&self.root.join(name), error)),
            _ => Ok(()),
        }
    }
}

fn beside(name: &str, encoding: Encoding) -> String {
    format!("{name}.{}", encoding.ending())
}

/// As the system knows it, also of what is not there yet.
fn real(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    let text = format!("{}: {error}", path.display());
    Error::internal(text).with_source(error)
}
