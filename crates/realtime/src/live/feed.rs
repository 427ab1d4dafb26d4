//! A topic of live rows, as this process has it: one task for all of its clients.
//!
//! What has changed is gathered, the rows are loaded once and made JSON once, and for each client it is asked which of them it may hear of.
//! Those who come back are told by the same task, so that nobody hears of an older row after a newer one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use quintet_core::{Result, Services};

use super::{
    ear::{LiveEar, MOST, Waited},
    gather::Gathered,
    judge::{Judge, Source},
    parcel::{Bound, Hidden, Parcel},
    told::topic,
};
use crate::{
    hub::{
        Hold, Hub,
        connection::{Connection, caught},
    },
    layer::{ConnectionId, Position, Since},
    wire,
};

pub(super) struct Feed {
    topic: Arc<str>,
    source: Box<dyn Source>,
    ear: Arc<LiveEar>,
    /// By which it listens to the model's changes.
    id: ConnectionId,
    hold: Hold,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seats: HashMap<u64, Seat>,
    next: u64,
    /// Nobody is let in any more.
    ended: bool,
}

/// A client that hears of the rows.
struct Seat {
    connection: Arc<Connection>,
    judge: Arc<dyn Judge>,
    /// Not told yet that it has joined.
    entering: Option<Entering>,
    /// What it may see has changed: it is to read again what it shows.
    reload: bool,
    /// All up to here it was told.
    from: Position,
    /// Up to here it knows of that: its next connection goes on after it.
    said: Position,
    hidden: Hidden,
}

/// What a client has said that joins.
pub(super) struct Entering {
    pub(super) reference: Box<str>,
    /// After which position, if it has said one; none inside if it can't be read.
    pub(super) after: Option<Option<Position>>,
}

/// A client's place, which it has until this is dropped.
pub(super) struct Place {
    feed: Arc<Feed>,
    number: u64,
}

impl Place {
    /// It may hear of other rows from now on; `reload`, if something about its user has changed.
    pub(super) fn judged_by(&self, judge: Arc<dyn Judge>, reload: bool) {
        if let Some(seat) = self.feed.state().seats.get_mut(&self.number) {
            seat.reload |= reload && !(seat.judge.of_all() && judge.of_all());
            seat.judge = judge;
        }
        self.feed.ear.poke();
    }
}

impl crate::hub::connection::any::Seat for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        self.feed.state().seats.remove(&self.number);
        self.feed.ear.poke();
    }
}

/// One who is to be told something, outside of the lock.
struct Told {
    number: u64,
    judge: Arc<dyn Judge>,
    /// In which parcel its news are.
    parcel: usize,
    hidden: Hidden,
    at: Position,
}

