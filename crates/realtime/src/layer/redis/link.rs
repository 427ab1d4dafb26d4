//! The connection for commands.
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, Value,
    aio::{ConnectionLike, MultiplexedConnection, PubSub},
    cmd,
};

use super::scripts::{COUNT, Script};

/// Commands that are sent before the first answer comes.
const AHEAD: usize = 1_000;

pub(super) struct Link {
    client: Client,
    /// The address as it may be shown.
    shown: String,
    limit: Duration,
    connection: Mutex<Option<Arc<Connection>>>,
}

struct Connection {
    commands: MultiplexedConnection,
    hashes: [String; COUNT],
}

impl Link {
    pub(super) fn new(url: &str, limit: Duration) -> Result<Link> {
        let client = Client::open(url).map_err(|error| {
            Error::settings(format!("that is no address of a Redis: {error}; write `redis://host:6379/0`"))
        })?;
        let shown = client.get_connection_info().addr().to_string();
        Ok(Link { client, shown, limit, connection: Mutex::default() })
    }

    /// Connects anew.
    pub(super) async fn connect(&self) -> Result<PubSub> {
        self.set(None);
        // How long things may take is watched from outside; this is for what is left behind.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.limit))
            .set_response_timeout(Some(self.limit * 2))
            .set_pipeline_buffer_size(AHEAD);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut commands = connecting.await.map_err(|error| self.failed("connecting", &error))?;
        let mut load = Pipeline::with_capacity(COUNT);
        for script in Script::ALL {
            load.add_command(cmd("SCRIPT").arg("LOAD").arg(script.text()).clone());
        }
        let hashes: Vec<String> =
            load.query_async(&mut commands).await.map_err(|error| self.failed("SCRIPT LOAD", &error))?;
        let hashes = hashes.try_into().map_err(|_| self.strange("SCRIPT LOAD"))?;
        let heard =
            self.client.get_async_pubsub().await.map_err(|error| self.failed("connecting", &error))?;
        self.set(Some(Arc::new(Connection { commands, hashes })));
        Ok(heard)
    }

    fn set(&self, connection: Option<Arc<Connection>>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    fn get(&self) -> Result<Arc<Connection>> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        connection.ok_or_else(|| self.away("it is not connected"))
    }

    pub(super) fn away(&self, why: &str) -> Error {
        let message = format!("Redis at {} can't be reached: {why}", self.shown);
        Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, message)
    }

    #[cold]
    pub(super) fn failed(&self, doing: &str, error: &RedisError) -> Error {
        use redis::{ErrorKind as Kind, ServerErrorKind as Server};
        match error.kind() {
            Kind::AuthenticationFailed | Kind::InvalidClientConfig | Kind::Server(Server::NoPerm) => {
                Error::settings(format!("Redis at {} refuses {doing}: {error}", self.shown))
            }
            // It comes up, or is not the one that takes writes any more: another connection may find that one.
            Kind::Server(Server::BusyLoading | Server::MasterDown | Server::ReadOnly | Server::TryAgain) => {
                self.away(&format!("{doing}: {error}"))
            }
            _ if error.is_io_error() || error.is_unrecoverable_error() => {
                self.away(&format!("{doing}: {error}"))
            }
            _ => Error::internal(format!("Redis at {} refused {doing}: {error}", self.shown)),
        }
    }

    pub(super) fn strange(&self, doing: &str) -> Error {
        Error::internal(format!("Redis at {} answered to {doing} what it does not answer", self.shown))
    }

    pub(super) async fn ask<T: FromRedisValue>(&self, doing: &str, command: &Cmd) -> Result<T> {
        let connection = self.get()?;
        let answer = connection.commands.clone().req_packed_command(command).await;
        self.read(doing, answer)
    }

    fn read<T: FromRedisValue>(&self, doing: &str, answer: Result<Value, RedisError>) -> Result<T> {
        // An error that Redis answered may come as a value.
        let value = answer.and_then(Value::extract_error).map_err(|error| self.failed(doing, &error))?;
        redis::from_redis_value(value).map_err(|_| self.strange(doing))
    }

    /// Runs a script, by its hash if Redis knows that.
    pub(super) async fn run<T: FromRedisValue>(&self, script: Script, call: &Call<'_>) -> Result<T> {
        let doing = call.doing;
        let connection = self.get()?;
        let mut commands = connection.commands.clone();
        let hash = connection.hashes.get(script as usize).map_or("", |hash| hash);
        let answer = commands.req_packed_command(&call.command("EVALSHA", hash)).await;
        let answer = match answer.and_then(Value::extract_error) {
            // Its scripts were flushed.
            Err(error) if is_unknown(&error) => {
                commands.req_packed_command(&call.command("EVAL", &script.text())).await
            }
            answer => answer,
        };
        self.read(doing, answer)
    }

    /// Runs a script once for each of these.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        script: Script,
        calls: &[Call<'_>],
    ) -> Result<Vec<T>> {
        let connection = self.get()?;
        let hash = connection.hashes.get(script as usize).map_or("", |hash| hash);
        let mut pipeline = Pipeline::with_capacity(calls.len());
        for call in calls {
            pipeline.add_command(call.command("EVALSHA", hash));
        }
        let mut commands = connection.commands.clone();
        let answers = match commands.req_packed_commands(&pipeline, 0, calls.len()).await {
            Ok(answers) => answers,
            Err(error) if is_unknown(&error) => Vec::new(),
            Err(error) => return Err(self.failed("a script", &error)),
        };
        let mut answers = answers.into_iter();
        let mut read = Vec::with_capacity(calls.len());
        for call in calls {
            let answer = match answers.next().map(Value::extract_error) {
                Some(Ok(value)) => self.read(call.doing, Ok(value))?,
                Some(Err(error)) if !is_unknown(&error) => return Err(self.failed(call.doing, &error)),
                _ => self.run(script, call).await?,
            };
            read.push(answer);
        }
        Ok(read)
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript)
}

/// A script's keys and arguments.
pub(super) struct Call<'a> {
    pub(super) doing: &'static str,
    pub(super) keys: Vec<String>,
    pub(super) arguments: Vec<std::borrow::Cow<'a, [u8]>>,
}

impl Call<'_> {
    fn command(&self, how: &str, script: &str) -> Cmd {
        let mut command = cmd(how);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(&**argument);
        }
        command
    }
}
