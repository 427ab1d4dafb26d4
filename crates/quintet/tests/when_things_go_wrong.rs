//! A site with a database over a real socket: handlers that panic, clients that go away, a server that stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{net::SocketAddr, time::Duration};

use quintet::{prelude::*, web::server::Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(30);

/// What somebody bought.
#[model(app = "orders")]
#[derive(Debug)]
pub struct Order {
    /// Its name.
    #[field(max_length = 20)]
    pub item: String,
}

#[get("/count/")]
async fn count(db: Db) -> Result<String> {
    Ok(Order.query().count(&db).await?.to_string())
}

#[post("/panic/")]
async fn panics_half_way(db: Db) -> Result {
    db.atomic(async |tx| {
        create!(Order { item: "half" }).insert(tx).await?;
        if Order.query().exists(tx).await? {
            panic!("the card reader is on fire");
        }
        Ok(())
    })
    .await
}

static ENTERED: Notify = Notify::const_new();
static GO_ON: Notify = Notify::const_new();

#[post("/order/")]
async fn order(db: Db) -> Result<&'static str> {
    db.atomic(async |tx| {
        create!(Order { item: "first" }).insert(tx).await?;
        ENTERED.notify_one();
        GO_ON.notified().await;
        create!(Order { item: "second" }).insert(tx).await?;
        Ok(())
    })
    .await?;
    Ok("ordered")
}

fn site() -> Site {
    Site::new().install(App::new("orders").models(Order).routes(routes![count, panics_half_way, order]))
}

/// The site behind a socket.
async fn serve(site: &TestSite) -> (SocketAddr, quintet::web::server::Shutdown) {
    let mut settings: quintet::web::server::ServerSettings = site.settings().unwrap().get().unwrap();
    settings.bind = "127.0.0.1:0".into();
    let server = Server::bind(site.services().clone(), settings).await.unwrap();
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    tokio::spawn(server.run());
    (address, shutdown)
}

async fn send(address: SocketAddr, method: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let mut text = String::new();
    timeout(HANG, send(address, method, path).await.read_to_string(&mut text)).await.unwrap().unwrap();
    text
}

#[quintet::test(site)]
async fn a_panic_in_a_transaction_is_500_rolls_back_and_leaves_the_server_alive(site: TestSite) {
    let (address, _) = serve(&site).await;
    for _ in 0..3 {
        let answer = ask(address, "POST", "/panic/").await;
        assert!(answer.starts_with("HTTP/1.1 500") && !answer.contains("card reader"), "{answer}");
    }
    let answer = ask(address, "GET", "/count/").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n0"), "{answer}");
}

#[quintet::test(site)]
async fn a_post_commits_as_a_whole_although_its_client_went_away_and_the_server_stops(site: TestSite) {
    let (address, shutdown) = serve(&site).await;
    let stream = send(address, "POST", "/order/").await;
    timeout(HANG, ENTERED.notified()).await.unwrap();
    drop(stream);
    shutdown.stop();
    GO_ON.notify_one();
    let whole = async {
        while Order.query().count(&site.db).await.unwrap() != 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(HANG, whole).await.expect("the handler runs to its end");
}
