//! Clients of channels, without a network.
#![allow(clippy::indexing_slicing, reason = "what is not there in JSON is null")]

use std::{collections::BTreeMap, panic::Location, time::Duration};

use axum::body::Body;
use http::Method;
use quintet_core::{Error, Result};
use quintet_realtime::{
    Bye, Channel, ChannelSettings,
    layer::{ConnectionId, Position},
    local::{LocalClient, LocalHandshake},
};
use serde_json::{Value, json};

use crate::{TestClient, ask::Ask};

/// So long a test waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// A browser in a topic, as the browser of [`TestClient::join`].
///
/// ```no_run
/// # use quintet_core::Result;
/// # use quintet_realtime::{Channel, Client, Join, channel};
/// # use quintet_web::data;
/// # #[channel("room:{name}")] pub struct Room { pub name: String }
/// # #[data] #[derive(Debug, PartialEq)] pub enum Line { Said { text: String } }
/// # impl Channel for Room {
/// #     type In = Line; type Out = Line;
/// #     async fn join(&self, _: &Client<Self>) -> Result<Join> { Ok(Join::quietly()) }
/// #     async fn hear(&self, line: Line, me: &Client<Self>) -> Result { me.others(line).await }
/// # }
/// # async fn show(site: quintet_test::TestSite) -> Result {
/// let (mut ann, mut bob) = (site.join(Room { name: "a".into() }).await?, site.join(Room { name: "a".into() }).await?);
/// ann.say(Line::Said { text: "hello".into() }).await?;
/// assert_eq!(bob.next().await, Line::Said { text: "hello".into() });
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TestRoom<C: Channel> {
    client: LocalClient,
    browser: TestClient,
    channel: String,
    /// The last position that it has heard.
    at: Option<String>,
    /// Who is there, by connection.
    here: BTreeMap<String, Value>,
    /// What came while it waited for something else.
    waiting: std::collections::VecDeque<Heard<C::Out>>,
    references: u32,
    of: std::marker::PhantomData<fn() -> C>,
}

/// What a client hears in its topic.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Heard<E> {
    /// An event.
    Event(E),
    /// Something was missed that is not kept any more.
    Gap,
    /// Somebody has come or gone: [`TestRoom::here`] is who is there now.
    Presence,
    /// The server has put it out of the topic: status and text.
    Out(u16, String),
    /// The server has ended the connection, and why.
    Bye(String),
}

impl TestClient {
    /// Connects as this browser, with its cookies, and joins a topic.
    ///
    /// # Errors
    /// If the channel refuses it, with the status that it gives; if the site refuses the connection, or has no channels, with that of
    /// its answer.
    ///
    /// # Panics
    /// If nothing is answered within five seconds.
    #[track_caller]
    pub fn join<C: Channel>(&self, topic: C) -> impl Future<Output = Result<TestRoom<C>>> + use<C> {
        self.enter(topic.topic(), None, None, Location::caller())
    }

    /// The same, as a page that was made when the topic was at this position: what was said since is heard first.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    ///
    /// # Panics
    /// If nothing is answered within five seconds.
    #[track_caller]
    pub fn join_after<C: Channel>(
        &self,
        topic: C,
        after: Position,
    ) -> impl Future<Output = Result<TestRoom<C>>> + use<C> {
        self.enter(topic.topic(), Some(after.to_string()), None, Location::caller())
    }

