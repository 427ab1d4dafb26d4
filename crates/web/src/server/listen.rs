use std::{io::ErrorKind, net::SocketAddr};

use quintet_core::{Error, Result};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

use super::ServerSettings;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Opens the listening socket.
///
/// # Errors
/// Names the address, what is wrong with it and what to do.
pub async fn listen(settings: &ServerSettings, debug: bool) -> Result<TcpListener> {
    let bind = &settings.bind;
    let hint = "set it by QUINTET_BIND, `bind` in [server] of quintet.toml, or --bind";
    let mut addresses = lookup_host(bind.as_str()).await.map_err(|e| {
        Error::settings(format!(
            "can't listen on `{bind}`: {e}; write address:port, such as 127.0.0.1:8000 ({hint})"
        ))
    })?;
    let Some(address) = addresses.next() else {
        return Err(Error::settings(format!("can't listen on `{bind}`: the name has no address ({hint})")));
    };
    check(address, settings, debug)?;
    open(address).map_err(|e| {
        let why = match e.kind() {
            ErrorKind::AddrInUse => {
                "another program listens there; stop it or choose another port".to_owned()
            }
            ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
            ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege; choose a higher one".to_owned()
            }
            _ => e.to_string(),
        };
        Error::settings(format!("can't listen on {address}: {why} ({hint})")).with_source(e)
    })
}

/// # Errors
/// If a site in debug could be reached from other machines.
pub(super) fn check(address: SocketAddr, settings: &ServerSettings, debug: bool) -> Result {
    if debug && !address.ip().is_loopback() && !settings.allow_public_debug {
        return Err(Error::settings(format!(
            "`debug = true` and {address} is reachable from other machines: error pages would show them source and \
             settings. Listen on 127.0.0.1, turn debug off, or set `allow_public_debug = true` in [server]"
        )));
    }
    Ok(())
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // So that a restart need not wait for the last connections' TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
