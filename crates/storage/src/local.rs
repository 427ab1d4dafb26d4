//! A folder of this machine.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use futures_util::StreamExt as _;
use quintet_core::{BoxFuture, Error, Result, value::Timestamp};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use crate::{Backend, Content, Info, Names, Opened, backend::failed, content::pieces_of};

/// Where files are written before they get their names: on the same file system, and hidden, so that no name leads there.
const UNFINISHED: &str = ".unfinished";

/// Unfinished files older than this are those of a process that died.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Files in a folder. A new file is written beside, synced to disk and only then renamed to its name, so that neither a crash nor
/// a full disk leaves a part of one.
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    /// The folder, which is made when the first file comes. What a process that died left unfinished more than a day ago is
    /// deleted.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        sweep(&root.join(UNFINISHED));
        Local { root }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where a file of this name lies, behind all links. One that a link leads out of the folder is none of the storage's.
    async fn inside(&self, name: &str) -> io::Result<PathBuf> {
        let (root, path) = (self.root.clone(), self.path(name));
        blocking(move || {
            let path = std::fs::canonicalize(path)?;
            // The folder itself may well be a link.
            if path.starts_with(std::fs::canonicalize(root)?) {
                Ok(path)
            } else {
                Err(io::ErrorKind::NotFound.into())
            }
        })
        .await
    }

    /// Writes all of it to a file without a name.
    async fn unfinished(&self, content: Content) -> io::Result<TempPath> {
        let folder = self.root.join(UNFINISHED);
        let file = blocking(move || {
            std::fs::create_dir_all(&folder)?;
            let mut builder = tempfile::Builder::new();
            // Others on this machine may read what the site serves: a proxy, a backup.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
            builder.tempfile_in(&folder)
        })
        .await?;
        let (file, path) = NamedTempFile::into_parts(file);
        let mut file = tokio::fs::File::from_std(file);
        let mut pieces = content.into_stream();
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece?).await?;
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(path)
    }
}

impl Backend for Local {
    fn create<'a>(&'a self, names: Names, content: Content) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let wished = names.clone().next().unwrap_or_default();
            let mut file =
                self.unfinished(content).await.map_err(|error| failed("saving", &wished, error))?;
            let none_free = names.none_free();
            for name in names {
                let (root, path) = (self.root.clone(), self.path(&name));
                let kept = blocking(move || {
                    let made = folder_for(&root, &path);
                    Ok(made.and_then(|()| match file.persist_noclobber(&path) {
                        Ok(()) => sync_folder(&path).map(|()| None),
                        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                            Ok(Some(error.path))
                        }
                        Err(error) => Err(error.error),
                    }))
                });
                match kept.await.and_then(|kept| kept) {
                    Ok(None) => return Ok(name),
                    Ok(Some(again)) => file = again,
                    Err(error) => return Err(failed("saving", &name, error)),
                }
            }
            Err(none_free)
        })
    }

    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let (root, path) = (self.root.clone(), self.path(name));
            let written = self.unfinished(content).await;
            let kept = match written {
                Ok(file) => {
                    blocking(move || {
                        folder_for(&root, &path)?;
                        file.persist(&path).map_err(|error| error.error)?;
                        sync_folder(&path)
                    })
                    .await
                }
                Err(error) => Err(error),
            };
            kept.map_err(|error| failed("saving", name, error))
        })
    }

    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(async move {
            let opened = async {
                let mut file = tokio::fs::File::open(self.inside(name).await?).await?;
                let meta = file.metadata().await?;
                if !meta.is_file() {
                    return Ok(None);
                }
                let limit = match &range {
                    Some(range) => {
                        file.seek(io::SeekFrom::Start(range.start)).await?;
                        range.end.saturating_sub(range.start)
                    }
                    None => u64::MAX,
                };
                Ok(Some(Opened { info: info(name.to_owned(), &meta), stream: pieces_of(file, limit) }))
            };
            match opened.await {
                Ok(opened) => Ok(opened),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(failed("opening", name, error)),
            }
        })
    }

    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>> {
        Box::pin(async move {
            let looked = async { tokio::fs::metadata(self.inside(name).await?).await };
            match looked.await {
                Ok(meta) => Ok(meta.is_file().then(|| info(name.to_owned(), &meta))),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(failed("looking at", name, error)),
            }
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let (root, path) = (self.root.clone(), self.path(name));
            let deleted = blocking(move || {
                stays_inside(&root, &path)?;
                std::fs::remove_file(path)
            });
            match deleted.await {
                Ok(()) => Ok(true),
                Err(error) if is_missing(&error) => Ok(false),
                Err(error) => Err(failed("deleting", name, error)),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>> {
        Box::pin(async move {
            let (root, wanted) = (self.root.clone(), prefix.to_owned());
            let listed = blocking(move || {
                let mut found = Vec::new();
                below(&root, "", &wanted, &mut found)?;
                found.sort_by(|a, b| a.name.cmp(&b.name));
                Ok(found)
            });
            listed.await.map_err(|error| failed("listing", prefix, error))
        })
    }
}

/// The file system's work, off the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Makes the folder of a file.
fn folder_for(root: &Path, path: &Path) -> io::Result<()> {
    stays_inside(root, path)?;
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// Is the place of this file in the folder, as far as its own folders are there already? A link may lead out of it.
fn stays_inside(root: &Path, path: &Path) -> io::Result<()> {
    let there = path.ancestors().skip(1).find_map(|folder| std::fs::canonicalize(folder).ok());
    if there.is_some_and(|there| std::fs::canonicalize(root).is_ok_and(|root| there.starts_with(root))) {
        Ok(())
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// No such file, or a file where a folder would have to be.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn info(name: String, meta: &std::fs::Metadata) -> Info {
    let modified =
        meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    Info { name, size: meta.len(), modified, tag: None }
}

/// The entry of a new file is as durable as the file.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn below(folder: &Path, at: &str, wanted: &str, found: &mut Vec<Info>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if is_missing(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // A name that is no text, or hidden, can't be asked for either.
        let Ok(file_name) = entry.file_name().into_string() else { continue };
        if file_name.starts_with('.') {
            continue;
        }
        let name = if at.is_empty() { file_name } else { format!("{at}/{file_name}") };
        let meta = match std::fs::metadata(entry.path()) {
            // Deleted meanwhile.
            Err(error) if is_missing(&error) => continue,
            meta => meta?,
        };
        // Where a link leads is another folder's matter, or it goes round.
        let linked = entry.file_type()?.is_symlink();
        if meta.is_dir() && !linked && (wanted.starts_with(&name) || name.starts_with(wanted)) {
            below(&entry.path(), &name, wanted, found)?;
        } else if meta.is_file() && name.starts_with(wanted) {
            found.push(info(name, &meta));
        }
    }
    Ok(())
}

/// Deletes what was abandoned. What can't be deleted is in nobody's way.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let age = modified.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > ABANDONED) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl From<Local> for crate::Storage {
    fn from(local: Local) -> Self {
        crate::Storage::new(local)
    }
}

/// The folder that a `file://` URL names, relative to the site's directory; `Err` is what is wrong with it.
pub(crate) fn folder(rest: &str, root: &Path) -> Result<PathBuf> {
    if rest.trim_matches('/').is_empty() {
        return Err(Error::settings(
            "`storage.url` names no folder: write `file://media`, or `file:///srv/media` for an absolute one",
        ));
    }
    Ok(root.join(rest))
}
