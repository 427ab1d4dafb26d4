//! A layer's server, by scripts and a channel for each topic.
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt;
use quintet_core::{Error, Result};
use redis::{
    aio::{PubSubSink, PubSubStream},
    cmd,
};

use super::{
    link::{Call, Link},
    names::Names,
    scripts::Script,
};
use crate::layer::{
    ConnectionId, Event, Here, MOST_AT_ONCE, MOST_BYTES_AT_ONCE, Position, Retention, Since, new_epoch,
    served::{
        Beat, Follow, Head, NodeId, Pace, REMEMBERED, Server, kept,
        say::{self, Said},
    },
};

pub(super) struct RedisServer {
    link: Link,
    names: Names,
    retention: Retention,
    pace: Pace,
    channels: Mutex<Option<PubSubSink>>,
}

impl RedisServer {
    pub(super) fn new(url: &str, prefix: String, retention: Retention, pace: Pace) -> Result<RedisServer> {
        let link = Link::new(url, pace.limit)?;
        Ok(RedisServer { link, names: Names::new(prefix), retention, pace, channels: Mutex::default() })
    }

    fn channels(&self) -> Result<PubSubSink> {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner).clone();
        channels.ok_or_else(|| self.link.away("it is not connected"))
    }

    /// The call of a topic's script, whose other key is this.
    fn call<'a>(&self, doing: &'static str, topic: &str, other: String) -> Result<Call<'a>> {
        let arguments = vec![
            format!("{:x}", new_epoch()?).into_bytes().into(),
            millis(kept(self.retention)),
            self.names.channel(topic).into_bytes().into(),
        ];
        Ok(Call { doing, keys: vec![self.names.top(topic), other], arguments })
    }

    fn at(&self, epoch: &str, offset: &str) -> Result<Position> {
        format!("{epoch}-{offset}").parse().map_err(|_| self.link.strange("a script"))
    }

    fn node(&self, id: &str) -> Result<NodeId> {
        id.parse().map_err(|_| self.link.strange("ZRANGEBYSCORE"))
    }
}

fn text<'a>(text: impl ToString) -> Cow<'a, [u8]> {
    text.to_string().into_bytes().into()
}

fn millis<'a>(duration: Duration) -> Cow<'a, [u8]> {
    // Redis refuses what leads beyond its calendar; 100 years will do.
    text(duration.as_millis().clamp(1, 3_153_600_000_000))
}

impl Server for RedisServer {
    type Pump = PubSubStream;

