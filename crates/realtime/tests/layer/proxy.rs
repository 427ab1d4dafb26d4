//! A way to a server that the test may cut off, or fill with silence.
use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections are closed, and new ones too.
    Cut,
    /// Nothing is carried.
    Silent,
}

pub struct Proxy {
    pub port: u16,
    way: Arc<watch::Sender<Way>>,
}

impl Proxy {
    /// Leads to this port of the machine.
    pub async fn to(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let ways = way.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let way = ways.subscribe();
                tokio::spawn(async move {
                    if *way.borrow() == Way::Cut {
                        return;
                    }
                    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
                    let (client_reads, client_writes) = client.into_split();
                    let (server_reads, server_writes) = server.into_split();
                    tokio::select! {
                        () = carry(client_reads, server_writes, way.clone()) => {}
                        () = carry(server_reads, client_writes, way.clone()) => {}
                        () = until(way.clone(), |way| way == Way::Cut) => {}
                    }
                });
            }
        });
        Proxy { port, way }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn until(mut way: watch::Receiver<Way>, is: impl Fn(Way) -> bool) {
    if way.wait_for(|way| is(*way)).await.is_err() {
        // The test is over.
    }
}

async fn carry(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    way: watch::Receiver<Way>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        until(way.clone(), |way| way != Way::Silent).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
