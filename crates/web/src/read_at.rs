//! Reading files without moving where others read.

use std::{fs::File, io};

#[cfg(unix)]
pub(crate) fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, piece, at)
}

#[cfg(windows)]
pub(crate) fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, piece, at)
}
