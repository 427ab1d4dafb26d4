//! The site behind a real socket.

use std::net::SocketAddr;

use quintet_core::{Result, Services, settings::Settings};
use quintet_web::{
    Url,
    server::{Server, ServerSettings, Shutdown},
};
use tokio::task::JoinHandle;

/// The site of a test, serving on a free port of this machine: for browsers and HTTP clients.
///
/// It is the same site with the same database as the test's; both see what the other has committed. Dropping it stops it.
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct LiveSite {
    address: SocketAddr,
    shutdown: Shutdown,
    serving: Option<JoinHandle<()>>,
    services: Services,
}

impl LiveSite {
    pub(crate) async fn start(services: &Services) -> Result<LiveSite> {
        let mut settings: ServerSettings = services.require::<Settings>()?.get()?;
        settings.bind = "127.0.0.1:0".to_owned();
        let server = Server::bind(services.clone(), settings).await?;
        let (address, shutdown) = (server.address()?, server.shutdown());
        let serving = tokio::spawn(async move {
            if let Err(error) = server.run().await {
                panic!("the live site can't serve: {error:?}");
            }
        });
        Ok(LiveSite { address, shutdown, serving: Some(serving), services: services.clone() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The whole address of a page: `live.url(films::url())` is `http://127.0.0.1:40123/films/`.
    ///
    /// # Panics
    /// If the route is not installed.
    #[must_use]
    #[track_caller]
    pub fn url(&self, path: impl Into<Url>) -> String {
        format!("http://{}{}", self.address, path.into())
    }

    /// The services of the site that it serves.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Stops it, and waits until what was under way has its answers: at most as long as `[server] drain_timeout`.
    ///
    /// # Panics
    /// If it could not serve.
    pub async fn stop(mut self) {
        self.shutdown.stop();
        if let Some(serving) = self.serving.take()
            && let Err(error) = serving.await
        {
            panic!("the live site did not stop in order: {error}");
        }
    }
}

impl Drop for LiveSite {
    fn drop(&mut self) {
        self.shutdown.stop();
        self.shutdown.stop_now();
    }
}
