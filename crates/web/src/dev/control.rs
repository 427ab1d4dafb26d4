//! The line to the supervisor: `ready` goes up; `stop`, `event NAME DATA`, `problem DATA` and `fine` come down. Data is JSON in one line.
//!
//! When the supervisor is gone, so is the site.

use std::{io, path::Path, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use super::current;

/// How long a site may take to end when its supervisor is gone.
const LAST: Duration = Duration::from_secs(2);

pub(crate) struct Control(UnixStream);

impl Control {
    pub(super) async fn connect(path: &Path) -> io::Result<Self> {
        Ok(Control(UnixStream::connect(path).await?))
    }

    /// Tells that connections may come, and does from now on what is said. `stop` stops the server, at once if its argument
    /// says so.
    pub(crate) async fn ready(mut self, stop: impl Fn(bool) + Send + 'static) -> io::Result<()> {
        self.0.write_all(format!("ready {}\n", std::process::id()).as_bytes()).await?;
        tokio::spawn(async move {
            let mut lines = BufReader::new(self.0).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                obey(&line, &stop);
            }
            obey("stop", &stop);
            stop(true);
            tokio::time::sleep(LAST).await;
            std::process::exit(1);
        });
        Ok(())
    }
}

fn obey(line: &str, stop: &impl Fn(bool)) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let Some(dev) = current() else { return };
    match word {
        "stop" => {
            dev.events.end();
            stop(false);
        }
        "event" => {
            let (name, data) = rest.split_once(' ').unwrap_or((rest, "{}"));
            dev.events.send(name, data);
        }
        "problem" => dev.events.problem(rest),
        "fine" => dev.events.fine(),
        _ => tracing::warn!(line, "the development loop says what this site does not understand"),
    }
}
