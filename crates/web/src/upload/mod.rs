//! Files that people send.
//!
//! A body passes one way: `parts` cuts it, `head` reads what stands before each part, [`Multipart`] counts and bounds, `spool`
//! keeps the bytes in memory or on disk, and [`Upload`] is what comes of it, with a name made by `name` and a type found by `crate::kind`.
//! `data` makes it a field of `#[data]`, with the rules of `rules`; [`FileChange`] is what becomes of a file that a row has; `accept` reads lists of types, `image` the headers of pictures.
mod accept;
mod change;
pub(crate) mod data;
mod file;
mod head;
mod image;
mod multipart;
mod name;
mod parts;
pub(crate) mod rules;
mod settings;
mod spool;

pub use change::FileChange;
pub use file::{Upload, UploadReader};
pub use image::ImageSize;
pub use multipart::{Multipart, Part, Received};
#[doc(hidden)]
pub use settings::in_row;
pub use settings::{UploadLimits, UploadSettings};
