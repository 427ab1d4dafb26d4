//! Values in Redis: shared by all processes of all machines, and as fast as the network.
//!
//! One connection carries the commands of everybody, answers come back in their order, and it is opened when the first one comes, so
//! that a site starts without its Redis. Where Redis can't be reached, or does not answer in time, commands fail at once for a moment
//! ([`PAUSE`]) before the next one tries again: a site whose Redis is away does not wait for it at every request.
//!
//! What looks before it writes is a script, which Redis runs at once. Expiry is by Redis's clock.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use quintet_core::{BoxFuture, Error, ErrorKind, Result};
use redis::{
    Client, Cmd, FromRedisValue, Pipeline, RedisError, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cmd,
};
use tokio::time::{Instant, timeout};

use crate::{Backend, Counted};

/// How long commands fail at once after one that could not reach Redis.
const PAUSE: Duration = Duration::from_millis(250);
/// Keys in one command.
const BATCH: usize = 500;
/// Commands that are sent before the first answer comes.
const AHEAD: usize = 1_000;
/// Redis refuses a time-out that leads beyond its calendar. 1000 years.
pub(crate) const LONGEST: u64 = 31_536_000_000_000;

const COUNT: &str = "if redis.call('EXISTS', KEYS[1]) == 0 then return false end \
                     return redis.call('INCRBY', KEYS[1], ARGV[1])";
const DELETE_IF: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
const REPLACE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                       if ARGV[3] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) else redis.call('SET', KEYS[1], ARGV[2]) end \
                       return 1";
const KEEP_FOR_EVER: &str = "redis.call('PERSIST', KEYS[1]) return redis.call('EXISTS', KEYS[1])";

/// Values in Redis (or Valkey).
pub struct RedisCache {
    client: Client,
    /// The address as it may be shown.
    shown: String,
    limit: Duration,
    state: Mutex<State>,
    opening: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    manager: Option<ConnectionManager>,
    away_until: Option<Instant>,
}

impl RedisCache {
    /// A Redis by its URL, `redis://user:password@host:6379/0` or `unix:///run/redis.sock`. A command that takes longer than `limit`,
    /// and a connection that can't be had within it, is an error.
    ///
    /// # Errors
    /// If that is no URL of a Redis. It is not connected to yet.
    pub fn new(url: &str, limit: Duration) -> Result<Self> {
        let client = Client::open(url).map_err(|error| {
            Error::settings(format!("that is no address of a Redis: {error}; write `redis://host:6379/0`"))
        })?;
        let shown = client.get_connection_info().addr().to_string();
        Ok(RedisCache { client, shown, limit, state: Mutex::default(), opening: tokio::sync::Mutex::new(()) })
    }

    /// The connection, opened if there is none.
    async fn manager(&self) -> Result<ConnectionManager> {
        if let Some(manager) = self.open_one()? {
            return Ok(manager);
        }
        // One opens it, the others wait.
        let _opening = self.opening.lock().await;
        if let Some(manager) = self.open_one()? {
            return Ok(manager);
        }
        let config = ConnectionManagerConfig::new()
            // Who comes next tries again; nobody waits for more than one attempt.
            .set_number_of_retries(0)
            .set_connection_timeout(Some(self.limit))
            .set_response_timeout(Some(self.limit))
            .set_pipeline_buffer_size(AHEAD);
        let opened = ConnectionManager::new_with_config(self.client.clone(), config);
        let manager = match timeout(self.limit, opened).await {
            Ok(Ok(manager)) => manager,
            Ok(Err(error)) => return Err(self.away("connecting", &error)),
            Err(late) => return Err(self.away("connecting", &late)),
        };
        self.state.lock().unwrap_or_else(PoisonError::into_inner).manager = Some(manager.clone());
        Ok(manager)
    }

