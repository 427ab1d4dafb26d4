use std::path::{Path, PathBuf};

use quintet_core::{Error, Result, valid};

/// How deep folders are looked into.
const DEPTH: usize = 32;

/// The files of a folder, as a list offers them: `form.offer_files(Theme.sheet, &FilesOf::new("themes").matching(r"\.css$"))?`.
///
/// A file is known by its path in the folder, with `/` between the parts on every system, so that nobody outside learns where
/// the folder is. Files and folders whose names begin with a dot are left out, links are not followed.
#[derive(Clone, Debug)]
pub struct FilesOf {
    folder: PathBuf,
    pattern: Option<&'static str>,
    deep: bool,
    files: bool,
    folders: bool,
}

impl FilesOf {
    /// The files that lie in this folder itself.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        FilesOf { folder: folder.into(), pattern: None, deep: false, files: true, folders: false }
    }

    /// Those alone whose name, without folders, has this regular expression in it: `r"\.css$"`.
    #[must_use]
    pub fn matching(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// Also those in folders inside of it.
    #[must_use]
    pub fn deep(mut self) -> Self {
        self.deep = true;
        self
    }

    /// Folders instead of files.
    #[must_use]
    pub fn folders(mut self) -> Self {
        (self.files, self.folders) = (false, true);
        self
    }

    /// Their paths, in order.
    ///
    /// # Errors
    /// If a folder can't be read, or the pattern is no regular expression.
    pub fn list(&self) -> Result<Vec<String>> {
        if let Some(problem) = self.pattern.and_then(valid::pattern_problem) {
            return Err(Error::internal(format!(
                "the pattern of `FilesOf` is no regular expression: {problem}"
            )));
        }
        let mut found = Vec::new();
        self.look(&self.folder, "", DEPTH, &mut found)?;
        found.sort_unstable();
        Ok(found)
    }

    fn look(&self, folder: &Path, before: &str, depth: usize, found: &mut Vec<String>) -> Result {
        let unread = |why: std::io::Error| {
            Error::internal(format!("the folder {} can't be read: {why}", folder.display()))
        };
        for entry in std::fs::read_dir(folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            // A name that is no text could not come back.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(unread)?;
            let path = format!("{before}{name}");
            let fits = self.pattern.is_none_or(|pattern| valid::fits_pattern(pattern, &name));
            if fits && (kind.is_file() && self.files || kind.is_dir() && self.folders) {
                found.push(path.clone());
            }
            if kind.is_dir() && self.deep && depth > 0 {
                self.look(&entry.path(), &format!("{path}/"), depth - 1, found)?;
            }
        }
        Ok(())
    }
}
