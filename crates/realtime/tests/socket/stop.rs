//! The end of the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quintet_core::Site;
use quintet_realtime::socket::Upgrade;
use quintet_web::{Routing, Stopping, axum::response::Response, server::Draining, stopping};

use crate::{
    client::{Client, answer},
    echo,
    site::{serve, serve_with},
};

#[tokio::test]
async fn all_are_told_and_the_server_waits_for_their_handlers() {
    let done = Arc::new(AtomicBool::new(false));
    let cleaned = done.clone();
    let handler = async move |upgrade: Upgrade| -> Response {
        let cleaned = cleaned.clone();
        upgrade.run(async move |mut socket| {
            assert_eq!(socket.recv().await?, None);
            // It has something to put in order.
            tokio::time::sleep(Duration::from_millis(200)).await;
            cleaned.store(true, Ordering::SeqCst);
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    served.shutdown.stop();
    assert_eq!(client.closed().await, (1001, "the server stops".to_owned()));
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    assert!(done.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_handler_may_say_goodbye_itself() {
    let handler = async |upgrade: Upgrade| -> Response {
        upgrade.open_at_stop().run(async |mut socket| {
            tokio::select! {
                _ = socket.recv() => {}
                () = stopping() => {
                    socket.send("bye: restart").await?;
                    socket.close(1012, "restart");
                }
            }
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    // It is there.
    tokio::time::sleep(Duration::from_millis(50)).await;
    served.shutdown.stop();
    assert_eq!(client.text().await, "bye: restart");
    assert_eq!(client.closed().await, (1012, "restart".to_owned()));
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
}

#[tokio::test]
async fn who_takes_too_long_is_cut() {
    let handler = async |upgrade: Upgrade| -> Response {
        upgrade.open_at_stop().run(async |_socket| {
            std::future::pending::<()>().await;
            Ok(())
        })
    };
    let served = serve_with(Site::new().get("/", handler), &[("server.drain_timeout", "200ms")]).await;
    let mut client = served.open("/").await;
    let stopping = Stopping::of(&served.services);
    served.shutdown.stop();
    assert_eq!(served.end().await, Draining { cut: 1, unfinished: 1 });
    client.ended().await;
    while stopping.connections() + stopping.held() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_begins_any_more() {
    let served = serve(echo::site()).await;
    let first = served.open("/echo/").await;
    let mut late = served.connect().await;
    // Let in, and not asked yet.
    while Stopping::of(&served.services).connections() < 2 {
        tokio::task::yield_now().await;
    }
    served.shutdown.stop();
    Stopping::of(&served.services).wait().await;
    let head = answer(&mut late, "/echo/", &[]).await;
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    drop((first, late));
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
}

#[tokio::test]
async fn a_hundred_end_at_once() {
    let served = serve(echo::site()).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(served.open("/echo/").await);
    }
    let ends: Vec<_> = clients
        .into_iter()
        .map(|mut client: Client| tokio::spawn(async move { client.closed().await.0 }))
        .collect();
    served.shutdown.stop();
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    for end in ends {
        assert_eq!(end.await.unwrap(), 1001);
    }
}
