use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
};

use quintet_core::{Result, Services};
use quintet_orm::{Db, Model, QuerySet, key::Key, query::beside_models};
use quintet_web::Stopping;
use tokio::time::{Instant, sleep_until};

use super::{Allow, ear::LiveEar, feed::missed, gather::Gathered, told::topic};
use crate::{
    hub::Hold,
    layer::{ConnectionId, Position},
    send::Via,
};

/// What has become of the rows of a query: whole objects, or what a shape makes of them.
#[derive(Debug)]
pub enum LiveNews<M: Model, R = M> {
    /// Rows that are new or have changed, as they are now. They may have been told, or read, like this before.
    Saved(Vec<Arc<R>>),
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
pub struct Live<M: Model, R = M> {
    query: QuerySet<M, R>,
    allow: Allow<M>,
    db: Db,
    ear: Arc<LiveEar>,
    id: ConnectionId,
    hold: Hold,
    stopping: Stopping,
    /// What is to be asked for: kept until the answer is there, so that who stops waiting loses nothing.
    asking: Option<Gathered>,
    /// What is to be told still.
    news: VecDeque<News<M, R>>,
    /// Up to where everything is told.
    at: Position,
    /// Up to where it is when `news` is.
    next_at: Position,
    pub(super) resumed: bool,
    /// Is it to be found again what may be told? Whether something about the user has changed, or it is only time.
    renew: Option<bool>,
    /// When it is time.
    look_again: Instant,
    /// May nothing be told any more?
    over: bool,
}

/// News, and of rows that were saved the keys.
pub(super) struct News<M: Model, R> {
    pub(super) keys: Vec<M::Pk>,
    pub(super) told: LiveNews<M, R>,
}

impl<M: Model, R> From<LiveNews<M, R>> for News<M, R> {
    fn from(told: LiveNews<M, R>) -> Self {
        News { keys: Vec::new(), told }
    }
}

impl<M: Model, R: Send + Sync + 'static> Live<M, R> {
    pub(super) async fn open(query: QuerySet<M, R>, allow: Allow<M>, db: &Db) -> Result<Self> {
        let channels = db.channels()?;
        let services = Services::current();
        let hold = channels.0.hold(&topic(M::meta())).await;
        let (ear, id) = (LiveEar::new(), ConnectionId::random()?);
        if let Some(user) = allow.user() {
            channels.0.people.concerns(id, user.clone(), ear.clone());
        }
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
            renew: None,
            look_again: Instant::now() + channels.0.settings.recheck,
            over: false,
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
        let missed = match position.parse() {
            Ok(after) => missed(&self.hold, after).await,
            Err(_) => None,
        };
        match missed {
            Some((missed, _)) if missed.is_empty() => {}
            Some((missed, _)) => self.ear.before(missed),
            None => self.ear.miss(),
        }
        Ok(self)
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

    /// What has changed next; waits for it. None when the server stops, and when its user may hear of nothing more. A future that is dropped loses nothing.
    ///
    /// # Errors
    /// If the database fails, or `allow` does. Asked again, it tries the same again.
    pub async fn next(&mut self) -> Result<Option<LiveNews<M, R>>> {
        Ok(self.next_news().await?.map(|news| news.told))
    }

    /// The same, with keys.
    pub(super) async fn next_news(&mut self) -> Result<Option<News<M, R>>> {
        loop {
            if let Some(news) = self.news.pop_front() {
                if self.news.is_empty() {
                    self.at = self.next_at;
                }
                return Ok(Some(news));
            }
            if self.over {
                return Ok(None);
            }
            if self.ear.take_user_changed() {
                self.renew = Some(true);
            }
            if let Some(changed) = self.renew {
                self.renew(changed).await?;
                continue;
            }
            if self.asking.is_none() {
                let is_time = sleep_until(self.look_again);
                tokio::select! {
                    biased;
                    () = self.stopping.wait() => return Ok(None),
                    // Before what waits, which may be something each time.
                    () = is_time, if self.allow.user().is_some() => self.renew = Some(false),
                    () = self.ear.wait() => {}
                }
                if let Some(waited) = self.ear.take() {
                    self.asking = Some(Gathered::of(waited, M::meta()));
                    continue;
                }
            }
            if let Some(asking) = &self.asking {
                let (news, at) = (self.ask(asking).await?, asking.at);
                // What was allowed before the user changed says nothing any more: it is asked for again.
                if self.ear.has_user_changed() {
                    continue;
                }
                self.asking = None;
                self.next_at = at;
                if news.is_empty() {
                    self.at = at;
                }
                self.news = news;
            }
        }
    }

    /// Finds again what may be told.
    async fn renew(&mut self, changed: bool) -> Result {
        match self.allow.again().await {
            Ok(allow) => self.allow = allow,
            Err(error) if error.status().is_server_error() => return Err(error),
            Err(_) => self.over = true,
        }
        self.renew = None;
        self.look_again = Instant::now() + self.hold.hub().settings.recheck;
        if changed && !self.over {
            self.next_at = self.at;
            self.news = [LiveNews::Reload.into()].into();
        }
        Ok(())
    }

    async fn ask(&self, asking: &Gathered) -> Result<VecDeque<News<M, R>>> {
        let Some(rows) = &asking.rows else { return Ok([LiveNews::Reload.into()].into()) };
        let keys = rows.iter().map(|(key, _)| key.clone()).collect();
        let found = beside_models(self.query.clone(), keys, &self.db).await?;
        let mut found: HashMap<M::Pk, _> =
            found.into_iter().map(|(object, row)| (object.pk(), (object, row))).collect();
        let (mut keys, mut saved, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (key, new) in rows {
            let key = M::Pk::from_key(key)?;
            if let Some((object, row)) = found.remove(&key)
                && self.allow.may(&object).await?
            {
                keys.push(key);
                saved.push(row);
            } else if !new {
                gone.push(key);
            }
        }
        let mut news = VecDeque::new();
        if !saved.is_empty() {
            news.push_back(News { keys, told: LiveNews::Saved(saved) });
        }
        if !gone.is_empty() {
            news.push_back(LiveNews::Gone(gone).into());
        }
        Ok(news)
    }
}

impl<M: Model, R> Drop for Live<M, R> {
    fn drop(&mut self) {
        self.hold.topic.leave(self.id);
        self.hold.hub().people.leave_alone(self.id);
    }
}

impl<M: Model, R> fmt::Debug for Live<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("query", &self.query).field("allow", &self.allow).finish_non_exhaustive()
    }
}
