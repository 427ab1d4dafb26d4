//! Locks between threads and processes: a file for each folder of entries, which the system unlocks when who holds it is gone.

use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use super::make_folder;

/// Beside the folders of entries.
const LOCKS: &str = ".locks";

/// Waits for the lock of the folder that the file of this name is in. It ends when the file is dropped.
pub(super) fn lock(folder: &Path, name: &str) -> io::Result<File> {
    let locks = folder.join(LOCKS);
    let path = locks.join(name.get(..2).unwrap_or_default());
    let open = || File::options().create(true).truncate(false).write(true).open(&path);
    let file = match open() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_folder(&locks)?;
            open()
        }
        other => other,
    }?;
    file.lock()?;
    Ok(file)
}
