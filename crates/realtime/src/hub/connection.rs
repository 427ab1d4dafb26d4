//! One client's connection, whatever carries it: what the client says comes in as text, what it hears goes to an [`Outbox`].
//!
//! Nothing here waits for a socket. What is said of one topic is done one after the other, each topic for itself: `lane` sees to that.
pub(crate) mod any;
pub(crate) mod auth;
mod lane;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::request::Parts;
use quintet_core::{Error, Result, Services, value::Timestamp};
use quintet_web::Caller;
use serde_json::value::RawValue;

#[cfg(feature = "orm")]
pub(crate) use lane::caught;

use super::{
    Hub,
    outbox::Outbox,
    topic::{Ear, Heard},
};
use crate::{
    identity::Identity,
    layer::ConnectionId,
    wire::{self, Bye, Said},
};
use lane::{After, Lane};

/// A client that is connected.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) outbox: Outbox,
    hub: Arc<Hub>,
    caller: Caller,
    /// Does its page have another origin? Then its cookies say nothing.
    foreign: bool,
    state: Mutex<State>,
}

struct State {
    identity: Arc<Identity>,
    /// By ticket: for whom, and until when.
    ticket: Option<auth::Shown>,
    lanes: Vec<Arc<Lane>>,
    /// When the bucket of its messages is full again.
    full_at: Option<i64>,
    /// How many it sent beyond what it may.
    over: u32,
    gone: bool,
}

/// What a topic's code has of the client.
pub(crate) struct Me {
    pub(crate) connection: Arc<Connection>,
    pub(crate) lane: Arc<Lane>,
    pub(crate) identity: Arc<Identity>,
    /// Where its answer goes, if the client wants one.
    pub(crate) reply: Option<Arc<Mutex<Option<Box<RawValue>>>>>,
}

/// Values of the program's, one a type.
pub(crate) type Values = HashMap<TypeId, Box<dyn Any + Send>>;

