use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io::ErrorKind,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    task::Waker,
    time::Duration,
};

use futures_util::FutureExt;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use quintet_core::Services;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    task::JoinSet,
    time::{sleep, timeout_at},
};

use super::{
    Draining, ServerSettings, Shutdown,
    io::{WriteTimeout, deadline},
    places::Places,
};
use crate::{
    background::Background,
    deadline::{Deadline, NoHead, Watch},
    middleware::Gate,
    stopping::{Held, Stopping},
};

/// How long a connection without any request is kept when the server stops.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// What a connection holds while it is open, whatever it is upgraded to: its place, and its count.
type Kept = (Option<OwnedSemaphorePermit>, Held);

/// Where a request's head may take any time.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Accepts connections until told to stop, then drains.
pub(super) async fn serve(
    listener: TcpListener,
    gate: Gate,
    services: &Services,
    settings: &Arc<ServerSettings>,
    shutdown: &Shutdown,
) -> Draining {
    let head = Some(settings.header_timeout).filter(|limit| !limit.is_zero()).unwrap_or(NO_LIMIT);
    let mut places = Places::new(settings.max_connections, head);
    let mut connections = JoinSet::new();
    let end = Stopping::of(services);
    end.start();
    let stopping = shutdown.stopping();
    tokio::pin!(stopping);
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => break,
            accepted = listener.accept() => accepted,
        };
        // Those that have ended give their results back, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                // While there is no place, this one waits here, and the system's queue holds further ones.
                let place = tokio::select! {
                    () = &mut stopping => break,
                    place = places.get() => place,
                };
                let (gate, settings, shutdown) = (gate.clone(), settings.clone(), shutdown.clone());
                let kept = (place, end.connected());
                let deadline = Deadline::new();
                let listed = places.list(&deadline);
                let watch = Watch::new(deadline.clone(), head);
                connections.spawn(async move {
                    connection(stream, kept, peer, gate, watch, &settings, &shutdown).await;
                    drop(listed);
                });
            }
            Err(error) => pause(&error).await,
        }
    }
    drop(listener);
    end.begin();
    drain(connections, services, settings, shutdown).await
}

/// A client that went away before it was accepted is nothing; being out of files or memory passes with time.
async fn pause(error: &std::io::Error) {
    let harmless = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused];
    if harmless.contains(&error.kind()) {
        return;
    }
    tracing::error!(%error, "can't accept connections; trying again in a second");
    sleep(Duration::from_secs(1)).await;
}

async fn connection(
    stream: TcpStream,
    kept: Kept,
    peer: SocketAddr,
    gate: Gate,
    mut watch: Watch,
    settings: &ServerSettings,
    shutdown: &Shutdown,
) {
    // Small responses leave at once.
    let _ = stream.set_nodelay(true);
    let deadline = watch.deadline().clone();
    let io = TokioIo::new(WriteTimeout::new(stream, settings.write_timeout, deadline.clone(), kept));
    let extensions = gate.extensions(peer);
    let service = {
        let deadline = deadline.clone();
        service_fn(move |request: Request<Incoming>| {
            gate.answer_on(request, extensions.clone(), deadline.clone()).map(Ok::<_, Infallible>)
        })
    };
    let mut builder = http1::Builder::new();
    // `Watch` keeps the time-out on heads, at less cost than hyper.
    builder
        .header_read_timeout(None)
        // Twice the limit, so that the gate can answer what is somewhat too large. hyper asks for at least 8 KiB.
        .max_buf_size(settings.max_header_size.as_usize().saturating_mul(2).max(8192));
    let mut connection = pin!(builder.serve_connection(io, service).with_upgrades());
    let mut stopping = pin!(shutdown.stopping());
    let (mut told, mut hurried) = (false, false);
    let mut waker: Option<Waker> = None;
    let ended = poll_fn(|cx| {
        // Whoever wakes this task is asked again only when the task is another: twice for each request it would cost.
        let new_task = waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker()));
        if new_task {
            waker = Some(cx.waker().clone());
        }
        if !told && ((new_task && stopping.as_mut().poll(cx).is_ready()) || shutdown.is_stopping()) {
            if deadline.begun() {
                told = true;
                // Answers what is under way, then closes; a resting connection closes at once.
                connection.as_mut().graceful_shutdown();
            } else if !hurried {
                hurried = true;
                // Its client has been let in and may have asked already: hyper would close without a word.
                deadline.allow(FIRST_REQUEST);
                deadline.end();
            }
        }
        let polled = watch.poll(cx, new_task, connection.as_mut());
        if polled.is_pending() && hurried && !told && deadline.begun() {
            told = true;
            connection.as_mut().graceful_shutdown();
            return watch.poll(cx, false, connection.as_mut());
        }
        polled
    })
    .await;
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "connection ended"),
        Err(NoHead) => {
            tracing::debug!(%peer, "connection ended: no request within `header_timeout`, or its place was wanted")
        }
    }
}

async fn drain(
    mut connections: JoinSet<()>,
    services: &Services,
    settings: &ServerSettings,
    shutdown: &Shutdown,
) -> Draining {
    let until = deadline(settings.drain_timeout);
    let background = services.get::<Background>().cloned().unwrap_or_default();
    let end = Stopping::of(services);
    let quiet = async {
        while connections.join_next().await.is_some() {}
        // Those that have been upgraded have left `connections`; when they end, they may leave work behind.
        loop {
            background.idle().await;
            end.idle().await;
            if background.running() == 0 {
                break;
            }
        }
    };
    tokio::select! {
        _ = timeout_at(until, quiet) => {}
        () = shutdown.now() => {}
    }
    let draining = Draining {
        cut: end.connections().max(connections.len()),
        unfinished: background.running().saturating_add(end.held()),
    };
    end.end();
    connections.abort_all();
    draining
}
