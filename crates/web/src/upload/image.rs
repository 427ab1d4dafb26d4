use std::io::{BufReader, Cursor};

use imagesize::ImageType;

use super::spool::{Bits, Lookup};

/// How large a picture is, in dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl ImageSize {
    /// All dots: what unpacking it takes, times four bytes.
    #[must_use]
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Types whose headers are read.
pub(super) const READ: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What the header of a picture of this type says; nothing is unpacked. It may read the disk, so not on a thread that serves.
pub(super) fn size(mime: &str, head: &[u8], bits: &Bits) -> Option<ImageSize> {
    let kind = match mime {
        // Whatever stands where the header should be would be read as one.
        "image/png" if head.get(12..16) == Some(b"IHDR") => ImageType::Png,
        "image/jpeg" => ImageType::Jpeg,
        "image/gif" => ImageType::Gif,
        "image/webp" => ImageType::Webp,
        _ => return None,
    };
    let found = match bits {
        Bits::Memory(bytes) => kind.reader_size(&mut Cursor::new(&bytes[..])),
        Bits::Disk(file) => kind.reader_size(&mut BufReader::new(Lookup::new(file))),
        Bits::Dropped => return None,
    };
    let found = found.ok()?;
    let (width, height) = (u32::try_from(found.width).ok()?, u32::try_from(found.height).ok()?);
    Some(ImageSize { width, height }).filter(|size| size.pixels() > 0)
}
