use std::{convert::Infallible, io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use quintet_core::Services;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout_at},
};

use super::{
    Draining, ServerSettings, Shutdown,
    io::{WriteTimeout, deadline},
};
use crate::{background::Background, middleware::Gate};

/// Accepts connections until told to stop, then drains.
pub(super) async fn serve(
    listener: TcpListener,
    gate: Gate,
    services: &Services,
    settings: &Arc<ServerSettings>,
    shutdown: &Shutdown,
) -> Draining {
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let mut connections = JoinSet::new();
    let stopping = shutdown.stopping();
    tokio::pin!(stopping);
    loop {
        // A place first: while there is none the system's queue holds further clients.
        let place = tokio::select! {
            () = &mut stopping => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut stopping => break,
            accepted = listener.accept() => accepted,
        };
        // Those that have ended give their results back, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (gate, settings, shutdown) = (gate.clone(), settings.clone(), shutdown.clone());
                connections.spawn(async move {
                    let _place = place;
                    connection(stream, peer, gate, &settings, &shutdown).await;
                });
            }
            Err(error) => pause(&error).await,
        }
    }
    drop(listener);
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
    peer: SocketAddr,
    gate: Gate,
    settings: &ServerSettings,
    shutdown: &Shutdown,
) {
    // Small responses leave at once.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(WriteTimeout::new(stream, settings.write_timeout));
    let service = service_fn(move |request: Request<Incoming>| {
        let gate = gate.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            Ok::<_, Infallible>(gate.answer(request).await)
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        // hyper asks for at least 8 KiB.
        .max_buf_size(settings.max_header_size.as_usize().max(8192));
    let connection = builder.serve_connection(io, service).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.stopping() => {
            // Answers what is under way, then closes; a resting connection closes at once.
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
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
    let quiet = async {
        while connections.join_next().await.is_some() {}
        background.idle().await;
    };
    tokio::select! {
        _ = timeout_at(until, quiet) => {}
        () = shutdown.now() => {}
    }
    let end = Draining { cut: connections.len(), unfinished: background.running() };
    connections.abort_all();
    end
}
