//! An app's directory: read from disk while developing, embedded in a release build.

use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
};

/// A file that was compiled into the binary.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedFile {
    /// The path below the app's directory, with forward slashes: `templates/film.html`.
    pub path: &'static str,
    /// What the file held when the binary was built.
    pub bytes: &'static [u8],
}

/// Where an app's `templates/`, `static/`, `migrations/` and `locale/` are.
///
/// With embedded files nothing is read from disk. Without any, the directory is read at each call, so that
/// an edit shows at once.
#[derive(Debug, Clone, Copy)]
pub struct Folder {
    root: &'static str,
    files: Option<&'static [EmbeddedFile]>,
    partly: bool,
}

impl Folder {
    /// A directory that is read from disk.
    #[must_use]
    pub const fn on_disk(root: &'static str) -> Self {
        Folder { root, files: None, partly: false }
    }

    /// Files in the binary; `root` is where they came from.
    #[must_use]
    pub const fn embedded(root: &'static str, files: &'static [EmbeddedFile]) -> Self {
        Folder { root, files: Some(files), partly: false }
    }

    /// The same, where the binary has some of the directory's files on purpose: the others come by another way.
    #[must_use]
    pub const fn partly(mut self) -> Self {
        self.partly = true;
        self
    }

    /// Does the binary have some of the directory's files only?
    #[must_use]
    pub fn is_partly(&self) -> bool {
        self.partly
    }

    /// The directory that the files are, or were, read from.
    #[must_use]
    pub fn root(&self) -> &'static Path {
        Path::new(self.root)
    }

    /// Are the files in the binary?
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.files.is_some()
    }

    /// Is it a directory on disk that isn't there? A binary without its files in it needs the source it was built from; a
    /// release has them in it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        !self.is_embedded() && !self.root().is_dir()
    }

    /// The files in the binary, if they are there.
    #[must_use]
    pub const fn files(&self) -> Option<&'static [EmbeddedFile]> {
        self.files
    }

    /// The file at `path` (`templates/film.html`), or `None` if there is none or the path leaves the directory.
    ///
    /// # Errors
    /// If the file is there but can't be read.
    pub fn read(&self, path: &str) -> io::Result<Option<Cow<'static, [u8]>>> {
        if let Some(files) = self.files {
            return Ok(files.iter().find(|f| f.path == path).map(|f| Cow::Borrowed(f.bytes)));
        }
        let Some(full) = self.path(path) else { return Ok(None) };
        if !full.is_file() {
            return Ok(None);
        }
        std::fs::read(full).map(|bytes| Some(Cow::Owned(bytes)))
    }

    /// Where `path` is on disk; `None` if it would leave the directory.
    #[must_use]
    pub fn path(&self, path: &str) -> Option<PathBuf> {
        let leaves = path
            .split(['/', '\\'])
            .any(|part| part.is_empty() || part == ".." || part == "." || part.contains('\0'));
        (!leaves).then(|| Path::new(self.root).join(path))
    }

    /// The files below `directory` (`templates`), as paths below it, sorted.
    #[must_use]
    pub fn list(&self, directory: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(files) = self.files {
            let inside =
                |f: &EmbeddedFile| f.path.strip_prefix(directory)?.strip_prefix('/').map(str::to_owned);
            found.extend(files.iter().filter_map(inside));
        } else if let Some(start) = self.path(directory) {
            found = files_below(&start);
        }
        found.sort_unstable();
        found
    }
}

/// The files below a directory, as paths below it with forward slashes, sorted. What begins with a dot is hidden, but for
/// `.vite/`, where Vite puts the list of what it has built.
#[must_use]
pub fn files_below(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(directory, directory, &mut found);
    found.sort_unstable();
    found
}

fn walk(start: &Path, directory: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') && n != ".vite");
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(start, &path, found);
        } else if let Ok(below) = path.strip_prefix(start) {
            found.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_gone_is_missing_and_files_in_the_binary_never_are() {
        assert!(!Folder::on_disk(env!("CARGO_MANIFEST_DIR")).is_missing());
        assert!(Folder::on_disk("/there/is/none").is_missing());
        assert!(!Folder::embedded("/there/is/none", &[]).is_missing());
    }

    #[test]
    fn disk_and_binary_answer_alike() {
        let disk = Folder::on_disk(env!("CARGO_MANIFEST_DIR"));
        static FILES: [EmbeddedFile; 1] =
            [EmbeddedFile { path: "src/lib.rs", bytes: include_bytes!("../lib.rs") }];
        let binary = Folder::embedded("/", &FILES);
        assert_eq!(disk.read("src/lib.rs").unwrap(), binary.read("src/lib.rs").unwrap());
        assert!(disk.list("src").contains(&"site/folder.rs".to_owned()));
        assert_eq!(binary.list("src"), ["lib.rs"]);
        assert!(binary.list("sr").is_empty());
    }

    #[test]
    fn nothing_outside_is_read() {
        let disk = Folder::on_disk(env!("CARGO_MANIFEST_DIR"));
        for path in ["../core/Cargo.toml", "/etc/passwd", "src/./lib.rs", "src//lib.rs", "a\0b", ""] {
            assert!(disk.read(path).unwrap().is_none(), "{path:?}");
        }
    }
}