    pub(crate) fn enter<C: Channel>(
        &self,
        topic: String,
        after: Option<String>,
        was: Option<ConnectionId>,
        at: &'static Location<'static>,
    ) -> impl Future<Output = Result<TestRoom<C>>> + use<C> {
        let browser = self.clone();
        async move {
            let settings = browser.services().require::<quintet_core::settings::Settings>()?;
            let path = settings.get::<ChannelSettings>()?.path;
            let handshake = LocalHandshake::default();
            let given = handshake.clone();
            let response = browser
                .run_with(Ask::plain(Method::GET, path.into()), Body::empty(), at, move |request| {
                    request.extensions_mut().insert(given);
                })
                .await;
            let Some(client) = handshake.take() else {
                return Err(Error::new(response.status, "the connection was refused"));
            };
            let mut room = TestRoom {
                client,
                browser,
                channel: topic,
                at: after.clone(),
                here: BTreeMap::new(),
                waiting: Default::default(),
                references: 0,
                of: std::marker::PhantomData,
            };
            let mut message = json!({"type": "join", "topic": room.channel});
            if let Some(after) = after {
                message["after"] = after.into();
            }
            if let Some(was) = was {
                message["was"] = was.to_string().into();
            }
            room.ask(message, at).await?;
            Ok(room)
        }
    }
}

impl<C: Channel> TestRoom<C> {
    /// Says something, and waits until it was heard. Gives what the channel replies, or null.
    ///
    /// # Errors
    /// If the channel refuses it, with its status; 503 if the server has ended the connection.
    #[track_caller]
    pub fn say(&mut self, event: C::In) -> impl Future<Output = Result<Value>> {
        let at = Location::caller();
        async move {
            let data = serde_json::to_value(event).map_err(|why| Error::internal(format!("{at}: {why}")))?;
            self.ask(json!({"type": "say", "topic": self.channel, "data": data}), at).await
        }
    }

    /// Says something that need be no event of the channel.
    ///
    /// # Errors
    /// If the channel refuses it, with its status.
    #[track_caller]
    pub fn say_json(&mut self, data: Value) -> impl Future<Output = Result<Value>> {
        let at = Location::caller();
        async move { self.ask(json!({"type": "say", "topic": self.channel, "data": data}), at).await }
    }

    /// The next event; what else comes before is passed over.
    ///
    /// # Panics
    /// If none comes within five seconds, or the server has ended the connection.
    #[allow(clippy::should_implement_trait, reason = "it waits; an iterator does not")]
    #[track_caller]
    pub fn next(&mut self) -> impl Future<Output = C::Out> {
        let at = Location::caller();
        async move {
            loop {
                match self.hear(at).await {
                    Heard::Event(event) => return event,
                    Heard::Out(status, why) => panic!("{at}: out of the topic: {status} {why}"),
                    Heard::Bye(why) => panic!("{at}: disconnected: {why}"),
                    Heard::Gap | Heard::Presence => {}
                }
            }
        }
    }

    /// The next of whatever is told in the topic.
    ///
    /// # Panics
    /// If nothing is told within five seconds.
    #[track_caller]
    pub fn heard(&mut self) -> impl Future<Output = Heard<C::Out>> {
        let at = Location::caller();
        async move { self.hear(at).await }
    }

