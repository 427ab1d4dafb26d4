use std::fmt;

use bytes::Bytes;
use quintet_core::{Error, Result};
use tokio::sync::mpsc;

/// Pieces that are made but not sent yet, at most.
const AHEAD: usize = 64;

/// Where a function of [`Streamed::write`](super::Streamed::write) writes.
pub struct Out(mpsc::Sender<Bytes>);

impl Out {
    pub(super) fn pair() -> (Self, mpsc::Receiver<Bytes>) {
        let (sender, pieces) = mpsc::channel(AHEAD);
        (Out(sender), pieces)
    }

    /// Sends a piece, when the client takes it.
    ///
    /// # Errors
    /// If nobody takes any more.
    pub async fn send(&mut self, piece: impl Into<Bytes>) -> Result {
        let piece = piece.into();
        self.0.send(piece).await.map_err(|_| Error::internal("the client has left"))
    }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Out")
    }
}