    fn open_one(&self) -> Result<Option<ConnectionManager>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.away_until {
            Some(until) if Instant::now() < until => Err(Error::of_kind(
                ErrorKind::Unavailable,
                http::StatusCode::SERVICE_UNAVAILABLE,
                format!("Redis at {} could not be reached a moment ago", self.shown),
            )),
            _ => Ok(state.manager.clone()),
        }
    }

    #[cold]
    fn away(&self, doing: &str, error: &(dyn std::error::Error + 'static)) -> Error {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).away_until = Some(Instant::now() + PAUSE);
        Error::of_kind(
            ErrorKind::Unavailable,
            http::StatusCode::SERVICE_UNAVAILABLE,
            format!("Redis at {} can't be reached ({doing}): {error}", self.shown),
        )
    }

    #[cold]
    fn failed(&self, doing: &str, error: RedisError) -> Error {
        if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() {
            return self.away(doing, &error);
        }
        Error::internal(format!("Redis at {} refused {doing}: {error}", self.shown)).with_source(error)
    }

    /// Sends a command, and waits for its answer no longer than the limit, whatever the connection is doing.
    pub(crate) async fn ask<T: FromRedisValue>(&self, doing: &'static str, cmd: &Cmd) -> Result<T> {
        match self.send(doing, cmd).await? {
            Ok(value) => redis::from_redis_value(value)
                .map_err(|error| Error::internal(format!("what Redis answered to {doing}: {error}"))),
            Err(error) => Err(self.failed(doing, error)),
        }
    }

    /// The inner error is Redis's.
    async fn send(&self, doing: &'static str, cmd: &Cmd) -> Result<Result<Value, RedisError>> {
        let mut manager = self.manager().await?;
        match timeout(self.limit, manager.req_packed_command(cmd)).await {
            // An error that Redis answered may come as a value.
            Ok(answer) => Ok(answer.and_then(Value::extract_error)),
            Err(late) => Err(self.away(doing, &late)),
        }
    }

    async fn ask_all(&self, doing: &'static str, commands: &Pipeline) -> Result {
        let mut manager = self.manager().await?;
        match timeout(self.limit, commands.exec_async(&mut manager)).await {
            Ok(answer) => answer.map_err(|error| self.failed(doing, error)),
            Err(late) => Err(self.away(doing, &late)),
        }
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisCache").field(&self.shown).finish()
    }
}

/// Milliseconds, as Redis takes them: no fewer than one.
fn milliseconds(keep: Duration) -> u64 {
    u64::try_from(keep.as_millis()).unwrap_or(LONGEST).clamp(1, LONGEST)
}

fn set(key: &str, value: &Bytes, keep: Option<Duration>) -> Cmd {
    let mut set = cmd("SET");
    set.arg(key).arg(&**value);
    if let Some(keep) = keep {
        set.arg("PX").arg(milliseconds(keep));
    }
    set
}

pub(crate) fn script(text: &str, key: &str) -> Cmd {
    let mut script = cmd("EVAL");
    script.arg(text).arg(1).arg(key);
    script
}

/// A pattern that only this text fits, and what follows it.
fn beginning(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "*"
}

impl Backend for RedisCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move { self.ask("GET", cmd("GET").arg(key)).await })
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        Box::pin(async move { self.ask::<()>("SET", &set(key, &value, keep)).await })
    }

    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let answer: Value = self.ask("SET", set(key, &value, keep).arg("NX")).await?;
            Ok(answer != Value::Nil)
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let mut replace = script(REPLACE, key);
            replace.arg(&*old).arg(&*new);
            if let Some(keep) = keep {
                replace.arg(milliseconds(keep));
            }
            self.ask("SET", &replace).await
        })
    }

    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            match keep {
                Some(keep) => self.ask("PEXPIRE", cmd("PEXPIRE").arg(key).arg(milliseconds(keep))).await,
                None => self.ask("PERSIST", &script(KEEP_FOR_EVER, key)).await,
            }
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        Box::pin(async move {
            match self.send("INCRBY", script(COUNT, key).arg(by)).await? {
                Ok(Value::Nil) => Ok(Counted::Missing),
                Ok(Value::Int(sum)) => Ok(Counted::Sum(sum)),
                Ok(other) => Err(Error::internal(format!("what Redis answered to INCRBY: {other:?}"))),
                Err(error) if error.to_string().contains("overflow") => Ok(Counted::TooLarge),
                Err(error) if error.to_string().contains("not an integer") => Ok(Counted::NotANumber),
                Err(error) => Err(self.failed("INCRBY", error)),
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.ask("UNLINK", cmd("UNLINK").arg(key)).await })
    }

    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.ask("DEL", script(DELETE_IF, key).arg(&*value)).await })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let pattern = beginning(prefix);
            let mut cursor = 0u64;
            loop {
                let mut scan = cmd("SCAN");
                scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(BATCH);
                let (next, keys): (u64, Vec<Bytes>) = self.ask("SCAN", &scan).await?;
                if !keys.is_empty() {
                    let mut unlink = cmd("UNLINK");
                    for key in &keys {
                        unlink.arg(&**key);
                    }
                    self.ask::<u64>("UNLINK", &unlink).await?;
                }
                if next == 0 {
                    return Ok(());
                }
                cursor = next;
            }
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(keys.len());
            for keys in keys.chunks(BATCH) {
                found.extend(self.ask::<Vec<Option<Bytes>>>("MGET", cmd("MGET").arg(keys)).await?);
            }
            Ok(found)
        })
    }

    fn set_many<'a>(
        &'a self,
        entries: &'a [(String, Bytes)],
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            for entries in entries.chunks(BATCH) {
                let mut commands = Pipeline::with_capacity(entries.len());
                for (key, value) in entries {
                    commands.add_command(set(key, value, keep));
                }
                self.ask_all("SET", &commands).await?;
            }
            Ok(())
        })
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            for keys in keys.chunks(BATCH) {
                self.ask::<u64>("UNLINK", cmd("UNLINK").arg(keys)).await?;
            }
            Ok(())
        })
    }
}
