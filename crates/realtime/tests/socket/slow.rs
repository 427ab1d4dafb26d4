//! Clients that don't read, don't answer, or take their time; handlers that do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quintet_core::Site;
use quintet_realtime::socket::{Closed, Upgrade};
use quintet_web::{Routing, axum::response::Response};
use tokio::sync::mpsc;

use crate::{
    client::{FIN, PING, PONG},
    site::{Served, serve},
};

const SHORT: Duration = Duration::from_millis(100);

/// Sends without end, and tells how much was taken and how it ended.
async fn flooding(limit: Duration) -> (Served, Arc<AtomicUsize>, mpsc::UnboundedReceiver<Closed>) {
    let (tell, told) = mpsc::unbounded_channel();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let handler = async move |upgrade: Upgrade| -> Response {
        let (tell, counted) = (tell.clone(), counted.clone());
        upgrade.write_timeout(limit).max_waiting(10_000).run(async move |mut socket| {
            let sender = socket.sender();
            let piece = "x".repeat(1000);
            while socket.send(&*piece).await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            tell.send(sender.closed().await).unwrap();
            Ok(())
        })
    };
    (serve(Site::new().get("/", handler)).await, sent, told)
}

#[tokio::test]
async fn a_client_that_stops_reading_is_waited_for_and_then_let_go() {
    let (served, sent, mut told) = flooding(SHORT * 5).await;
    let client = served.open("/").await;
    let ended = told.recv().await.unwrap();
    assert!(ended.is_broken() && ended.reason().contains("takes no more"), "{ended}");
    // What the system has room for, and what may wait: not all that the handler could make in the meantime.
    assert!(sent.load(Ordering::SeqCst) < 20_000, "{sent:?}");
    drop(client);
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_waited_for() {
    let (served, _, mut told) = flooding(SHORT * 10).await;
    let mut client = served.open("/").await;
    // Some at a time: all in all it takes longer than the limit.
    for _ in 0..15 {
        tokio::time::sleep(SHORT).await;
        for _ in 0..1000 {
            assert_eq!(client.text().await.len(), 1000);
        }
    }
    assert!(told.try_recv().is_err());
    drop(client);
    assert!(told.recv().await.unwrap().is_broken());
    served.nobody().await;
    served.stop().await;
}

/// Pings often.
async fn asking(busy: bool) -> Served {
    let handler = async move |upgrade: Upgrade| -> Response {
        upgrade.ping_interval(SHORT).ping_timeout(SHORT * 3).run(async move |mut socket| {
            if busy {
                // It does something else, and answers nonetheless.
                std::future::pending::<()>().await;
            }
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        })
    };
    serve(Site::new().get("/", handler)).await
}

#[tokio::test]
async fn a_silent_client_is_asked_and_stays_as_long_as_it_answers() {
    for busy in [false, true] {
        let served = asking(busy).await;
        let mut client = served.open("/").await;
        for _ in 0..8 {
            let (first, payload) = client.next().await.unwrap();
            assert_eq!(first, FIN | PING);
            client.send(FIN | PONG, &payload).await;
        }
        if !busy {
            client.say("still here").await;
            loop {
                let (first, payload) = client.next().await.unwrap();
                if first != FIN | PING {
                    break assert_eq!(payload, b"still here");
                }
            }
            drop(client);
            served.nobody().await;
            served.stop().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_let_go() {
    let served = asking(false).await;
    let mut client = served.open("/").await;
    assert_eq!(client.told().await, (1011, "no answer to a ping".to_owned()));
    client.ended().await;
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn messages_wait_for_a_handler_that_is_busy_and_their_sender_is_not_taken_for_dead() {
    let handler = async |upgrade: Upgrade| -> Response {
        upgrade.ping_interval(SHORT).ping_timeout(SHORT).run(async |mut socket| {
            tokio::time::sleep(SHORT * 6).await;
            while let Some(message) = socket.recv().await? {
                socket.send(message).await?;
            }
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    // The client answers no pings: it says something instead.
    for text in ["one", "two", "three"] {
        client.say(text).await;
    }
    for text in ["one", "two", "three"] {
        let got = loop {
            let (first, payload) = client.next().await.unwrap();
            if first != FIN | PING {
                break payload;
            }
        };
        assert_eq!(got, text.as_bytes());
    }
    client.closed_by_us().await;
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_say_goodbye_is_not_waited_for_for_long() {
    let handler = async |upgrade: Upgrade| -> Response { upgrade.close_timeout(SHORT).run(async |_| Ok(())) };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    assert_eq!(client.told().await.0, 1000);
    client.ended().await;
    served.nobody().await;
    served.stop().await;
}
