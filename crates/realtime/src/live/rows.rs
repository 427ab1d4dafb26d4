use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use quintet_core::{Result, Services, Value};
use quintet_orm::{Db, Model, QuerySet, key::Key, relation::IntoPk};
use quintet_web::Stopping;

use super::{
    Allow,
    ear::{LiveEar, MOST},
    gather::Gathered,
    told::topic,
};
use crate::{
    hub::Hold,
    layer::{ConnectionId, Position, Since},
    send::Via,
};

/// What has become of the rows of a query.
#[derive(Debug)]
pub enum LiveNews<M: Model> {
    /// Rows that are new or have changed, as they are now. They may have been told, or read, like this before.
    Saved(Vec<Arc<M>>),
    /// The keys of rows that are not in the query any more, or may not be seen any more: deleted, changed so that they don't match, not
    /// allowed. It may also be rows that never were in it.
    Gone(Vec<M::Pk>),
    /// Anything may have changed: read again what is shown. Some changes were missed, or were too many to be listed.
    Reload,
}

/// Follows the rows of a query: made by [`LiveQuery::live`](super::LiveQuery::live).
///
/// ```no_run
/// # use quintet_core::Result;
/// # use quintet_orm::prelude::*;
/// use quintet_realtime::{Allow, LiveNews, LiveQuery as _};
/// # #[model(app = "docs", live)] pub struct Review { pub text: String, pub stars: i32 }
/// # async fn show(db: Db) -> Result {
///
/// let mut live = Review.filter(Review.stars.ge(3)).live(Allow::everybody(), &db).await?;
/// while let Some(news) = live.next().await? {
///     match news {
///         LiveNews::Saved(reviews) => println!("{} new or changed", reviews.len()),
///         LiveNews::Gone(keys) => println!("without {keys:?}"),
///         LiveNews::Reload => println!("{:?}", Review.filter(Review.stars.ge(3)).count(&db).await?),
///     }
/// }
/// # Ok(()) }
/// ```
///
/// It costs what it hears: one query for all changes that have come since it was last asked. Whoever does not ask for long keeps a
/// bounded number of changes, and is told to [`Reload`](LiveNews::Reload) then.
pub struct Live<M: Model> {
    query: QuerySet<M>,
    allow: Allow<M>,
    db: Db,
    ear: Arc<LiveEar>,
    id: ConnectionId,
    hold: Hold,
    stopping: Stopping,
    /// What is to be asked for: kept until the answer is there, so that who stops waiting loses nothing.
    asking: Option<Gathered>,
    /// What is to be told still.
    news: VecDeque<LiveNews<M>>,
    /// Up to where everything is told.
    at: Position,
    /// Up to where it is when `news` is.
    next_at: Position,
    pub(super) resumed: bool,
}

impl<M: Model> Live<M> {
    pub(super) async fn open(query: QuerySet<M>, allow: Allow<M>, db: &Db) -> Result<Self> {
        let channels = db.channels()?;
        let services = Services::current();
        let hold = channels.0.hold(&topic(M::meta())).await;
        let (ear, id) = (LiveEar::new(), ConnectionId::random()?);
        let mut at = Position { epoch: 1, offset: 0 };
        hold.topic.listen(id, ear.clone(), false, |now, _| {
            at = now;
            ear.begin(now);
        });
        Ok(Live {
            query,
            allow,
            db: db.outside().primary(),
            ear,
            id,
            hold,
            stopping: services.as_ref().map(Stopping::of).unwrap_or_default(),
            asking: None,
            news: VecDeque::new(),
            at,
            next_at: at,
            resumed: false,
        })
    }

    /// First tells what has changed since a [`position`](Self::position), which may be anybody's word: `Last-Event-ID`, or a page's. If
    /// that is not known any more, or is none, [`Reload`](LiveNews::Reload) is told first. Without one it begins now.
    ///
    /// # Errors
    /// None yet: a layer that can't be reached is [`Reload`](LiveNews::Reload), too.
    pub async fn after(mut self, position: Option<&str>) -> Result<Self> {
        let Some(position) = position else { return Ok(self) };
        self.resumed = true;
        match self.missed(position).await {
            Some(missed) if missed.is_empty() => {}
            Some(missed) => self.ear.before(missed),
            None => self.ear.miss(),
        }
        Ok(self)
    }

    /// What came after a position; none if that is not known, or too much.
    async fn missed(&self, position: &str) -> Option<Vec<Bytes>> {
        let mut after: Position = position.parse().ok()?;
        let (layer, topic) = (&self.hold.hub().layer, &self.hold.topic.name);
        let mut missed = Vec::new();
        loop {
            let Since::Events { events, at } = layer.since(topic, after).await.ok()? else { return None };
            if events.is_empty() {
                return Some(missed);
            }
            missed.extend(events.into_iter().map(|(_, event)| event.data));
            if missed.len() > MOST || at == after {
                return None;
            }
            after = at;
        }
    }

    /// Up to where all changes of the model are told, or were of no interest: for [`after`](Self::after).
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// Is everything told that has come together, so that [`position`](Self::position) stands after it?
    pub(super) fn is_whole(&self) -> bool {
        self.news.is_empty()
    }

    /// What has changed next; waits for it. None when the server stops. A future that is dropped loses nothing.
    ///
    /// # Errors
    /// If the database fails, or `allow` does. Asked again, it tries the same again.
    pub async fn next(&mut self) -> Result<Option<LiveNews<M>>> {
        loop {
            if let Some(news) = self.news.pop_front() {
                if self.news.is_empty() {
                    self.at = self.next_at;
                }
                return Ok(Some(news));
            }
            if self.asking.is_none() {
                tokio::select! {
                    biased;
                    () = self.stopping.wait() => return Ok(None),
                    () = self.ear.wait() => {}
                }
                self.asking = self.ear.take().map(|waited| Gathered::of(waited, M::meta()));
            }
            if let Some(asking) = &self.asking {
                let (news, at) = (self.ask(asking).await?, asking.at);
                self.asking = None;
                self.next_at = at;
                if news.is_empty() {
                    self.at = at;
                }
                self.news = news;
            }
        }
    }

    async fn ask(&self, asking: &Gathered) -> Result<VecDeque<LiveNews<M>>> {
        let Some(rows) = &asking.rows else { return Ok([LiveNews::Reload].into()) };
        let keys = rows.iter().map(|(key, _)| Asked(key));
        let mut found = self.query.clone().in_bulk(keys, &self.db).await?;
        let (mut saved, mut gone) = (Vec::new(), Vec::new());
        for (key, new) in rows {
            let key = M::Pk::from_key(key)?;
            if let Some(row) = found.remove(&key).map(Arc::new)
                && self.allow.may(&row).await?
            {
                saved.push(row);
            } else if !new {
                gone.push(key);
            }
        }
        let mut news = VecDeque::new();
        if !saved.is_empty() {
            news.push_back(LiveNews::Saved(saved));
        }
        if !gone.is_empty() {
            news.push_back(LiveNews::Gone(gone));
        }
        Ok(news)
    }
}

impl<M: Model> Drop for Live<M> {
    fn drop(&mut self) {
        self.hold.topic.leave(self.id);
    }
}

impl<M: Model> fmt::Debug for Live<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("query", &self.query).field("allow", &self.allow).finish_non_exhaustive()
    }
}

/// A key that is read already.
struct Asked<'k>(&'k Value);

impl<M: Model> IntoPk<M> for Asked<'_> {
    fn into_pk(self) -> Value {
        self.0.clone()
    }
}
