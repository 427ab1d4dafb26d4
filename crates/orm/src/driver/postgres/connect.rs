//! Opening a connection: the socket, TLS, and who we are.

use std::io;

use bytes::BytesMut;
use postgres_protocol::{
    authentication::{
        md5_hash,
        sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256},
    },
    message::frontend,
};
use quintet_core::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    errors::{Report, unavailable},
    reader::{Malformed, Reader, message},
    stream::Stream,
    target::{Place, SslMode, Target},
};
use crate::db::patience;

/// A connection that is ready for statements.
pub(super) struct Opened {
    pub(super) stream: Stream,
    /// What was read and belongs to later messages.
    pub(super) input: BytesMut,
    pub(super) key: Key,
}

/// What a request to cancel must tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Key {
    process: i32,
    secret: i32,
}

/// Why there is no connection.
pub(super) struct Refused {
    pub(super) error: Error,
    /// May it work a moment later?
    pub(super) passing: bool,
}

/// How connections are opened: the target and its TLS.
pub(super) struct Door {
    pub(super) target: Target,
    #[cfg(feature = "postgres-tls")]
    tls: Option<super::tls::Tls>,
}

impl Door {
    pub(super) fn new(target: Target) -> quintet_core::Result<Door> {
        Ok(Door {
            #[cfg(feature = "postgres-tls")]
            tls: match (&target.place, target.ssl) {
                (Place::Unix(_), _) | (_, SslMode::Disable) => None,
                _ => Some(super::tls::Tls::new(&target)?),
            },
            target,
        })
    }

    /// Opens one, within the URL's `connect_timeout`.
    pub(super) async fn open(&self) -> Result<Opened, Refused> {
        match patience::within(self.target.connect_timeout, self.start()).await {
            Some(opened) => opened,
            None => Err(self.away("it does not answer")),
        }
    }

    async fn start(&self) -> Result<Opened, Refused> {
        let stream = Stream::open(&self.target).await.map_err(|e| self.io(&e))?;
        let stream = self.secure(stream).await?;
        let mut handshake = Handshake { door: self, stream, input: BytesMut::new(), output: BytesMut::new() };
        let key = handshake.run().await?;
        Ok(Opened { stream: handshake.stream, input: handshake.input, key })
    }

    /// Asks the server to stop what a connection is doing, and waits until it has heard.
    pub(super) async fn cancel(&self, key: Key) {
        let asked = patience::within(self.target.connect_timeout, async {
            let stream = Stream::open(&self.target).await.map_err(|e| self.io(&e))?;
            let mut stream = self.secure(stream).await?;
            let mut request = BytesMut::new();
            frontend::cancel_request(key.process, key.secret, &mut request);
            stream.write_all(&request).await.map_err(|e| self.io(&e))?;
            stream.flush().await.map_err(|e| self.io(&e))?;
            // The server closes when it has passed the request on.
            let _ = stream.read_u8().await;
            Ok::<_, Refused>(())
        });
        match asked.await {
            Some(Ok(())) => {}
            Some(Err(refused)) => {
                tracing::debug!(error = %refused.error, "a statement could not be cancelled")
            }
            None => tracing::debug!("a statement could not be cancelled in time"),
        }
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[expect(clippy::unused_async, reason = "with TLS it waits")]
    async fn secure(&self, stream: Stream) -> Result<Stream, Refused> {
        // `require` and `verify-full` were refused with the URL.
        debug_assert!(matches!(self.target.ssl, SslMode::Disable | SslMode::Prefer));
        Ok(stream)
    }

    #[cfg(feature = "postgres-tls")]
    async fn secure(&self, stream: Stream) -> Result<Stream, Refused> {
        let Some(tls) = &self.tls else { return Ok(stream) };
        let (Stream::Tcp(mut tcp), Place::Tcp(host)) = (stream, &self.target.place) else {
            return Err(self.wrong("TLS runs over TCP only"));
        };
        let mut request = BytesMut::new();
        frontend::ssl_request(&mut request);
        tcp.write_all(&request).await.map_err(|e| self.io(&e))?;
        // Exactly one byte: whatever came before TLS begins may be an attacker's.
        match tcp.read_u8().await.map_err(|e| self.io(&e))? {
            b'S' => match tls.begin(tcp, host).await {
                Ok(stream) => Ok(Stream::Tls(stream)),
                Err(why) => Err(self.wrong(&why)),
            },
            b'N' if self.target.ssl == SslMode::Prefer => Ok(Stream::Tcp(tcp)),
            b'N' => Err(self.wrong(
                "the server offers no TLS (`ssl = on` in its configuration), and `sslmode` asks for it",
            )),
            _ => Err(self.wrong("what answers there is no PostgreSQL server")),
        }
    }

    fn io(&self, error: &io::Error) -> Refused {
        let place = match &self.target.place {
            Place::Tcp(host) => format!("{host}:{}", self.target.port),
            Place::Unix(directory) => format!("the socket in {}", directory.display()),
        };
        self.away(&format!("{place}: {error}"))
    }

    fn away(&self, why: &str) -> Refused {
        let url = &self.target.url;
        let error = unavailable(format!(
            "the database `{url}` can't be reached ({why}): is the server running, is the URL right?"
        ));
        Refused { error, passing: true }
    }

    fn wrong(&self, why: &str) -> Refused {
        Refused {
            error: Error::settings(format!("database URL `{}`: {why}", self.target.url)),
            passing: false,
        }
    }
}

/// A connection that the server does not know yet.
struct Handshake<'a> {
    door: &'a Door,
    stream: Stream,
    input: BytesMut,
    output: BytesMut,
}

