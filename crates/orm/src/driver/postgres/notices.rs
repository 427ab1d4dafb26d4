//! A connection that hears what is said by NOTIFY.
//!
//! It belongs to whoever listens, who reads from it by asking for the next notice: nothing is queued on this side. Opening it again is a
//! task of its own, so that a listener that does other things in between does not hold it up.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use quintet_core::{BoxFuture, Error, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};

use super::{
    errors::Report,
    owner::Facts,
    reach::{Reach, pause},
    reader::{Malformed, Reader, message},
    stream::Stream,
};
use crate::{
    db::{Notice, patience},
    driver::Hearing,
};

/// What listens.
struct Listener {
    reach: Arc<Reach>,
    listen: Arc<str>,
    test_after: Duration,
    live: Option<Live>,
    opening: Option<JoinHandle<Result<Live>>>,
    failures: u32,
}

/// An open connection.
struct Live {
    stream: Stream,
    input: BytesMut,
    output: BytesMut,
    heard: Instant,
    /// When the server was asked whether it is there.
    asked: Option<Instant>,
}

/// Listens to these channels.
pub(super) async fn listen(reach: Arc<Reach>, channels: &[String]) -> Result<Box<dyn Hearing>> {
    let mut listen = String::new();
    for channel in channels {
        // PostgreSQL cuts longer ones off, and would then not find them.
        if channel.is_empty() || channel.len() > 63 || channel.contains('\0') {
            return Err(Error::database(format!(
                "`{}` is no channel: its name has 1 to 63 bytes",
                channel.escape_debug()
            )));
        }
        listen.push_str("LISTEN \"");
        listen.push_str(&channel.replace('"', "\"\""));
        listen.push_str("\";");
    }
    let live = open(&reach.facts, &listen).await?;
    let test_after = Duration::from_secs(15);
    let listen = listen.into();
    Ok(Box::new(Listener { reach, listen, test_after, live: Some(live), opening: None, failures: 0 }))
}

async fn open(facts: &Facts, listen: &str) -> Result<Live> {
    let door = &facts.door;
    let opened = door.open().await.map_err(|refused| refused.error)?;
    let mut live = Live {
        stream: opened.stream,
        input: opened.input,
        output: BytesMut::new(),
        heard: Instant::now(),
        asked: None,
    };
    let listening = patience::within(door.target.connect_timeout, live.listen(listen, &door.target.url));
    listening.await.unwrap_or_else(|| Err(lost(&door.target.url, "it does not answer")))?;
    Ok(live)
}

fn lost(url: &str, why: &str) -> Error {
    super::errors::unavailable(format!("the connection to the database `{url}` was lost ({why})"))
}

impl Live {
    async fn listen(&mut self, listen: &str, url: &str) -> Result {
        frontend::query(listen, &mut self.output).map_err(|error| Error::database(error.to_string()))?;
        loop {
            while let Some((tag, body)) = self.take().map_err(|why| lost(url, &why))? {
                match tag {
                    b'E' => return Err(self.report(&body, url)),
                    b'Z' => return Ok(()),
                    // What is said before all of it is heard is not known to have been heard.
                    _ => {}
                }
            }
            self.read().await.map_err(|why| lost(url, &why))?;
        }
    }

    fn report(&self, body: &[u8], url: &str) -> Error {
        match Report::read(body) {
            Ok(report) => report.error(url),
            Err(Malformed) => lost(url, MALFORMED),
        }
    }

    /// The next message that is complete.
    fn take(&mut self) -> Result<Option<(u8, BytesMut)>, String> {
        let found = message(&self.input).map_err(|Malformed| MALFORMED.to_owned())?;
        let Some((tag, _, length)) = found else { return Ok(None) };
        let mut whole = self.input.split_to(length);
        Ok(Some((tag, whole.split_off(5))))
    }

    /// Writes what is to be written, and reads once. May be dropped and begun anew.
    async fn read(&mut self) -> Result<(), String> {
        let work = async {
            while !self.output.is_empty() {
                if self.stream.write_buf(&mut self.output).await? == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                self.stream.flush().await?;
            }
            self.input.reserve(4096);
            self.stream.read_buf(&mut self.input).await
        };
        match work.await {
            Ok(0) => Err("the server closed it".to_owned()),
            Ok(_) => {
                self.heard = Instant::now();
                self.asked = None;
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// The next notice, or why there is none any more.
    async fn next(&mut self, test_after: Duration) -> Result<Notice, String> {
        loop {
            while let Some((tag, body)) = self.take()? {
                match tag {
                    b'A' => return read_notice(&body).map_err(|Malformed| MALFORMED.to_owned()),
                    // It ends the connection.
                    b'E' => {
                        return Err(Report::read(&body).map_or(MALFORMED.to_owned(), |report| report.message));
                    }
                    _ => {}
                }
            }
            let patient_until = self.asked.unwrap_or(self.heard) + test_after;
            match patience::until(patient_until, self.read()).await {
                Some(read) => read?,
                None if self.asked.is_some() => return Err("the server does not answer".to_owned()),
                None => {
                    self.asked = Some(Instant::now());
                    // Can't fail: the text is ours.
                    let _ = frontend::query("", &mut self.output);
                }
            }
        }
    }
}

const MALFORMED: &str = "the server sent what this driver does not know";

fn read_notice(body: &[u8]) -> Result<Notice, Malformed> {
    let mut reader = Reader(body);
    let process = reader.i32()?;
    let channel = reader.text()?.into_owned();
    let payload = reader.text()?.into_owned();
    Ok(Notice::Said { channel, payload, process })
}

impl Listener {
    async fn next_notice(&mut self) -> Notice {
        loop {
            if let Some(live) = &mut self.live {
                match live.next(self.test_after).await {
                    Ok(notice) => return notice,
                    Err(why) => {
                        self.live = None;
                        let url = &*self.reach.facts.door.target.url;
                        tracing::warn!(url, why, "a connection that listens was lost");
                        return Notice::Lost { why };
                    }
                }
            }
            let opening = self.opening.get_or_insert_with(|| {
                let (reach, listen, failures) = (self.reach.clone(), self.listen.clone(), self.failures);
                self.reach.runtime().spawn(async move {
                    if failures > 0 {
                        tokio::time::sleep(pause(failures)).await;
                    }
                    open(&reach.facts, &listen).await
                })
            });
            let opened = opening.await;
            self.opening = None;
            match opened {
                Ok(Ok(live)) => {
                    self.failures = 0;
                    self.live = Some(live);
                    return Notice::Back;
                }
                Ok(Err(error)) => {
                    self.failures = self.failures.saturating_add(1);
                    if self.failures == 1 {
                        tracing::warn!(%error, "it can't listen again yet");
                    }
                }
                Err(error) => {
                    self.failures = self.failures.saturating_add(1);
                    tracing::error!(%error, "the task that listens again broke off");
                }
            }
        }
    }
}

impl Hearing for Listener {
    fn next(&mut self) -> BoxFuture<'_, Notice> {
        Box::pin(self.next_notice())
    }

    fn test_after(&mut self, pause: Duration) {
        self.test_after = pause;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(opening) = self.opening.take() {
            opening.abort();
        }
    }
}
