use std::io::IsTerminal as _;

use quintet_core::{
    Error, ErrorKind, Result, Service as _, Services,
    clock::Clock,
    command::{ArgSpec, Args, Command, Console},
    settings::{Log, LogFormat, Settings},
    signal::{Signals, SiteStarted, SiteStopping},
};

use super::{Server, ServerSettings, Shutdown};
use crate::middleware::access_log::{AccessLog, LogStyle};

/// `serve`: the command that a site's binary runs by default.
#[must_use]
pub fn serve_command() -> Command {
    Command::new("serve", "Serves the site until it is told to stop (Ctrl-C, SIGTERM).", serve)
        .arg(ArgSpec::of::<Option<String>>("bind", "address:port to listen on, instead of [server] bind"))
}

async fn serve(services: Services, args: Args) -> Result {
    let mut settings: ServerSettings = services.require::<Settings>()?.get()?;
    if let Some(bind) = args.take::<Option<String>>("bind")? {
        settings.bind = bind;
    }
    let signals = services.get::<Signals>().cloned().unwrap_or_default();
    // Everything that may fail or take long comes before the first connection.
    signals.emit(&services, SiteStarted).await?;
    let log = if settings.access_log { Some(access_log(&services)?) } else { None };
    #[cfg(all(feature = "dev", unix))]
    let (mut server, control) = match crate::dev::join().await? {
        Some((listener, control)) => (Server::on(listener, services.clone(), settings)?, Some(control)),
        None => (Server::bind(services.clone(), settings).await?, None),
    };
    #[cfg(not(all(feature = "dev", unix)))]
    let mut server = Server::bind(services.clone(), settings).await?;
    if let Some(log) = log.clone() {
        server = server.with_log(log);
    }
    #[cfg(all(feature = "dev", unix))]
    let alone = control.is_none();
    #[cfg(not(all(feature = "dev", unix)))]
    let alone = true;
    if let Some(console) = services.get::<Console>().filter(|_| alone) {
        console.line(format_args!("Serving http://{}/  (Ctrl-C stops)", server.address()?));
    }
    let listening = on_signals(server.shutdown())?;
    #[cfg(all(feature = "dev", unix))]
    if let Some(control) = control {
        let shutdown = server.shutdown();
        control.ready(move |now| if now { shutdown.stop_now() } else { shutdown.stop() }).await?;
    }
    let ended = server.run().await;
    listening.abort();
    if let Some(log) = log {
        log.close();
    }
    signals.emit(&services, SiteStopping).await?;
    let end = ended?;
    if end.cut + end.unfinished > 0 {
        return Err(Error::of_kind(
            ErrorKind::Timeout,
            http::StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "stopped with {} connection(s) cut and {} handler(s) unfinished: they took longer than \
                 `drain_timeout` in [server]",
                end.cut, end.unfinished
            ),
        ));
    }
    Ok(())
}

/// To standard error, in the form of the other logs.
fn access_log(services: &Services) -> Result<AccessLog> {
    let style = match services.require::<Settings>()?.get::<Log>()?.format {
        LogFormat::Json => LogStyle::Json,
        LogFormat::Text => LogStyle::Text,
        LogFormat::Auto if std::io::stderr().is_terminal() => LogStyle::Text,
        LogFormat::Auto => LogStyle::Json,
    };
    Ok(AccessLog::start(style, Clock::of(services)?, std::io::stderr())?)
}

/// The first signal drains, the second doesn't wait.
fn on_signals(shutdown: Shutdown) -> Result<tokio::task::JoinHandle<()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(tokio::spawn(async move {
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            #[cfg(not(unix))]
            let _ = tokio::signal::ctrl_c().await;
            if shutdown.is_stopping() {
                shutdown.stop_now();
            } else {
                tracing::info!("stopping: requests under way may finish");
                shutdown.stop();
            }
        }
    }))
}
