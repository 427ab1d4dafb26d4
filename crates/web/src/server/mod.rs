//! The server: from a listening socket to requests handed to the site, and back to silence.
//!
//! A connection passes `listen` → `accept` → `places` (limit on connections) → `io` (a client that stops reading is
//! let go) → hyper (limit and time-out on headers) → the site's service (body limits, request id, access log, then
//! the routes). `drain` ends it: no new connections, requests under way finish, a deadline.
mod accept;
mod command;
mod drain;
mod io;
mod listen;
mod places;

use std::{net::SocketAddr, sync::Arc};

use quintet_core::{Result, Services};
use tokio::net::TcpListener;

use crate::middleware::{Gate, access_log::AccessLog};

pub use crate::settings::{Etags, ServerSettings};
pub use command::serve_command;
pub use drain::{Draining, Shutdown};
pub use listen::listen;

/// A site that listens; [`Server::run`] serves it until it is told to stop.
pub struct Server {
    listener: TcpListener,
    services: Services,
    settings: Arc<ServerSettings>,
    shutdown: Shutdown,
    log: Option<AccessLog>,
}

impl Server {
    /// Binds to the address that the settings name.
    ///
    /// # Errors
    /// If the address can't be used: taken, not ours, not allowed; and in debug if it is reachable from
    /// outside (see [`ServerSettings::allow_public_debug`]).
    pub async fn bind(services: Services, settings: ServerSettings) -> Result<Server> {
        let listener = listen(&settings, debug(&services)).await?;
        Ok(Server::of(listener, services, settings))
    }

    /// On a socket that listens already.
    ///
    /// # Errors
    /// As [`Server::bind`], where it can be reached from.
    #[cfg(all(feature = "dev", unix))]
    pub(crate) fn on(listener: TcpListener, services: Services, settings: ServerSettings) -> Result<Server> {
        listen::check(listener.local_addr()?, &settings, debug(&services))?;
        Ok(Server::of(listener, services, settings))
    }

    fn of(listener: TcpListener, services: Services, settings: ServerSettings) -> Server {
        Server { listener, services, settings: Arc::new(settings), shutdown: Shutdown::new(), log: None }
    }

    /// The address that it listens on: with port 0 in the settings, the port that was free.
    ///
    /// # Errors
    /// If the system can't tell.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Tells the server to stop; can be kept and called from anywhere.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Writes a line for each request.
    #[must_use]
    pub fn with_log(mut self, log: AccessLog) -> Self {
        self.log = Some(log);
        self
    }

    /// Serves until told to stop, then drains.
    ///
    /// # Errors
    /// If the site's routes can't be put together. A failing connection is only logged.
    pub async fn run(self) -> Result<Draining> {
        let gate = Gate::open(&self.services, &self.settings, self.log).await?;
        Ok(accept::serve(self.listener, gate, &self.services, &self.settings, &self.shutdown).await)
    }
}

fn debug(services: &Services) -> bool {
    services.get::<quintet_core::settings::Settings>().is_some_and(|settings| settings.debug())
}