    fn name(&self) -> &'static str {
        "redis"
    }

    async fn connect(&self) -> Result<PubSubStream> {
        let connecting = tokio::time::timeout(self.pace.limit, self.link.connect()).await;
        let (channels, heard) =
            connecting.unwrap_or_else(|_| Err(self.link.away("it does not answer")))?.split();
        *self.channels.lock().unwrap_or_else(PoisonError::into_inner) = Some(channels);
        Ok(heard)
    }

    async fn pump(&self, heard: &mut PubSubStream, follow: &Follow) -> Error {
        while let Some(message) = heard.next().await {
            if let Some(topic) = self.names.topic_of(message.get_channel_name())
                && let Some(said) = Said::read(message.get_payload_bytes())
            {
                follow.hear(&topic, said);
            }
        }
        self.link.away("it closed the connection")
    }

    async fn ping(&self) -> Result {
        let mut channels = self.channels()?;
        channels.ping::<redis::Value>().await.map_err(|error| self.link.failed("PING", &error))?;
        self.link.ask::<String>("PING", &cmd("PING")).await?;
        Ok(())
    }

    async fn subscribe(&self, add: &[Arc<str>], remove: &[Arc<str>]) -> Result {
        let names =
            |topics: &[Arc<str>]| topics.iter().map(|topic| self.names.channel(topic)).collect::<Vec<_>>();
        let mut channels = self.channels()?;
        if !remove.is_empty() {
            let done = channels.unsubscribe(names(remove)).await;
            done.map_err(|error| self.link.failed("UNSUBSCRIBE", &error))?;
        }
        if !add.is_empty() {
            let done = channels.subscribe(names(add)).await;
            done.map_err(|error| self.link.failed("SUBSCRIBE", &error))?;
        }
        Ok(())
    }

    async fn append(&self, topic: &str, event: &Event) -> Result<Position> {
        let mut call = self.call("appending", topic, self.names.log(topic))?;
        call.arguments.extend([
            Cow::Borrowed(&*event.data),
            text(say::except_text(event)),
            text(self.retention.events),
            millis(self.retention.age),
        ]);
        let (epoch, offset): (String, String) = self.link.run(Script::Append, &call).await?;
        self.at(&epoch, &offset)
    }

    async fn pass(&self, topic: &str, event: &Event) -> Result {
        let mut publish = cmd("PUBLISH");
        publish.arg(self.names.channel(topic)).arg(say::passed(event));
        self.link.ask::<u64>("PUBLISH", &publish).await?;
        Ok(())
    }

    async fn since(&self, topic: &str, after: Position, told: bool) -> Result<(Since, Position)> {
        let mut call = self.call("reading a log", topic, self.names.log(topic))?;
        call.arguments.extend([
            text(format_args!("{:x}", after.epoch)),
            text(after.offset),
            millis(self.retention.age),
            text(MOST_AT_ONCE),
            text(MOST_BYTES_AT_ONCE),
            text(u8::from(told)),
        ]);
        let answer: Vec<redis::Value> = self.link.run(Script::Since, &call).await?;
        self.read_since(after, answer).ok_or_else(|| self.link.strange("reading a log"))
    }

    async fn heads(&self, topics: &[Arc<str>]) -> Result<Vec<Head>> {
        let calls = topics.iter().map(|topic| self.call("reading a topic", topic, self.names.log(topic)));
        let calls = calls.collect::<Result<Vec<_>>>()?;
        let answers: Vec<(String, String, u64)> = self.link.run_all(Script::Head, &calls).await?;
        let read = |(epoch, offset, version): &(String, String, u64)| {
            Ok(Head { log: self.at(epoch, offset)?, version: *version })
        };
        answers.iter().map(read).collect()
    }

    async fn here(&self, topic: &str) -> Result<(Position, Vec<Here>)> {
        let call = self.call("reading who is present", topic, self.names.here(topic))?;
        let (epoch, version, all): (String, String, Vec<(String, Vec<u8>)>) =
            self.link.run(Script::Here, &call).await?;
        let mut present = Vec::with_capacity(all.len());
        for (id, entry) in all {
            let read = || Some((entry.get(..16)?.to_owned(), id.parse().ok()?, entry.get(48..)?.to_owned()));
            present.push(read().ok_or_else(|| self.link.strange("HGETALL"))?);
        }
        present.sort_unstable_by(|(one, id, _), (other, other_id, _): &(Vec<u8>, ConnectionId, _)| {
            (one, id).cmp(&(other, other_id))
        });
        let present = present.into_iter().map(|(_, id, meta)| Here { id, meta: Bytes::from(meta) }).collect();
        Ok((self.at(&epoch, &version)?, present))
    }

    async fn enter(&self, node: NodeId, topic: &str, here: &Here) -> Result {
        // First where it is found again, should this node vanish.
        let mut note = cmd("SADD");
        note.arg(self.names.node(node)).arg(topic);
        self.link.ask::<u64>("SADD", &note).await?;
        let mut call = self.call("entering", topic, self.names.here(topic))?;
        call.arguments.extend([text(here.id), text(node), Cow::Borrowed(&*here.meta)]);
        self.link.run::<u64>(Script::Enter, &call).await?;
        Ok(())
    }

    async fn leave(&self, node: NodeId, topic: &str, id: ConnectionId, last: bool) -> Result {
        let mut call = self.call("leaving", topic, self.names.here(topic))?;
        call.arguments.push(text(id));
        self.link.run::<u64>(Script::Leave, &call).await?;
        if last {
            let mut note = cmd("SREM");
            note.arg(self.names.node(node)).arg(topic);
            self.link.ask::<u64>("SREM", &note).await?;
        }
        Ok(())
    }

    async fn beat(&self, node: NodeId) -> Result<Beat> {
        let call = Call {
            doing: "a heartbeat",
            keys: vec![self.names.nodes()],
            arguments: vec![text(node), millis(self.pace.dead), millis(REMEMBERED)],
        };
        let (known, lately, long): (bool, Vec<String>, Vec<String>) =
            self.link.run(Script::Beat, &call).await?;
        let mut dead = Vec::with_capacity(lately.len() + long.len());
        for (nodes, long) in [(lately, false), (long, true)] {
            for id in nodes {
                dead.push((self.node(&id)?, long));
            }
        }
        Ok(Beat { known, dead })
    }

    async fn topics_of(&self, node: NodeId) -> Result<Vec<String>> {
        self.link.ask("SMEMBERS", cmd("SMEMBERS").arg(self.names.node(node))).await
    }

    async fn reap(&self, node: NodeId, topic: &str) -> Result {
        let mut call = self.call("removing who is gone", topic, self.names.here(topic))?;
        call.arguments.push(text(node));
        self.link.run::<u64>(Script::Reap, &call).await?;
        let mut note = cmd("SREM");
        note.arg(self.names.node(node)).arg(topic);
        self.link.ask::<u64>("SREM", &note).await?;
        Ok(())
    }

    async fn bury(&self, node: NodeId) -> Result {
        self.link.ask::<u64>("UNLINK", cmd("UNLINK").arg(self.names.node(node))).await?;
        let mut forget = cmd("ZREM");
        forget.arg(self.names.nodes()).arg(node.to_string());
        self.link.ask::<u64>("ZREM", &forget).await?;
        Ok(())
    }
}

impl RedisServer {
    fn read_since(&self, after: Position, answer: Vec<redis::Value>) -> Option<(Since, Position)> {
        let mut answer = answer.into_iter();
        let mut text = || redis::from_redis_value::<String>(answer.next()?).ok();
        let end = self.at(&text()?, &text()?).ok()?;
        if answer.next()? == redis::Value::Int(1) {
            return Some((Since::Gap { at: end }, end));
        }
        let mut events = Vec::with_capacity(answer.len());
        for entry in answer {
            let (offset, data, except) = redis::from_redis_value::<(u64, Vec<u8>, String)>(entry).ok()?;
            events.push((offset, Event { data: data.into(), except: say::except(&except)? }));
        }
        let offset = events.last().map_or(after.offset, |(offset, _)| *offset);
        Some((Since::Events { events, at: Position { epoch: end.epoch, offset } }, end))
    }
}
