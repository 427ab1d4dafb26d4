//! The task that keeps in touch with the server: connects, again and again, and while it is connected does all that goes on by itself.
use std::{collections::HashSet, convert::Infallible, sync::Arc};

use quintet_core::{Error, ErrorKind, Result};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::{Inner, NodeId, Server, pause};

/// Runs until it is aborted.
pub(super) async fn run<S: Server>(inner: Arc<Inner<S>>) {
    let mut failures = 0;
    let mut down_since: Option<Instant> = None;
    loop {
        let name = inner.server.name();
        let error = match connect(&inner).await {
            Ok(pump) => {
                let up = || {
                    if let Some(since) = down_since.take() {
                        tracing::info!(layer = name, away = ?since.elapsed(), "the layer carries topics again");
                    }
                    failures = 0;
                };
                session(&inner, pump, up).await
            }
            Err(error) => error,
        };
        failures += 1;
        if down_since.is_none() {
            down_since = Some(Instant::now());
            tracing::warn!(layer = name, %error, "the layer can't carry topics; trying again");
        }
        let why = error.to_string();
        inner.reach.set_down_by(match *error.kind() {
            ErrorKind::Unavailable | ErrorKind::Settings => error,
            _ => inner.reach.away(&why),
        });
        inner.follow.fail_joining(&why);
        sleep(pause(failures)).await;
    }
}

/// The server sees to it that this takes no longer than it must; the first time there may be much to do.
async fn connect<S: Server>(inner: &Inner<S>) -> Result<S::Pump> {
    match timeout(inner.pace.limit * 6, inner.server.connect()).await {
        Ok(answer) => answer,
        Err(_) => Err(inner.reach.away("its server did not answer in time")),
    }
}

/// Until the connection is lost.
async fn session<S: Server>(inner: &Inner<S>, mut pump: S::Pump, up: impl FnMut()) -> Error {
    let (dead, missed) = watch::channel(Vec::new());
    let work = async {
        match begin(inner, up).await {
            Err(error) => error,
            Ok(subscribed) => {
                tokio::select! {
                    error = inner.reach.lost() => error,
                    error = beat(inner, &dead) => error,
                    error = reap(inner, missed) => error,
                    error = inner.follow.subscribe(inner, subscribed) => error,
                    error = inner.follow.look_up(inner) => error,
                    error = inner.follow.check(inner) => error,
                    never = tidy(inner) => match never {},
                }
            }
        }
    };
    tokio::select! {
        // Whatever else there is to do, what comes is read.
        biased;
        error = inner.server.pump(&mut pump, &inner.follow) => error,
        error = work => error,
    }
}

/// Shows itself, listens to what it did, and looks what it has missed.
async fn begin<S: Server>(inner: &Inner<S>, mut up: impl FnMut()) -> Result<HashSet<Arc<str>>> {
    inner.incarnate().await?;
    let names = inner.follow.names();
    inner.follow.subscribe_to(inner, &names, &[]).await?;
    inner.reach.set_up();
    up();
    inner.follow.doubt_all();
    inner.follow.join_again();
    Ok(names.into_iter().collect())
}

/// Shows that this process lives, and looks who doesn't.
async fn beat<S: Server>(inner: &Inner<S>, dead: &watch::Sender<Vec<(NodeId, bool)>>) -> Error {
    let mut ticks = interval(inner.pace.beat);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = beat_once(inner, dead).await {
            return error;
        }
    }
}

async fn beat_once<S: Server>(inner: &Inner<S>, dead: &watch::Sender<Vec<(NodeId, bool)>>) -> Result {
    inner.ask_now(inner.server.ping()).await?;
    let Some(node) = inner.own.node() else { return Ok(()) };
    let beat = inner.ask_now(inner.server.beat(node)).await?;
    if !beat.known || inner.own.is_doubtful() {
        // It was taken for dead, or something it did not get through.
        inner.incarnate().await?;
    }
    dead.send_replace(beat.dead);
    Ok(())
}

/// Removes who was present by processes that were missed.
async fn reap<S: Server>(inner: &Inner<S>, mut dead: watch::Receiver<Vec<(NodeId, bool)>>) -> Error {
    while dead.changed().await.is_ok() {
        let nodes = dead.borrow_and_update().clone();
        for (node, long) in nodes {
            // What it sent last may come late, so it is looked at again for a while.
            if let Err(error) = inner.reap(node, long).await {
                return error;
            }
        }
    }
    // The other end is held as long as this runs.
    std::future::pending().await
}

/// Has the server let go of what is too old, where it doesn't by itself. Whether the server is there is for the heartbeat to notice: one
/// that is only slow at this carries topics all the same.
async fn tidy<S: Server>(inner: &Inner<S>) -> Infallible {
    let Some(every) = inner.server.tidy_every() else { return std::future::pending().await };
    loop {
        sleep(every).await;
        if let Err(error) = inner.ask_now(inner.server.tidy()).await {
            tracing::warn!(%error, "what is too old in topics was not removed");
        }
    }
}