impl Handshake<'_> {
    async fn run(&mut self) -> Result<Key, Refused> {
        let parameters = self.door.target.parameters();
        let pairs = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        frontend::startup_message(pairs, &mut self.output).map_err(|e| self.door.wrong(&e.to_string()))?;
        self.send().await?;
        let mut key = Key::default();
        let mut scram = None;
        loop {
            let (tag, body) = self.next().await?;
            match tag {
                b'R' => self.authenticate(&body, &mut scram).await.map_err(|why| self.unless_passing(why))?,
                b'K' => {
                    let mut reader = Reader(&body);
                    let numbers = reader.i32().and_then(|process| Ok((process, reader.i32()?)));
                    let (process, secret) = numbers.map_err(|e| self.broken(e))?;
                    key = Key { process, secret };
                }
                b'Z' => return Ok(key),
                // Its settings, and notices.
                b'S' | b'N' => {}
                b'v' => {}
                _ => {
                    return Err(self
                        .door
                        .wrong("what answers there speaks no protocol that this driver knows"));
                }
            }
        }
    }

    fn unless_passing(&self, why: Trouble) -> Refused {
        match why {
            Trouble::Refused(refused) => refused,
            Trouble::Wrong(why) => self.door.wrong(&why),
        }
    }

    async fn authenticate(&mut self, body: &[u8], scram: &mut Option<ScramSha256>) -> Result<(), Trouble> {
        let target = &self.door.target;
        let mut reader = Reader(body);
        let kind = reader.i32().map_err(|e| self.broken(e))?;
        if matches!(kind, 0 | 12) {
            if kind == 12 {
                // The server proves that it knows the password, too.
                let scram = scram
                    .as_mut()
                    .ok_or_else(|| Trouble::Wrong("the server ends what it did not begin".to_owned()))?;
                scram
                    .finish(reader.0)
                    .map_err(|e| Trouble::Wrong(format!("the server is not who it says: {e}")))?;
            }
            return Ok(());
        }
        let password = target.password.as_deref().ok_or_else(|| {
            Trouble::Wrong(
                "the server wants a password: write `postgres://user:password@host/database`".to_owned(),
            )
        })?;
        let password = password.as_bytes();
        let written = match kind {
            3 => frontend::password_message(password, &mut self.output),
            5 => {
                let salt = reader.u32().map_err(|e| self.broken(e))?.to_be_bytes();
                let hash = md5_hash(target.user.as_bytes(), password, salt);
                frontend::password_message(hash.as_bytes(), &mut self.output)
            }
            10 => {
                let mut offered = Vec::new();
                while let Some(name) = reader.text().ok().filter(|name| !name.is_empty()) {
                    offered.push(name);
                }
                if !offered.iter().any(|name| name == SCRAM_SHA_256) {
                    return Err(Trouble::Wrong(format!("the server offers only {}", offered.join(", "))));
                }
                let begun = scram.insert(ScramSha256::new(password, ChannelBinding::unsupported()));
                frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), &mut self.output)
            }
            11 => match scram {
                Some(scram) => scram
                    .update(reader.0)
                    .and_then(|()| frontend::sasl_response(scram.message(), &mut self.output)),
                None => {
                    return Err(Trouble::Wrong("the server goes on with what it did not begin".to_owned()));
                }
            },
            other => {
                return Err(Trouble::Wrong(format!(
                    "the server asks for the login method {other}, which this driver has not: use scram-sha-256 in pg_hba.conf"
                )));
            }
        };
        written.map_err(|e| Trouble::Wrong(format!("logging in failed: {e}")))?;
        self.send().await.map_err(Trouble::Refused)
    }

    async fn send(&mut self) -> Result<(), Refused> {
        let sent = async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|e| self.door.io(&e))?;
        self.output.clear();
        Ok(())
    }

    /// The next message; an error of the server is an error.
    async fn next(&mut self) -> Result<(u8, BytesMut), Refused> {
        loop {
            if let Some((tag, body, length)) = message(&self.input).map_err(|e| self.broken(e))? {
                if tag == b'E' {
                    let report = Report::read(body).map_err(|e| self.broken(e))?;
                    let passing = report.is_passing();
                    return Err(Refused { error: report.error(&self.door.target.url), passing });
                }
                let mut whole = self.input.split_to(length);
                return Ok((tag, whole.split_off(5)));
            }
            self.input.reserve(4096);
            if self.stream.read_buf(&mut self.input).await.map_err(|e| self.door.io(&e))? == 0 {
                return Err(self.door.away("the server closed the connection"));
            }
        }
    }

    fn broken(&self, _: Malformed) -> Refused {
        self.door.wrong("what answers there speaks no protocol that this driver knows")
    }
}

enum Trouble {
    Refused(Refused),
    Wrong(String),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Trouble {
        Trouble::Refused(refused)
    }
}
