//! A file on its way to S3: in one request, or where that is too large, in parts.

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use object_store::{Error as Failed, MultipartUpload};
use tokio::{runtime::Handle, task::JoinSet};

use super::place::MOST_PARTS;
use crate::content::{BoxStream, Content, Kind};

/// So many parts are under way at once; another is being filled meanwhile.
const AT_ONCE: usize = 2;

/// What went wrong: at the server, or where the bytes come from.
pub(super) enum Broken {
    Server(Failed),
    Source(io::Error),
    TooManyParts,
}

impl From<Failed> for Broken {
    fn from(error: Failed) -> Self {
        Broken::Server(error)
    }
}

/// Can the content be had again from its beginning, once some of it has been read?
type Again = Option<Arc<dyn Fn() -> BoxStream + Send + Sync>>;

/// A content whose first part has been read.
pub(super) struct Begun {
    /// All of it, if `rest` is `None`.
    pub(super) first: Bytes,
    pub(super) rest: Option<Rest>,
    again: Again,
    size: usize,
}

/// What comes behind the first part.
pub(super) struct Rest {
    left: BytesMut,
    pieces: BoxStream,
}

impl Begun {
    pub(super) async fn of(content: Content, size: usize) -> io::Result<Self> {
        let (again, pieces): (Again, _) = match content.0 {
            Kind::Bytes(bytes) if bytes.len() <= size => {
                return Ok(Begun { first: bytes, rest: None, again: None, size });
            }
            Kind::Bytes(bytes) => again(move || Content(Kind::Bytes(bytes.clone())).into_stream()),
            Kind::File(path) => again(move || Content::file(path.clone()).into_stream()),
            Kind::Again(make) => again(move || make()),
            Kind::Stream(pieces) => (None, pieces),
        };
        Begun::read(pieces, again, size).await
    }

    async fn read(mut pieces: BoxStream, again: Again, size: usize) -> io::Result<Self> {
        let mut left = BytesMut::new();
        // One byte more than a part: only then there is another one.
        while left.len() <= size {
            match pieces.next().await {
                Some(piece) => left.extend_from_slice(&piece?),
                None => return Ok(Begun { first: left.freeze(), rest: None, again, size }),
            }
        }
        Ok(Begun { first: left.split_to(size).freeze(), rest: Some(Rest { left, pieces }), again, size })
    }

    /// The content once more, whose rest has been read. `None` if it can't be had again.
    pub(super) async fn again(self) -> Option<io::Result<Self>> {
        let Begun { again, size, .. } = self;
        let pieces = again.as_ref()?();
        Some(Begun::read(pieces, again, size).await)
    }
}

fn again(make: impl Fn() -> BoxStream + Send + Sync + 'static) -> (Again, BoxStream) {
    let pieces = make();
    (Some(Arc::new(make)), pieces)
}

impl Rest {
    /// The next part; empty at the end.
    async fn part(&mut self, size: usize) -> io::Result<Bytes> {
        while self.left.len() < size {
            match self.pieces.next().await {
                Some(piece) => self.left.extend_from_slice(&piece?),
                None => break,
            }
        }
        let end = self.left.len().min(size);
        Ok(self.left.split_to(end).freeze())
    }
}

/// An upload in parts. Whatever ends it but success, also that nobody waits for it any more, has the server forget its parts.
pub(super) struct Upload {
    open: Option<Box<dyn MultipartUpload>>,
    sending: JoinSet<Result<(), Failed>>,
}

impl Upload {
    pub(super) fn new(open: Box<dyn MultipartUpload>) -> Self {
        Upload { open: Some(open), sending: JoinSet::new() }
    }

    /// Sends the first part and all that follows, and ends the upload. `Err` leaves it open, for [`forget`](Self::forget).
    pub(super) async fn send(&mut self, first: Bytes, rest: &mut Rest) -> Result<(), Broken> {
        let size = first.len();
        let mut part = first;
        let mut count = 0;
        while !part.is_empty() {
            count += 1;
            if count > MOST_PARTS {
                return Err(Broken::TooManyParts);
            }
            while self.sending.len() >= AT_ONCE {
                self.one_sent().await?;
            }
            if let Some(open) = &mut self.open {
                self.sending.spawn(open.put_part(part.into()));
            }
            part = rest.part(size).await.map_err(Broken::Source)?;
        }
        while !self.sending.is_empty() {
            self.one_sent().await?;
        }
        if let Some(open) = &mut self.open {
            open.complete().await?;
        }
        self.open = None;
        Ok(())
    }

    async fn one_sent(&mut self) -> Result<(), Broken> {
        match self.sending.join_next().await {
            Some(Ok(sent)) => Ok(sent?),
            Some(Err(error)) => Err(Broken::Source(io::Error::other(error))),
            None => Ok(()),
        }
    }

    /// It has ended well, whatever was said.
    pub(super) fn ended(mut self) {
        self.open = None;
    }

    /// Gives it up. Where that fails, the server keeps the parts until a rule of the bucket's ends them.
    pub(super) async fn forget(mut self) {
        let sending = std::mem::take(&mut self.sending);
        if let Some(open) = self.open.take() {
            give_up(open, sending).await;
        }
    }
}

async fn give_up(mut open: Box<dyn MultipartUpload>, mut sending: JoinSet<Result<(), Failed>>) {
    // A part that arrives behind the end of its upload would stay.
    sending.shutdown().await;
    if let Err(error) = open.abort().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "parts of an upload that failed may be left in S3"
        );
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let sending = std::mem::take(&mut self.sending);
        if let (Some(open), Ok(runtime)) = (self.open.take(), Handle::try_current()) {
            runtime.spawn(give_up(open, sending));
        }
    }
}