    /// The connection's id.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        self.client.id()
    }

    /// Who is there, as far as this client was told: what the channel shows of each connection.
    #[must_use]
    pub fn here(&self) -> Vec<Value> {
        self.here.values().cloned().collect()
    }

    /// Leaves the topic and connects no more.
    pub fn leave(self) {}

    /// Cuts it off. It hears what is said meanwhile when it [comes back](Away::come_back).
    #[must_use]
    pub fn cut(self) -> Away<C> {
        Away {
            browser: self.browser.clone(),
            channel: self.channel.clone(),
            at: self.at.clone(),
            was: self.client.id(),
            of: self.of,
        }
    }

    /// Has the server end the connection, as it would over the network.
    pub fn end(&self, why: Bye) {
        self.client.end(why);
    }

    async fn ask(&mut self, mut message: Value, at: &'static Location<'static>) -> Result<Value> {
        self.references += 1;
        let reference = self.references.to_string();
        message["ref"] = reference.as_str().into();
        self.client.say(&message.to_string());
        loop {
            let heard = self.message(at).await;
            if heard["ref"] != reference.as_str() {
                let Some(heard) = self.understand(&heard, at) else { continue };
                let gone = match &heard {
                    Heard::Bye(why) => Some(format!("disconnected: {why}")),
                    _ => None,
                };
                self.waiting.push_back(heard);
                match gone {
                    Some(why) => return Err(Error::new(http::StatusCode::SERVICE_UNAVAILABLE, why)),
                    None => continue,
                }
            }
            if let Some(problem) = heard.get("problem") {
                return Err(error_of(problem));
            }
            self.understand(&heard, at);
            return Ok(heard.get("data").cloned().unwrap_or_default());
        }
    }

    async fn hear(&mut self, at: &'static Location<'static>) -> Heard<C::Out> {
        if let Some(heard) = self.waiting.pop_front() {
            return heard;
        }
        loop {
            let message = self.message(at).await;
            if let Some(heard) = self.understand(&message, at) {
                return heard;
            }
        }
    }

    async fn message(&mut self, at: &'static Location<'static>) -> Value {
        match tokio::time::timeout(PATIENCE, self.client.next()).await {
            Ok(Some(text)) => match serde_json::from_str(&text) {
                Ok(message) => message,
                Err(error) => panic!("{at}: the server said {text:?}: {error}"),
            },
            Ok(None) => panic!("{at}: disconnected"),
            Err(_) => panic!("{at}: nothing was heard within {PATIENCE:?}"),
        }
    }

    fn understand(&mut self, message: &Value, at: &'static Location<'static>) -> Option<Heard<C::Out>> {
        if let Some(position) = message["at"].as_str() {
            self.at = Some(position.to_owned());
        }
        let entries = |list: &Value| -> Vec<(String, Value)> {
            let entry = |here: &Value| Some((here["id"].as_str()?.to_owned(), here["meta"].clone()));
            list.as_array().into_iter().flatten().filter_map(entry).collect()
        };
        if !message["here"].is_null() {
            self.here = entries(&message["here"]).into_iter().collect();
        }
        match message["type"].as_str()? {
            "event" => match serde_json::from_value(message["data"].clone()) {
                Ok(event) => Some(Heard::Event(event)),
                Err(error) => panic!("{at}: {} is no event of {}: {error}", message["data"], C::PATTERN),
            },
            "gap" => Some(Heard::Gap),
            "presence" => {
                self.here.extend(entries(&message["joins"]));
                for id in message["leaves"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    self.here.remove(id);
                }
                Some(Heard::Presence)
            }
            "left" => {
                let problem = error_of(&message["problem"]);
                Some(Heard::Out(problem.status().as_u16(), problem.to_string()))
            }
            "bye" => Some(Heard::Bye(message["reason"].as_str().unwrap_or_default().to_owned())),
            _ => None,
        }
    }
}

/// A client that was cut off.
#[derive(Debug)]
pub struct Away<C: Channel> {
    browser: TestClient,
    channel: String,
    at: Option<String>,
    /// The connection that it had: what that one has said for the others it does not hear.
    was: ConnectionId,
    of: std::marker::PhantomData<fn() -> C>,
}

impl<C: Channel> Away<C> {
    /// Connects again, and goes on where it was.
    ///
    /// # Errors
    /// If the channel or the site refuses it now.
    ///
    /// # Panics
    /// If nothing is answered within five seconds.
    #[track_caller]
    pub fn come_back(self) -> impl Future<Output = Result<TestRoom<C>>> {
        // As browsers do: whoever has heard nothing joins as if for the first time.
        let was = self.at.is_some().then_some(self.was);
        self.browser.enter(self.channel, self.at, was, Location::caller())
    }
}

fn error_of(problem: &Value) -> Error {
    let status = problem["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let text = problem["detail"].as_str().or(problem["errors"][0]["detail"].as_str());
    Error::new(status, text.or(problem["title"].as_str()).unwrap_or_default().to_owned())
}
