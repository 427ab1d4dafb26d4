use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use quintet_core::{BoxFuture, Error, Result};

use crate::{Message, Transport, message::random};

/// Writes each mail into a file of its own, `20261120T120000-0001-k3v9….eml`, that mail programs open. A file appears under its name when it is
/// whole.
#[derive(Debug)]
pub struct FileMail {
    folder: PathBuf,
    count: AtomicU32,
}

impl FileMail {
    /// Writes into this folder, which is made if there is none.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        FileMail { folder: folder.into(), count: AtomicU32::new(1) }
    }

    async fn write(&self, message: &Message) -> Result {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let time = message.date().strftime("%Y%m%dT%H%M%S");
        let name = format!("{time}-{number:04}-{}.eml", random(6)?);
        write(&self.folder, &name, message.bytes()).await.map_err(|error| {
            let folder = self.folder.display();
            Error::internal(format!("a mail can't be written into {folder} (`[mail] url`): {error}"))
                .with_source(error)
        })
    }
}

async fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let part = folder.join(format!(".{name}.part"));
    tokio::fs::write(&part, bytes).await?;
    tokio::fs::rename(&part, folder.join(name)).await
}

impl Transport for FileMail {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
        Box::pin(self.write(message))
    }

    fn is_real(&self) -> bool {
        false
    }
}