impl Feed {
    /// Lets a client in. The first one begins the feed of its topic.
    pub(super) async fn enter(
        hub: &Arc<Hub>,
        name: &Arc<str>,
        source: impl FnOnce() -> Box<dyn Source>,
        (connection, judge, entering): (Arc<Connection>, Arc<dyn Judge>, Entering),
    ) -> Result<Place> {
        let place = |feed: Arc<Feed>, entering: Entering| {
            let number = feed.sit(&connection, &judge, entering)?;
            Ok(Place { feed, number })
        };
        let mut entering = entering;
        if let Some(feed) = find(hub, name) {
            match place(feed, entering) {
                Ok(place) => return Ok(place),
                Err(back) => entering = back,
            }
        }
        let source = source();
        let hold = hub.hold(&topic(source.model())).await;
        let (ear, id) = (LiveEar::new(), ConnectionId::random()?);
        hold.topic.listen(id, ear.clone(), false, |now, _| ear.begin(now));
        let own = Arc::new(Feed { topic: name.clone(), source, ear, id, hold, state: Mutex::default() });
        // Until after the guard: if this is the last who has it, its end locks them.
        let other: Option<Arc<Feed>>;
        let mut feeds = hub.feeds();
        // Somebody else may have begun it meanwhile.
        other = feeds.get(name).and_then(Weak::upgrade).and_then(|feed| feed.downcast().ok());
        if let Some(feed) = &other {
            match place(feed.clone(), entering) {
                Ok(place) => return Ok(place),
                Err(back) => entering = back,
            }
        }
        let feed = own.clone();
        let Ok(place) = place(own, entering) else { unreachable!("nobody has ended it") };
        let erased: Arc<dyn std::any::Any + Send + Sync> = feed.clone();
        feeds.insert(name.clone(), Arc::downgrade(&erased));
        drop(feeds);
        let services = Services::current().unwrap_or_else(|| connection.services().clone());
        tokio::spawn(async move { services.scope(feed.run()).await });
        Ok(place)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a client; not if it has ended.
    fn sit(
        &self,
        connection: &Arc<Connection>,
        judge: &Arc<dyn Judge>,
        entering: Entering,
    ) -> Result<u64, Entering> {
        let mut state = self.state();
        if state.ended {
            return Err(entering);
        }
        let number = state.next;
        state.next += 1;
        let seat = Seat {
            connection: connection.clone(),
            judge: judge.clone(),
            entering: Some(entering),
            reload: false,
            from: Position { epoch: 0, offset: 0 },
            said: Position { epoch: 0, offset: 0 },
            hidden: Hidden::default(),
        };
        state.seats.insert(number, seat);
        drop(state);
        self.ear.poke();
        Ok(number)
    }

    async fn run(self: Arc<Self>) {
        // Rows that are not in the query, as all know who are here.
        let mut outside = Hidden::default();
        loop {
            self.ear.wait().await;
            let Some(waited) = self.ear.take() else { continue };
            {
                let mut state = self.state();
                if state.seats.is_empty() {
                    state.ended = true;
                    return;
                }
            }
            self.step(waited, &mut outside).await;
        }
    }

    /// Tells everybody what they are to be told now.
    async fn step(&self, waited: Waited, outside: &mut Hidden) {
        let now = waited.at;
        let news = waited.told.as_ref().is_some_and(|told| !told.is_empty());
        let local = waited.local;
        let mut parcels = vec![Parcel::new(Gathered::of(waited, self.source.model()), local)];
        let gap = parcels.first().is_some_and(Parcel::is_any);
        if gap {
            outside.clear();
        }
        let mut told = Vec::new();
        let coming = {
            let mut state = self.state();
            let mut coming = Vec::new();
            for (number, seat) in &mut state.seats {
                if let Some(entering) = seat.entering.take() {
                    coming.push((*number, entering));
                } else if std::mem::take(&mut seat.reload) || gap {
                    seat.reload(&self.topic, now);
                } else if news && (local || !seat.knows(now)) {
                    told.push(seat.told(*number, 0, now));
                }
            }
            coming
        };
        if !coming.is_empty() {
            // What those knew who were here, these don't.
            outside.clear();
        }
        self.let_in(coming, now, &mut parcels, &mut told).await;
        // Also if nobody is to be told: who comes later knows of it, too.
        match caught(self.load(&mut parcels)).await {
            Ok(()) => {}
            Err(error) => {
                tracing::error!(topic = &*self.topic, at = %error.location(), "{error}");
                outside.clear();
                let mut state = self.state();
                for told in told {
                    if let Some(seat) = state.seats.get_mut(&told.number) {
                        seat.reload(&self.topic, told.at);
                    }
                }
                return;
            }
        }
        if let Some(news) = parcels.first_mut() {
            news.leave_out(outside);
        }
        let parcels = &parcels;
        let each = told.into_iter().map(|mut told| async move {
            let Some(parcel) = parcels.get(told.parcel) else { return };
            let to = Bound { topic: &self.topic, most: self.hold.hub().bounds().bytes / 4 };
            let messages = match parcel.is_empty() {
                true => Ok(Some(Vec::new())),
                false => caught(parcel.for_one(&*told.judge, &mut told.hidden, to)).await,
            };
            let mut state = self.state();
            // It may have left meanwhile: then it hears nothing more.
            let Some(seat) = state.seats.get_mut(&told.number) else { return };
            let judged =
                Arc::ptr_eq(&seat.judge, &told.judge) || (seat.judge.of_all() && told.judge.of_all());
            if !judged {
                // What it may see was asked anew meanwhile: the former answer says nothing any more.
                seat.reload = false;
                return seat.reload(&self.topic, told.at);
            }
            seat.hidden = told.hidden;
            match messages {
                Ok(Some(messages)) => {
                    seat.from = told.at;
                    // A client that is too slow is sent away, and asks for it again.
                    for message in messages {
                        let _ = seat.connection.outbox.push(message);
                        seat.said = told.at;
                    }
                    seat.keep_up(&self.topic);
                }
                Ok(None) => seat.reload(&self.topic, told.at),
                Err(error) => {
                    tracing::error!(topic = &*self.topic, at = %error.location(), "{error}");
                    seat.reload(&self.topic, told.at);
                }
            }
        });
        futures_util::StreamExt::for_each_concurrent(futures_util::stream::iter(each), AT_ONCE, |one| one)
            .await;
    }

    /// Loads the rows of all parcels.
    async fn load(&self, parcels: &mut [Parcel]) -> Result {
        let model = self.source.model();
        let keys = Parcel::keys(parcels, model);
        let mut rows = HashMap::with_capacity(keys.len());
        if !keys.is_empty() {
            for row in self.source.load(keys).await? {
                rows.insert(model.key_text(&row.key)?, Arc::new(row));
            }
        }
        parcels.iter_mut().try_for_each(|parcel| parcel.fill(model, &rows))
    }

    /// Tells clients that they have joined, and finds what those have missed who come back: for all who were last told the same it is asked
    /// once.
    async fn let_in(
        &self,
        coming: Vec<(u64, Entering)>,
        now: Position,
        parcels: &mut Vec<Parcel>,
        told: &mut Vec<Told>,
    ) {
        let mut missed = HashMap::<Position, Option<(usize, Position)>>::new();
        for (number, Entering { reference, after }) in coming {
            let found = match after.flatten() {
                Some(after) => match missed.get(&after) {
                    Some(known) => *known,
                    None => {
                        let found = self.missed(after).await.map(|waited| {
                            let at = waited.at;
                            parcels.push(Parcel::new(Gathered::of(waited, self.source.model()), false));
                            (parcels.len() - 1, at)
                        });
                        missed.insert(after, found);
                        found
                    }
                },
                None => None,
            };
            let mut state = self.state();
            let Some(seat) = state.seats.get_mut(&number) else { continue };
            let joined_at = after.flatten().unwrap_or(now);
            seat.connection.outbox.push(wire::joined(&reference, &self.topic, joined_at, None));
            seat.said = joined_at;
            match (after, found) {
                (None, _) => seat.from = now,
                (Some(_), Some((parcel, at))) => {
                    seat.from = at;
                    match parcels.get(parcel).is_some_and(Parcel::is_any) {
                        true => seat.reload(&self.topic, at),
                        false => told.push(seat.told(number, parcel, at)),
                    }
                }
                (Some(_), None) => seat.reload(&self.topic, now),
            }
        }
    }

    /// What came after a position; none if that is not known, or too much.
    async fn missed(&self, after: Position) -> Option<Waited> {
        let (told, at) = missed(&self.hold, after).await?;
        Some(Waited { told: Some(told), at, local: false })
    }
}

/// So many changes are few beside those that can be asked for again ([`MOST`]).
const FAR_BEHIND: u64 = 64;

const NOTHING: &[u8] = br#"{"event":"saved","rows":[]}"#;

/// For so many clients at once it is asked what they may see.
const AT_ONCE: usize = 16;

fn find(hub: &Hub, name: &str) -> Option<Arc<Feed>> {
    hub.feeds().get(name)?.upgrade()?.downcast().ok()
}

/// What came in a topic after a position, and up to where; none if that is not known, or too much.
pub(super) async fn missed(hold: &Hold, mut after: Position) -> Option<(Vec<bytes::Bytes>, Position)> {
    let (layer, topic) = (&hold.hub().layer, &hold.topic.name);
    let mut missed = Vec::new();
    loop {
        let Since::Events { events, at } = layer.since(topic, after).await.ok()? else { return None };
        if events.is_empty() {
            return Some((missed, after));
        }
        missed.extend(events.into_iter().map(|(_, event)| event.data));
        if missed.len() > MOST || at == after {
            return None;
        }
        after = at;
    }
}

impl Seat {
    /// Was it told all up to there?
    fn knows(&self, at: Position) -> bool {
        self.from.epoch == at.epoch && self.from.offset >= at.offset
    }

    /// It is to read again what it shows.
    fn reload(&mut self, topic: &str, at: Position) {
        (self.from, self.said) = (at, at);
        self.hidden.clear();
        self.connection.outbox.push(wire::gap(topic, at));
    }

    /// Positions are those of all changes of the model. Of many that were nothing to this client it is told where it stands, or its next
    /// connection would ask for all of them, and be told of a gap.
    fn keep_up(&mut self, topic: &str) {
        let behind = self.from.offset.saturating_sub(self.said.offset);
        if self.from.epoch != self.said.epoch || behind >= FAR_BEHIND {
            self.connection.outbox.push(wire::event(topic, Some(self.from), NOTHING));
            self.said = self.from;
        }
    }

    fn told(&mut self, number: u64, parcel: usize, at: Position) -> Told {
        Told { number, judge: self.judge.clone(), parcel, hidden: std::mem::take(&mut self.hidden), at }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.hold.topic.leave(self.id);
        let mut feeds = self.hold.hub().feeds();
        // Another one may have its name already.
        if feeds.get(&self.topic).is_some_and(|feed| feed.strong_count() == 0) {
            feeds.remove(&self.topic);
        }
    }
}
