//! Files and streams as answers.
//!
//! [`FileResponse`] is a file that a handler answers with: `answer` chooses its headers (`disposition` its name), and `respond` decides
//! what the client has already (304) and which parts it wants (206), by the `range` that it asked for; `content` sends them. Static files
//! go the same way. `media` answers the addresses of the storage's files. [`Streamed`] is an answer that is made while it is sent, by
//! `stream`, and [`Csv`] its rows.
pub(crate) mod answer;
pub(crate) mod content;
mod csv;
mod disposition;
pub(crate) mod media;
mod out;
mod range;
pub(crate) mod respond;
mod stream;

use quintet_core::Result;
use quintet_storage::Storage;

pub use answer::FileResponse;
pub use csv::Csv;
pub use out::Out;
pub use stream::Streamed;

/// Files of a storage as answers.
pub trait FromStorage {
    /// The file of this name, as an answer: `storage.response("private/7.pdf").await`. Who may see it is for the handler to check.
    ///
    /// # Errors
    /// 404 if there is none of this name, or it is no name.
    fn response(&self, name: &str) -> impl Future<Output = Result<FileResponse>> + Send;
}

impl FromStorage for Storage {
    #[track_caller]
    fn response(&self, name: &str) -> impl Future<Output = Result<FileResponse>> + Send {
        FileResponse::stored(self, name)
    }
}
