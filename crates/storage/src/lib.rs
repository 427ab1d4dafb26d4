//! The files of a site: what people upload and what the site makes. A row keeps the *name* of its file (`StoredFile` of the
//! ORM), a [`Storage`] keeps the bytes.
//!
//! `STORAGE_URL` chooses where: `file://media` is a folder beside `quintet.toml`, `memory://` forgets everything at the end,
//! `s3://bucket/folder` (feature `s3`) is in S3 or a server that speaks as it does.
//! [`Storage`] is the handle that handlers take; behind it stands a [`Backend`], which you may write yourself.
//!
//! How a file passes through: [`Storage::save`] checks the wished name (`name`), streams the [`Content`] into a file that
//! nobody sees yet, makes it durable, and only then gives it a name that was free. What fails on the way leaves nothing behind.
//! [`Storage::open`] streams it back, whole or a range of it.
mod backend;
mod content;
#[doc(hidden)]
pub mod kind;
mod local;
mod memory;
mod name;
mod room;
mod s3;
mod settings;
mod signed;
mod storage;

pub use backend::{Backend, Info, Opened};
pub use content::{BoxStream, Content};
pub use local::Local;
pub use memory::Memory;
pub use name::Names;
pub use room::StorageRoom;
#[cfg(feature = "s3")]
pub use s3::S3;
pub use s3::S3Settings;
pub use settings::StorageSettings;
pub use storage::Storage;
