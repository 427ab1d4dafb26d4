//! Files that are gone when the process ends: for tests.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use quintet_core::{BoxFuture, Result, value::Timestamp};

use crate::{Backend, Content, Info, Names, Opened, backend::failed};

/// Files in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, (Bytes, Timestamp)>>);

impl Memory {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, (Bytes, Timestamp)>> {
        // Nothing that holds the lock can leave half a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn all(content: Content, name: &str) -> Result<Bytes> {
    let mut pieces = content.into_stream();
    let mut all = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        all.extend_from_slice(&piece.map_err(|error| failed("saving", name, error))?);
    }
    Ok(all.freeze())
}

fn info(name: &str, (bytes, modified): &(Bytes, Timestamp)) -> Info {
    Info { name: name.to_owned(), size: bytes.len() as u64, modified: *modified, tag: None }
}

impl Backend for Memory {
    fn create<'a>(&'a self, mut names: Names, content: Content) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let wished = names.clone().next().unwrap_or_default();
            let bytes = all(content, &wished).await?;
            let mut files = self.files();
            match names.by_ref().find(|name| !files.contains_key(name)) {
                Some(name) => {
                    files.insert(name.clone(), (bytes, Timestamp::now()));
                    Ok(name)
                }
                None => Err(names.none_free()),
            }
        })
    }

    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let bytes = all(content, name).await?;
            self.files().insert(name.to_owned(), (bytes, Timestamp::now()));
            Ok(())
        })
    }

    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(async move {
            let files = self.files();
            let Some(file) = files.get(name) else { return Ok(None) };
            let length = file.0.len();
            let place = |at: u64| usize::try_from(at).unwrap_or(length).min(length);
            let bytes = match range {
                Some(range) => file.0.slice(place(range.start)..place(range.end).max(place(range.start))),
                None => file.0.clone(),
            };
            Ok(Some(Opened { info: info(name, file), stream: Box::pin(stream::iter([Ok(bytes)])) }))
        })
    }

    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>> {
        Box::pin(async move { Ok(self.files().get(name).map(|file| info(name, file))) })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { Ok(self.files().remove(name).is_some()) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>> {
        Box::pin(async move {
            let files = self.files();
            Ok(files
                .iter()
                .filter(|(name, _)| name.starts_with(prefix))
                .map(|(name, file)| info(name, file))
                .collect())
        })
    }
}
