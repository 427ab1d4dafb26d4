//! From the queue into the table.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use quintet_core::{ErrorKind, Result, Services, audit::SecurityEvent};
use quintet_orm::Db;
use quintet_web::background::Background;

use super::AuditRow;

/// So many entries wait, of about 500 bytes.
pub(crate) const MOST: usize = 4096;
/// So many are written at once.
const BATCH: usize = 200;
/// How long to wait before a database that did not work is asked again, and how often. What is not written then waits for the next event.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// Keeps entries until they are written. A task writes them while there are any; a server that ends waits for it as for all work beside
/// requests.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    queue: Mutex<Queue>,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<AuditRow>,
    /// Does a task write?
    busy: bool,
}

impl Writer {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it written; waits for nothing. The newest is lost where there is no room: what began an attack stays.
    pub(crate) fn keep(self: &Arc<Self>, event: &SecurityEvent, services: &Services) {
        let mut queue = self.queue();
        if queue.waiting.len() >= MOST {
            self.lost.fetch_add(1, Ordering::Relaxed);
        } else {
            queue.waiting.push_back(AuditRow::of(event));
        }
        if !std::mem::replace(&mut queue.busy, true) {
            drop(queue);
            let background = services.get::<Background>().cloned().unwrap_or_default();
            background.spawn(self.clone().write_all(services.clone()));
        }
    }

    async fn write_all(self: Arc<Self>, services: Services) {
        let mut pauses = AGAIN.iter();
        loop {
            let batch: Vec<AuditRow> = {
                let mut queue = self.queue();
                if queue.waiting.is_empty() {
                    queue.busy = false;
                    break;
                }
                let many = queue.waiting.len().min(BATCH);
                queue.waiting.drain(..many).collect()
            };
            match write(&batch, &services).await {
                Ok(()) => pauses = AGAIN.iter(),
                Err(error) => {
                    if let Some(pause) = pauses.next() {
                        self.put_back(batch);
                        tokio::time::sleep(*pause).await;
                        continue;
                    }
                    if *error.kind() == ErrorKind::Unavailable {
                        let waiting = self.put_back(batch);
                        self.queue().busy = false;
                        tracing::error!(waiting, %error, "the audit log can't be written; its entries wait for the next event");
                        break;
                    }
                    // It is the entries: those behind them must not wait for ever.
                    tracing::error!(lost = batch.len(), %error, "entries of the audit log can't be written");
                    pauses = AGAIN.iter();
                }
            }
        }
        match self.lost.swap(0, Ordering::Relaxed) {
            0 => {}
            lost => tracing::error!(lost, "the audit log has lost entries: more came than could be written"),
        }
    }

    /// In the order in which they came. Gives how many wait.
    fn put_back(&self, batch: Vec<AuditRow>) -> usize {
        let mut queue = self.queue();
        for row in batch.into_iter().rev() {
            queue.waiting.push_front(row);
        }
        queue.waiting.len()
    }
}

/// Outside of any transaction of a request: a refusal is rolled back, and stays told.
async fn write(batch: &[AuditRow], services: &Services) -> Result {
    let db = services.require::<Db>()?.outside();
    AuditRow.bulk_insert(batch.iter().map(AuditRow::draft), &db).await.map(drop)
}
