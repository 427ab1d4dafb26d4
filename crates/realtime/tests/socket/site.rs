//! A site on a port of its own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use quintet_core::{Boot, Result, Room, Services, Site, clock::Clock, settings::Settings, signal::Signals};
use quintet_web::{
    Stopping, WebRoom,
    server::{Draining, Server, Shutdown},
};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

use crate::client::Client;

/// Far more than anything here takes; only a hang reaches it.
pub(crate) const HANG: Duration = Duration::from_secs(30);

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) services: Services,
    pub(crate) shutdown: Shutdown,
    end: JoinHandle<Result<Draining>>,
}

pub(crate) async fn serve_with(site: Site, given: &[(&str, &str)]) -> Served {
    serve_after(site, given, async |_| Ok(())).await
}

/// What other rooms do before the web room starts is done by `before`.
pub(crate) async fn serve_after(
    site: Site,
    given: &[(&str, &str)],
    before: impl AsyncFnOnce(&mut Boot) -> Result,
) -> Served {
    let site = Arc::new(site);
    let mut all = vec![("server.bind", "127.0.0.1:0")];
    all.extend(given);
    let settings = Settings::for_tests(".", all);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(Signals::of(&site));
    boot.services.insert(Clock::system());
    boot.services.insert(settings.clone());
    boot.services.insert(site);
    before(&mut boot).await.unwrap();
    WebRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let server = Server::bind(services.clone(), settings.get().unwrap()).await.unwrap();
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    Served { address, services, shutdown, end: tokio::spawn(server.run()) }
}

pub(crate) async fn serve(site: Site) -> Served {
    serve_with(site, &[]).await
}

impl Served {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A WebSocket at this path.
    pub(crate) async fn open(&self, path: &str) -> Client {
        Client::open(self.connect().await, path, &[]).await
    }

    /// Waits until no connection is open and no handler at work.
    pub(crate) async fn nobody(&self) {
        let stopping = Stopping::of(&self.services);
        let nobody = async {
            while stopping.connections() + stopping.held() > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let open = || format!("{} connections, {} handlers", stopping.connections(), stopping.held());
        assert!(timeout(HANG, nobody).await.is_ok(), "something is left open: {}", open());
    }

    pub(crate) async fn end(self) -> Draining {
        timeout(HANG, self.end).await.unwrap().unwrap().unwrap()
    }

    /// Stops it; nothing may be left.
    pub(crate) async fn stop(self) {
        self.shutdown.stop();
        assert_eq!(self.end().await, Draining { cut: 0, unfinished: 0 });
    }
}
