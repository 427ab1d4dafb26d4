use std::sync::{Arc, Weak};

use quintet_core::meta::ModelMeta;

use super::{
    Feed, Notice,
    queue::{CAPACITY, Queue},
};
use crate::model::Model;

/// A subscription to what changes in a database: [`Db::changes`](crate::Db::changes). It ends when it is dropped.
///
/// Subscribe first and read rows then: whatever changes them afterwards is told. A subscription that is not read keeps a
/// bounded number of batches; then it forgets them all and says [`Notice::Gap`]. It never slows a writer down.
///
/// ```
/// # use quintet_orm::{DbOptions, prelude::*, change::Notice};
/// # #[model(app = "docs")] pub struct Film { pub title: String }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let db = Db::open("sqlite::memory:", DbOptions::default()).await?;
/// # db.batch("CREATE TABLE docs_film (id INTEGER PRIMARY KEY, title TEXT NOT NULL)".into()).await?;
/// let mut changes = db.changes().of::<Film>();
/// create!(Film { title: "Alien" }).insert(&db).await?;
/// if let Some(Notice::Changes(batch)) = changes.next().await {
///     for change in batch.changes() {
///         println!("{:?} {:?} {:?}", change.model, change.what, change.keys);
///     }
/// }
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "it hears nothing until `.next().await`"]
pub struct Changes {
    queue: Arc<Queue>,
    feed: Weak<Feed>,
}

impl Changes {
    /// How many batches wait at most, unless [`capacity`](Self::capacity) says otherwise.
    pub const CAPACITY: usize = CAPACITY;

    /// Joins a feed.
    pub(crate) fn to(feed: &Arc<Feed>) -> Self {
        Changes { queue: feed.join(), feed: Arc::downgrade(feed) }
    }

    /// Only what concerns rows of `M`, or links to them. Said again, rows of each of the models.
    pub fn of<M: Model>(self) -> Self {
        self.of_models([M::meta()])
    }

    /// [`of`](Self::of) for models that are known at run time only.
    pub fn of_models(self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Self {
        self.queue.lock().narrow(models);
        self
    }

    /// Lets this many batches wait, at least one. Keys count too: at most [`Batch::MOST`](super::Batch::MOST) of them for each 64 batches.
    pub fn capacity(self, batches: usize) -> Self {
        self.queue.lock().capacity = batches.max(1);
        self
    }

    /// The next notice; `None` when the database is closed and all was told. A future that is dropped loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            let added = self.queue.added.notified();
            {
                let mut state = self.queue.lock();
                if let Some(notice) = state.next() {
                    return Some(notice);
                }
                if state.closed {
                    return None;
                }
            }
            added.await;
        }
    }

    /// The next notice, if one waits.
    pub fn try_next(&mut self) -> Option<Notice> {
        self.queue.lock().next()
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Some(feed) = self.feed.upgrade() {
            feed.leave(&self.queue);
        }
    }
}
