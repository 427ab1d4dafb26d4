//! The site, as a process of its own: it gets the listening socket as its standard input, says when it is ready, and is told by a
//! line of its own what happens.

use std::{
    net::TcpListener,
    os::{fd::OwnedFd, unix::fs::DirBuilderExt},
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quintet_core::{Error, Result};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, unix::OwnedWriteHalf},
    process::{ChildStderr, Command},
};

use super::{
    build::{Identity, binary},
    problem::Problem,
    project::Project,
};
use crate::style::Style;

/// The variable that tells the site of its supervisor: as in `quintet_web::dev`.
const VARIABLE: &str = "DEV_QUINTET";
/// How much of what a site has said last is kept, for when it ends.
const KEPT: usize = 32 * 1024;
/// How long after its end something may still be read of what it said.
const REST: Duration = Duration::from_millis(200);

/// Starts sites.
pub(super) struct Spawner {
    listener: TcpListener,
    control: UnixListener,
    folder: PathBuf,
    text_logs: bool,
}

/// A running site.
pub(super) struct Child {
    process: tokio::process::Child,
    control: OwnedWriteHalf,
    said: Said,
    binary: Identity,
}

pub(super) enum Started {
    Ready(Box<Child>),
    Failed(Problem),
}

impl Spawner {
    /// `text_logs`: the site may choose how it logs, and a person looks on.
    ///
    /// # Errors
    /// If the system has no place for a socket.
    pub(super) fn new(listener: &TcpListener, text_logs: bool) -> Result<Self> {
        let mut bytes = [0u8; 8];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = std::env::temp_dir().join(format!("quintet-dev-{name}"));
        // Nobody else may tell a site what to do.
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let control = UnixListener::bind(folder.join("control"))?;
        Ok(Spawner { listener: listener.try_clone()?, control, folder, text_logs })
    }

    /// Starts the site and waits until it serves or has ended. If nobody waits any more, it is killed.
    ///
    /// # Errors
    /// If there is no binary.
    pub(super) async fn start(&self, project: &Project) -> Result<Started> {
        // Before it starts: of one that takes its place meanwhile it is not known that it runs.
        let identity = Identity::of(&binary(project));
        let mut process = self.command(project)?.spawn().map_err(|error| {
            Error::internal(format!("{} can't be started: {error}", binary(project).display()))
                .with_source(error)
        })?;
        let said = Said::default();
        let reading = process.stderr.take().map(|stderr| tokio::spawn(said.clone().listen(stderr)));
        let id = process.id();
        tokio::select! {
            control = self.ready(id) => {
                Ok(Started::Ready(Box::new(Child { process, control: control?, said, binary: identity })))
            }
            status = process.wait() => {
                if let Some(reading) = reading {
                    // What it has started in its turn may keep its output open.
                    let _ = tokio::time::timeout(REST, reading).await;
                }
                Ok(Started::Failed(Problem::new(format!("It does not start ({})", status?), said.text()).shown()))
            }
        }
    }

    fn command(&self, project: &Project) -> Result<Command> {
        let mut command = Command::new(binary(project));
        let socket = OwnedFd::from(self.listener.try_clone()?);
        command
            .arg("serve")
            .env(VARIABLE, format!("{}:{}", std::process::id(), self.folder.join("control").display()))
            .stdin(Stdio::from(socket))
            .stderr(Stdio::piped())
            // Ctrl-C is for the supervisor, which then stops the site.
            .process_group(0)
            .kill_on_drop(true);
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        if terminal && self.text_logs {
            command.env("QUINTET_LOG_FORMAT", "text");
        }
        if Style::stderr().is_on() {
            // It writes into a pipe, but what it writes comes to a terminal.
            command.env("CLICOLOR_FORCE", "1");
        }
        Ok(command)
    }

    /// The line to the site with this process id, when it says that it is ready.
    async fn ready(&self, id: Option<u32>) -> Result<OwnedWriteHalf> {
        loop {
            let (stream, _) = self.control.accept().await?;
            let (read, write) = stream.into_split();
            let mut line = String::new();
            BufReader::new(read).read_line(&mut line).await?;
            let said = line.trim_end().strip_prefix("ready ").and_then(|id| id.parse().ok());
            // Another one is late: it has been given up.
            if said.is_some() && said == id {
                return Ok(write);
            }
        }
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // Only a socket is in it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Child {
    /// Does it run what is built now? If another Cargo has built it, ours says that nothing had to be done.
    pub(super) fn runs(&self, project: &Project) -> bool {
        self.binary == Identity::of(&binary(project))
    }

    /// Tells the site something. One that does not listen any more is about to end.
    pub(super) async fn say(&mut self, line: &str) {
        let _ = self.control.write_all(format!("{line}\n").as_bytes()).await;
    }

    /// Waits until it ends by itself, which it should not.
    pub(super) async fn ended(&mut self) -> Problem {
        let title = match self.process.wait().await {
            Ok(status) => format!("The site has ended ({status})"),
            Err(error) => format!("The site has ended ({error})"),
        };
        Problem::new(title, self.said.text()).shown()
    }

    /// Lets it finish what it has begun; after `most` it is killed.
    pub(super) async fn stop(mut self, most: Duration) {
        self.say("stop").await;
        if tokio::time::timeout(most, self.process.wait()).await.is_err() {
            let _ = self.process.kill().await;
        }
    }
}

/// What a site has said last on its standard error.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    /// Passes it on to the terminal, and keeps the end of it.
    async fn listen(self, mut stderr: ChildStderr) {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = stderr.read(&mut piece).await {
            let piece = piece.get(..read).unwrap_or_default();
            // A terminal that is gone is nobody to tell.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), piece);
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(piece);
            let more = kept.len().saturating_sub(KEPT);
            kept.drain(..more);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
