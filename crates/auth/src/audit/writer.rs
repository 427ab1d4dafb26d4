//! From the queue into the table.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use quintet_core::{BoxFuture, ErrorKind, Result, Services, audit::SecurityEvent};
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
        self.keep_by(write, event, services);
    }

    fn keep_by(self: &Arc<Self>, write: Write, event: &SecurityEvent, services: &Services) {
        let mut queue = self.queue();
        if queue.waiting.len() >= MOST {
            self.lost.fetch_add(1, Ordering::Relaxed);
        } else {
            queue.waiting.push_back(AuditRow::of(event));
        }
        if !std::mem::replace(&mut queue.busy, true) {
            drop(queue);
            let background = services.get::<Background>().cloned().unwrap_or_default();
            background.spawn(self.clone().write_all(write, services.clone()));
        }
    }

    async fn write_all(self: Arc<Self>, write: Write, services: Services) {
        let mut turn = Turn { writer: &self, over: false, at_work: 0 };
        let mut pauses = AGAIN.iter();
        loop {
            let batch: Vec<AuditRow> = {
                let mut queue = self.queue();
                if queue.waiting.is_empty() {
                    turn.end(&mut queue);
                    break;
                }
                let many = queue.waiting.len().min(BATCH);
                queue.waiting.drain(..many).collect()
            };
            turn.at_work = batch.len();
            let written = write(&batch, &services).await;
            turn.at_work = 0;
            match written {
                Ok(()) => pauses = AGAIN.iter(),
                Err(error) => {
                    if let Some(pause) = pauses.next() {
                        self.put_back(batch);
                        tokio::time::sleep(*pause).await;
                        continue;
                    }
                    if *error.kind() == ErrorKind::Unavailable {
                        let waiting = self.put_back(batch);
                        turn.end(&mut self.queue());
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

/// The task that writes. One that breaks off, by a panic, leaves the rest to the next.
struct Turn<'w> {
    writer: &'w Writer,
    over: bool,
    /// How many entries it has in its hands.
    at_work: usize,
}

impl Turn<'_> {
    /// Another one may write from now on.
    fn end(&mut self, queue: &mut Queue) {
        queue.busy = false;
        self.over = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.writer.queue().busy = false;
            let lost = self.at_work;
            tracing::error!(
                lost,
                "writing the audit log broke off; what waits is written with the next event"
            );
        }
    }
}

type Write = for<'a> fn(&'a [AuditRow], &'a Services) -> BoxFuture<'a, Result>;

/// Outside of any transaction of a request: a refusal is rolled back, and stays told.
fn write<'a>(batch: &'a [AuditRow], services: &'a Services) -> BoxFuture<'a, Result> {
    Box::pin(async move {
        let db = services.require::<Db>()?.outside();
        AuditRow.bulk_insert(batch.iter().map(AuditRow::draft), &db).await.map(drop)
    })
}

#[cfg(test)]
mod tests {
    use quintet_core::audit::What;

    use super::*;

    static WRITTEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn fails_by_panic<'a>(batch: &'a [AuditRow], _: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let addresses: Vec<String> = batch.iter().filter_map(|row| row.address.clone()).collect();
            assert!(!addresses.contains(&"GET /broken/".to_owned()), "broken");
            WRITTEN.lock().unwrap().extend(addresses);
            Ok(())
        })
    }

    #[tokio::test]
    async fn what_comes_after_a_panic_is_written() {
        let mut services = Services::builder();
        let background = Background::default();
        services.insert(background.clone());
        let (services, writer) = (services.build(), Arc::new(Writer::default()));
        for path in ["/", "/broken/", "/after/", "/and/more/"] {
            let event = SecurityEvent::new(What::LoginFailed).at("GET", path);
            writer.keep_by(fails_by_panic, &event, &services);
            background.idle().await;
        }
        assert_eq!(*WRITTEN.lock().unwrap(), ["GET /", "GET /after/", "GET /and/more/"]);
    }
}
