//! What a client does in one topic, one thing after the other.

use std::{
    collections::VecDeque,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use quintet_core::{Error, Result};
use quintet_web::background::Background;
use serde_json::value::RawValue;

use super::{
    Connection, Me, Values,
    any::{AnyTopic, Join, Seat},
};
use crate::{
    hub::{
        Hold,
        topic::{Ear, People, TopicState},
    },
    layer::{ConnectionId, Here, Position, Since},
    panicked,
    wire::{self, Present, Who},
};

/// So often somebody who comes back asks for what was said while they were told what was said before.
const TRIES: usize = 16;

/// So much may wait to be done in one topic.
const MOST: usize = 64;

/// A client in a topic, from the moment on in which it asks to be let in.
pub(crate) struct Lane {
    pub(crate) topic: Arc<str>,
    room: Arc<dyn AnyTopic>,
    namespace: Arc<str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: bool,
    waiting: VecDeque<Work>,
    /// In the topic: what it listens by, and how it is there.
    inside: Option<(Arc<Hold>, Join)>,
    /// The same, where it hears something else than the topic's log.
    seat: Option<Arc<dyn Seat>>,
    values: Values,
}

/// What a client that comes back says of where it was.
#[derive(Clone, Copy)]
pub(super) struct After {
    /// What it has heard; none, if that can't be read.
    pub(super) position: Option<Position>,
    /// The connection that it had.
    pub(super) was: Option<ConnectionId>,
}

enum Work {
    /// `after` is what the client says that it has heard, if it can be read.
    Join {
        reference: Box<str>,
        after: Option<After>,
    },
    Say {
        reference: Option<Box<str>>,
        data: Box<RawValue>,
    },
    Leave {
        reference: Box<str>,
    },
    /// Something about its user has changed, or it is time.
    Again {
        changed: bool,
    },
    Gone,
}

impl Lane {
    pub(super) fn new(topic: &str, room: Arc<dyn AnyTopic>, namespace: Arc<str>) -> Self {
        Lane { topic: topic.into(), room, namespace, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program's values of this client in this topic.
    pub(crate) fn values<T>(&self, with: impl FnOnce(&mut Values) -> T) -> T {
        with(&mut self.state().values)
    }

    pub(super) fn join(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        reference: &str,
        after: Option<After>,
    ) {
        self.work(connection, Work::Join { reference: reference.into(), after });
    }

    pub(super) fn say(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        reference: Option<&str>,
        data: &RawValue,
    ) {
        if self.state().waiting.len() >= MOST {
            let error =
                Error::new(http::StatusCode::TOO_MANY_REQUESTS, "What you said before is still being done.");
            return connection.answer(reference, &error);
        }
        self.work(connection, Work::Say { reference: reference.map(Into::into), data: data.to_owned() });
    }

    pub(super) fn leave(self: &Arc<Self>, connection: &Arc<Connection>, reference: &str) {
        self.work(connection, Work::Leave { reference: reference.into() });
    }

    pub(super) fn again(self: &Arc<Self>, connection: &Arc<Connection>, changed: bool) {
        self.work(connection, Work::Again { changed });
    }

    pub(super) fn gone(self: &Arc<Self>, connection: &Arc<Connection>) {
        self.work(connection, Work::Gone);
    }

    fn work(self: &Arc<Self>, connection: &Arc<Connection>, work: Work) {
        {
            let mut state = self.state();
            state.waiting.push_back(work);
            if std::mem::replace(&mut state.running, true) {
                return;
            }
        }
        let (lane, connection) = (self.clone(), connection.clone());
        spawn(&connection.clone(), Some(&self.namespace), async move {
            while let Some(work) = lane.next() {
                let done = AssertUnwindSafe(lane.run(&connection, work)).catch_unwind().await;
                if done.is_err() {
                    tracing::error!(topic = &*lane.topic, "a channel's code panicked");
                }
            }
        });
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.state();
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.waiting = VecDeque::new();
            state.running = false;
        }
        next
    }

    async fn run(self: &Arc<Self>, connection: &Arc<Connection>, work: Work) {
        match work {
            Work::Join { reference, after } => {
                if let Err(error) = self.enter(connection, &reference, after).await {
                    told(&error, &self.topic);
                    self.end(connection).await;
                    connection.forget(self);
                    connection.outbox.push(wire::refused(&reference, &self.topic, &error));
                }
            }
            Work::Say { reference, data } => self.hear(connection, reference.as_deref(), &data).await,
            Work::Leave { reference } => {
                self.end(connection).await;
                // Only now: whoever joins again before is still in it.
                connection.forget(self);
                connection.outbox.push(wire::left(Some(&reference), &self.topic, None));
            }
            Work::Again { changed } => self.look_again(connection, changed).await,
            Work::Gone => self.end(connection).await,
        }
    }

    fn me(self: &Arc<Self>, connection: &Arc<Connection>) -> Me {
        Me {
            connection: connection.clone(),
            lane: self.clone(),
            identity: connection.identity(),
            reply: None,
        }
    }

    async fn enter(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        reference: &str,
        after: Option<After>,
    ) -> Result {
        if let Some(seating) = self.room.seating() {
            let after = after.map(|after| after.position);
            let seat = caught(seating.enter(self.me(connection), reference, after)).await?;
            self.state().seat = Some(seat);
            return Ok(());
        }
        let join = caught(self.room.join(self.me(connection))).await?;
        let hub = connection.hub();
        let hold = Arc::new(hub.hold(&self.topic).await);
        self.state().inside = Some((hold.clone(), join.clone()));
        if let Some(meta) = &join.meta {
            self.show(connection, meta).await?;
        }
        let topic = &hold.topic;
        if join.sees
            && let Err(error) = hub.know_present(topic).await
        {
            hub.away(&error);
        }
        let ear: Arc<dyn Ear> = connection.clone();
        let outbox = &connection.outbox;
        let most = hub.settings.max_presence;
        let joined = |at: Position, here: Option<&People>| {
            let message = match here.filter(|_| join.sees) {
                Some(here) => {
                    wire::joined(reference, &self.topic, at, Some(Present(&mut here.values().take(most))))
                }
                None => wire::joined(reference, &self.topic, at, None),
            };
            outbox.push(message);
        };
        let lost = |at: Position, here: &People| {
            outbox.push(wire::gap(&self.topic, at));
            self.tell_present(connection, &join, here);
        };
        match after {
            None => topic.listen(connection.id, ear, join.sees, |at, here| joined(at, Some(here))),
            Some(After { position: None, .. }) => topic.listen(connection.id, ear, join.sees, |at, here| {
                joined(at, None);
                lost(at, here);
            }),
            Some(After { position: Some(after), was }) => {
                joined(after, None);
                match self.resume(connection, topic, &ear, &join, (after, was)).await {
                    Ok(true) => {}
                    Ok(false) => topic.listen(connection.id, ear, join.sees, lost),
                    Err(error) => {
                        hub.away(&error);
                        topic.listen(connection.id, ear, join.sees, lost);
                    }
                }
            }
        }
        // The client may have gone while it was let in.
        if connection.outbox.is_ending() {
            topic.leave(connection.id);
        }
        Ok(())
    }

    /// Tells what came after a position, as fast as the client reads, and then all that comes. False if that can't be told any more.
    async fn resume(
        &self,
        connection: &Arc<Connection>,
        topic: &TopicState,
        ear: &Arc<dyn Ear>,
        join: &Join,
        (mut after, was): (Position, Option<ConnectionId>),
    ) -> Result<bool> {
        for _ in 0..TRIES {
            match connection.hub().layer.since(&self.topic, after).await? {
                Since::Gap { .. } => return Ok(false),
                Since::Events { events, at } => {
                    for (offset, event) in events {
                        if event.except.is_none_or(|id| id != connection.id && Some(id) != was) {
                            let position = Position { offset, ..at };
                            let message = wire::event(&self.topic, Some(position), &event.data);
                            connection.outbox.push_when_room(message).await;
                        }
                    }
                    let last = |here: &People| self.tell_present(connection, join, here);
                    if topic.listen_from(connection.id, ear, join.sees, at, last) {
                        return Ok(true);
                    }
                    after = at;
                }
            }
        }
        // It is said faster than it is read.
        Ok(false)
    }

    /// Tells the client who is there: all of them.
    fn tell_present(&self, connection: &Connection, join: &Join, here: &People) {
        if join.sees {
            let most = connection.hub().settings.max_presence;
            let all = Who::All(Present(&mut here.values().take(most)));
            connection.outbox.push(wire::presence(&self.topic, all));
        }
    }

    /// Others see this of the client from now on, if they see it at all: until the channel's `join` answers something else than before.
    pub(crate) async fn show_as(&self, connection: &Connection, meta: &serde_json::Value) -> Result {
        let shown = matches!(&self.state().inside, Some((_, join)) if join.meta.is_some());
        if shown { self.show(connection, meta).await } else { Ok(()) }
    }

    /// Tells the layer who is there.
    pub(crate) async fn show(&self, connection: &Connection, meta: &serde_json::Value) -> Result {
        let meta = crate::hub::encode(meta)?;
        let hub = connection.hub();
        if let Err(error) = hub.layer.enter(&self.topic, Here { id: connection.id, meta }).await {
            hub.away(&error);
        }
        Ok(())
    }

    async fn hear(self: &Arc<Self>, connection: &Arc<Connection>, reference: Option<&str>, data: &RawValue) {
        if self.state().inside.is_none() && self.state().seat.is_none() {
            return connection
                .answer(reference, &Error::not_found("You are not in this topic: join it first."));
        }
        let slot = reference.is_some().then(Arc::default);
        let me = Me { reply: slot.clone(), ..self.me(connection) };
        match caught(self.room.hear(data, me)).await {
            Ok(()) => {
                if let (Some(reference), Some(slot)) = (reference, slot) {
                    let data = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                    connection.outbox.push(wire::reply(reference, Ok(data.as_deref())));
                }
            }
            Err(error) => {
                told(&error, &self.topic);
                connection.answer(reference, &error);
            }
        }
    }

    /// May its user still be here?
    async fn look_again(self: &Arc<Self>, connection: &Arc<Connection>, changed: bool) {
        let seat = self.state().seat.clone();
        if let (Some(seating), Some(seat)) = (self.room.seating(), seat) {
            if let Err(error) = caught(seating.again(self.me(connection), seat, changed)).await {
                self.put_out(connection, &error).await;
            }
            return;
        }
        let Some((hold, before)) = self.state().inside.clone() else { return };
        match caught(self.room.join(self.me(connection))).await {
            Ok(join) => {
                if join.meta != before.meta {
                    let shown = match &join.meta {
                        Some(meta) => self.show(connection, meta).await,
                        None => connection.hub().layer.leave(&self.topic, connection.id).await,
                    };
                    if let Err(error) = shown {
                        connection.hub().away(&error);
                    }
                }
                if join.sees != before.sees {
                    self.see(connection, &hold.topic, &join).await;
                }
                self.state().inside = Some((hold, join));
            }
            Err(error) => self.put_out(connection, &error).await,
        }
    }

    async fn put_out(self: &Arc<Self>, connection: &Arc<Connection>, error: &Error) {
        told(error, &self.topic);
        self.end(connection).await;
        connection.forget(self);
        connection.outbox.push(wire::left(None, &self.topic, Some(error)));
    }

    /// It sees now who is there, or does not any more: then it is told that nobody is.
    async fn see(&self, connection: &Connection, topic: &Arc<TopicState>, join: &Join) {
        if join.sees
            && let Err(error) = connection.hub().know_present(topic).await
        {
            connection.hub().away(&error);
        }
        topic.see(connection.id, join.sees, |here| match join.sees {
            true => self.tell_present(connection, join, here),
            false => {
                let nobody = Who::All(Present(&mut [].iter()));
                connection.outbox.push(wire::presence(&self.topic, nobody));
            }
        });
    }

    /// Out of the topic, if it was in.
    async fn end(self: &Arc<Self>, connection: &Arc<Connection>) {
        drop(self.state().seat.take());
        let Some((hold, join)) = self.state().inside.take() else { return };
        hold.topic.leave(connection.id);
        if join.meta.is_some()
            && let Err(error) = connection.hub().layer.leave(&self.topic, connection.id).await
        {
            connection.hub().away(&error);
        }
        if let Err(error) = caught(self.room.left(self.me(connection))).await {
            told(&error, &self.topic);
        }
    }
}

/// A panic of the program's code is its failure, not that of the connection.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done,
        Err(panic) => Err(Error::of_kind(
            quintet_core::ErrorKind::Panic,
            http::StatusCode::INTERNAL_SERVER_ERROR,
            format!("a channel's code panicked: {}", panicked(&*panic)),
        )),
    }
}

/// What is the program's fault goes to the log.
fn told(error: &Error, topic: &str) {
    if error.status().is_server_error() {
        tracing::error!(topic, at = %error.location(), "{error}");
    } else {
        tracing::debug!(topic, status = error.status().as_u16(), "{error}");
    }
}

/// Does the work beside everything else, with the site's services, as code of an app; the server waits for it before it ends.
pub(super) fn spawn(
    connection: &Arc<Connection>,
    namespace: Option<&Arc<str>>,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let services = connection.services().clone();
    let background = services.get::<Background>().cloned().unwrap_or_default();
    let work = services.scope(work);
    match namespace {
        Some(namespace) => drop(background.spawn(quintet_web::rt::as_code_of(namespace.clone(), work))),
        None => drop(background.spawn(work)),
    }
}