impl Connection {
    /// A client that comes by this request.
    ///
    /// # Errors
    /// If it can't be found who it is.
    pub(crate) async fn open(hub: &Arc<Hub>, parts: &Parts, foreign: bool) -> Result<Arc<Self>> {
        let connection = Connection {
            id: ConnectionId::random()?,
            outbox: Outbox::new(hub.bounds()),
            hub: hub.clone(),
            caller: Caller::of(parts)?,
            foreign,
            state: Mutex::new(State {
                identity: Arc::default(),
                ticket: None,
                lanes: Vec::new(),
                full_at: None,
                over: 0,
                gone: false,
            }),
        };
        let identity = connection.identify().await?;
        connection.state().identity = Arc::new(identity);
        let connection = Arc::new(connection);
        hub.connected(&connection);
        let settings = &hub.settings;
        let most = settings.max_message.as_usize();
        connection.outbox.push(wire::hello(connection.id, settings.ping.as_millis(), most));
        Ok(connection)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn identity(&self) -> Arc<Identity> {
        self.state().identity.clone()
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn services(&self) -> &Services {
        self.caller.services()
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The client has said something. Whatever comes of it goes to its outbox.
    pub(crate) fn said(self: &Arc<Self>, text: &str) {
        let allowed = self.take();
        let said = wire::read(text);
        if let Err(error) = allowed {
            let reference = match &said {
                Ok(said) => said.reference(),
                Err((reference, _)) => reference.as_deref(),
            };
            return self.answer(reference, &error);
        }
        match said {
            Ok(Said::Ping) => {
                self.outbox.push(wire::pong());
            }
            Ok(Said::Join { reference, topic, after, was }) => {
                self.join(&reference, &topic, after.as_deref(), was);
            }
            Ok(Said::Leave { reference, topic }) => match self.lane(&topic) {
                Some(lane) => lane.leave(self, &reference),
                None => {
                    self.outbox.push(wire::left(Some(&reference), &topic, None));
                }
            },
            Ok(Said::Say { reference, topic, data }) => match self.lane(&topic) {
                Some(lane) => lane.say(self, reference.as_deref(), data),
                None => {
                    let error = Error::not_found("You are not in this topic: join it first.");
                    self.answer(reference.as_deref(), &error);
                }
            },
            Ok(Said::Auth { reference, token }) => auth::begin(self, &reference, &token),
            Err((reference, error)) => {
                self.outbox.push(wire::error(reference.as_deref(), &error));
            }
        }
    }

    /// May it say one more?
    fn take(&self) -> Result {
        let now = quintet_core::clock::now().as_millisecond();
        let limit = &self.hub.limit;
        let mut state = self.state();
        match limit.take(state.full_at, now) {
            Ok(full_at) => {
                state.full_at = Some(full_at);
                state.over = 0;
                Ok(())
            }
            Err(_) => {
                state.over += 1;
                if state.over > limit.burst() {
                    drop(state);
                    self.outbox.end(Bye::Rate);
                }
                Err(Error::new(http::StatusCode::TOO_MANY_REQUESTS, "You say too much at once."))
            }
        }
    }

    /// Tells what went wrong.
    pub(crate) fn answer(&self, reference: Option<&str>, error: &Error) {
        self.outbox.push(match reference {
            Some(reference) => wire::reply(reference, Err(error)),
            None => wire::error(None, error),
        });
    }

    fn lane(&self, topic: &str) -> Option<Arc<Lane>> {
        self.state().lanes.iter().find(|lane| &*lane.topic == topic).cloned()
    }

    fn join(self: &Arc<Self>, reference: &str, topic: &str, after: Option<&str>, was: Option<ConnectionId>) {
        let refuse = |error: Error| {
            self.outbox.push(wire::refused(reference, topic, &error));
        };
        let (room, namespace) = match self.hub.registry.open(topic) {
            Ok(opened) => opened,
            Err(error) => return refuse(error),
        };
        let lane = {
            let mut state = self.state();
            if state.gone {
                return;
            }
            if state.lanes.iter().any(|lane| &*lane.topic == topic) {
                drop(state);
                let why = "You are in this topic already.";
                return refuse(Error::new(http::StatusCode::CONFLICT, why));
            }
            if state.lanes.len() >= self.hub.settings.max_topics {
                drop(state);
                let why =
                    format!("You are in {} topics, and may be in no more.", self.hub.settings.max_topics);
                return refuse(Error::new(http::StatusCode::TOO_MANY_REQUESTS, why));
            }
            let lane = Arc::new(Lane::new(topic, room, namespace));
            state.lanes.push(lane.clone());
            lane
        };
        // What can't be read was never a position of ours.
        let after = after.map(|after| After { position: after.parse().ok(), was });
        lane.join(self, reference, after);
    }

    /// It is in this topic no more.
    pub(crate) fn forget(&self, lane: &Arc<Lane>) {
        self.state().lanes.retain(|known| !Arc::ptr_eq(known, lane));
    }

    /// The client has gone, by itself or sent away: it leaves all topics.
    pub(crate) fn close(self: &Arc<Self>) {
        self.outbox.close();
        let lanes = {
            let mut state = self.state();
            if std::mem::replace(&mut state.gone, true) {
                return;
            }
            std::mem::take(&mut state.lanes)
        };
        self.hub.disconnected(self);
        for lane in lanes {
            lane.gone(self);
        }
    }

    /// When its ticket expires, if it has one.
    pub(crate) fn expires(&self) -> Option<Timestamp> {
        self.state().ticket.as_ref().map(|shown| shown.until)
    }
}

impl Ear for Connection {
    fn hear(&self, topic: &Arc<str>, heard: &Heard<'_>) -> bool {
        self.outbox.push(match heard {
            Heard::Event(said) => said.wire(topic),
            Heard::Gap(at) => wire::gap(topic, *at),
            Heard::Presence(news) => news.wire(topic),
        })
    }
}

impl Me {
    /// The same client once more.
    #[cfg(feature = "orm")]
    pub(crate) fn again(&self) -> Me {
        let (connection, lane) = (self.connection.clone(), self.lane.clone());
        Me { connection, lane, identity: self.identity.clone(), reply: None }
    }

    /// Says something to this client alone.
    pub(crate) fn push(&self, data: &Bytes) {
        self.connection.outbox.push(wire::event(&self.lane.topic, None, data));
    }
}
