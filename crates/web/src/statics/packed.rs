//! Files made shorter for the way, once, and kept: those that `collectstatic` has made, else made at first use.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::encoding::{self, Encoding};

/// Shorter files fit into one packet as they are.
pub(super) const LEAST: u64 = 512;
/// Longer ones are not worth the memory, nor the time of whoever asks first.
const MOST: u64 = 8 * 1024 * 1024;

/// The packed forms of one file.
#[derive(Default)]
pub(super) struct Packed {
    brotli: OnceCell<Option<Kept>>,
    gzip: OnceCell<Option<Kept>>,
}

/// What is kept, and for how much of the memory it stands.
struct Kept {
    bytes: Bytes,
    memory: Arc<Memory>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.memory.left.fetch_add(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

/// How much may still be kept.
struct Memory {
    left: AtomicU64,
}

impl Memory {
    fn keep(self: &Arc<Self>, bytes: Bytes) -> Option<Kept> {
        let length = bytes.len() as u64;
        let less = |left: u64| left.checked_sub(length);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok()?;
        Some(Kept { bytes, memory: self.clone() })
    }
}

/// Where packed files come from.
pub(super) struct Packing {
    on: bool,
    collected: Option<PathBuf>,
    memory: Arc<Memory>,
}

impl Packing {
    /// `collected` is where `collectstatic` puts files; `memory` the most bytes that are kept.
    pub(super) fn new(on: bool, collected: Option<PathBuf>, memory: u64) -> Self {
        Packing { on, collected, memory: Arc::new(Memory { left: AtomicU64::new(memory) }) }
    }

    /// Is there a shorter form of files of this type and length? Not of every one that could have it.
    pub(super) fn may(&self, content_type: &str, length: u64) -> bool {
        self.on
            && !Encoding::ALL.is_empty()
            && (LEAST..=MOST).contains(&length)
            && encoding::worth(content_type)
    }

    /// The packed form of a file with this `name`, which has its version in it; `None` if that would not be shorter, or
    /// there is no room for it. `read` gives what is in the file.
    pub(super) async fn of(
        &self,
        packed: &Packed,
        name: String,
        encoding: Encoding,
        read: impl FnOnce() -> Option<Bytes> + Send + 'static,
    ) -> Option<Bytes> {
        let cell = match encoding {
            Encoding::Brotli => &packed.brotli,
            Encoding::Gzip => &packed.gzip,
        };
        let kept = cell.get_or_init(async || {
            // The version stands for the content: what has that name was made of this.
            let beside =
                self.collected.as_ref().map(|root| root.join(format!("{name}.{}", encoding.ending())));
            let work = move || match beside.and_then(|path| std::fs::read(path).ok()) {
                Some(made) => Some(made.into()),
                None => shorter(&read()?, encoding, false),
            };
            self.memory.keep(tokio::task::spawn_blocking(work).await.ok().flatten()?)
        });
        kept.await.as_ref().map(|kept| kept.bytes.clone())
    }
}

/// The packed form, if that is worth it. `for_ever`: takes its time.
#[cfg(feature = "compress")]
pub(super) fn shorter(bytes: &[u8], encoding: Encoding, for_ever: bool) -> Option<Bytes> {
    use crate::encoding::codec::{Effort, whole};

    let packed = whole(bytes, encoding, if for_ever { Effort::Most } else { Effort::High }).ok()?;
    (packed.len() < bytes.len() / 10 * 9).then(|| packed.into())
}

#[cfg(not(feature = "compress"))]
pub(super) fn shorter(_: &[u8], _: Encoding, _: bool) -> Option<Bytes> {
    None
}
