//! How connections end.

use std::sync::{Arc, Mutex};

use quintet_core::{Error, Result, Site};
use quintet_realtime::socket::{Closed, SocketError, Upgrade, close_code};
use quintet_web::{Routing, axum::response::Response};
use tokio::io::AsyncWriteExt;

use crate::{
    client::{CLOSE, FIN, TEXT, frame, goodbye},
    echo,
    site::{Served, serve},
};

async fn ends(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        let Some(how) = socket.recv().await? else { return Ok(()) };
        match how.text().unwrap_or_default() {
            "return" => Ok(()),
            "code" => {
                socket.send("last words").await?;
                socket.close(4001, "logged out");
                assert_eq!(socket.recv().await?, None);
                assert_eq!(
                    socket.ended().map(|ended| (ended.code(), ended.by_client())),
                    Some((4001, false))
                );
                Ok(())
            }
            "wrong code" => {
                socket.close(1005, "");
                Ok(())
            }
            "forbidden" => Err(Error::forbidden("Only members may listen.")),
            "internal" => Err(Error::internal("the password is hunter2")),
            "foreign" => Ok("x".parse::<i32>().map(drop)?),
            "panic" => panic!("the password is hunter2"),
            "panic in drop" => {
                struct Bad;
                impl Drop for Bad {
                    fn drop(&mut self) {
                        panic!("the password is hunter2");
                    }
                }
                let _bad = Bad;
                Ok(())
            }
            "send after" => {
                socket.close(close_code::NORMAL, "done");
                let error = socket.send("too late").await.unwrap_err();
                assert!(matches!(&error, SocketError::Closed(closed) if closed.code() == 1000), "{error}");
                Err(error.into())
            }
            "elsewhere" => {
                let mut taken = socket;
                tokio::spawn(async move {
                    while let Some(message) = taken.recv().await? {
                        taken.send(message).await?;
                    }
                    Result::<(), Error>::Ok(())
                });
                Ok(())
            }
            other => panic!("{other}?"),
        }
    })
}

async fn site() -> Served {
    serve(Site::new().get("/", ends)).await
}

#[tokio::test]
async fn the_handler_says_how() {
    let served = site().await;
    for (how, code, reason) in [
        ("return", 1000, ""),
        ("code", 4001, "logged out"),
        ("wrong code", 1011, ""),
        ("forbidden", 1008, "Only members may listen."),
        ("internal", 1011, "Internal Server Error"),
        ("foreign", 1011, "Internal Server Error"),
        ("panic", 1011, "Internal Server Error"),
        ("panic in drop", 1011, "Internal Server Error"),
        ("send after", 1000, "done"),
    ] {
        let mut client = served.open("/").await;
        client.say(how).await;
        if how == "code" {
            assert_eq!(client.text().await, "last words");
        }
        assert_eq!(client.closed().await, (code, reason.to_owned()), "{how}");
        served.nobody().await;
    }
    served.stop().await;
}

#[tokio::test]
async fn a_socket_that_was_handed_on_outlives_the_handler() {
    let served = site().await;
    let mut client = served.open("/").await;
    client.say("elsewhere").await;
    for text in ["one", "two"] {
        client.say(text).await;
        assert_eq!(client.text().await, text);
    }
    client.send(FIN | CLOSE, &goodbye(1000, "")).await;
    assert_eq!(client.told().await.0, 1000);
    client.ended().await;
    served.nobody().await;
    served.stop().await;
}

type End = (Result<(), String>, Closed);

#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<End>>>);

/// Writes down how each connection ends.
async fn remembered() -> (Served, Ends) {
    let ends = Ends::default();
    let seen = ends.clone();
    let handler = async move |upgrade: Upgrade| {
        let seen = seen.clone();
        upgrade.run(async move |mut socket| {
            let ended = loop {
                match socket.recv().await {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error.to_string()),
                }
            };
            seen.0.lock().unwrap().push((ended, socket.ended().unwrap()));
            Ok(())
        })
    };
    (serve(Site::new().get("/", handler)).await, ends)
}

#[tokio::test]
async fn the_client_closes_and_the_handler_knows_why() {
    let (served, ends) = remembered().await;
    for (payload, code, reason) in [
        (goodbye(1000, ""), 1000, ""),
        (goodbye(1001, "page left"), 1001, "page left"),
        (goodbye(4321, "own"), 4321, "own"),
        (Vec::new(), 1005, ""),
    ] {
        let mut client = served.open("/").await;
        // What comes after a goodbye is no fault of the handler's, and not its business.
        client
            .raw(&[frame(FIN | TEXT, b"x"), frame(FIN | CLOSE, &payload), frame(FIN | TEXT, b"y")].concat())
            .await;
        assert_eq!(client.told().await.0, code);
        client.ended().await;
        served.nobody().await;
        let (result, ended) = ends.0.lock().unwrap().pop().unwrap();
        assert_eq!((result, ended.code(), ended.reason()), (Ok(()), code, reason));
        assert!(ended.by_client());
    }
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_is_gone_is_an_error_that_nobody_hears_of() {
    let (served, ends) = remembered().await;
    // A half of the connection is closed: nothing more can come, so that it is of no use any more.
    let mut client = served.open("/").await;
    client.stream.shutdown().await.unwrap();
    client.ended().await;
    served.nobody().await;
    let (result, ended) = ends.0.lock().unwrap().pop().unwrap();
    assert_eq!((ended.code(), ended.is_broken()), (1006, true));
    assert!(result.unwrap_err().contains("without a word"));
    // All of it, in the middle of a frame.
    let mut client = served.open("/").await;
    client.raw(&frame(FIN | TEXT, b"hello")[..7]).await;
    drop(client);
    served.nobody().await;
    // Reset.
    let client = served.open("/").await;
    client.stream.set_zero_linger().unwrap();
    drop(client);
    served.nobody().await;
    for (result, ended) in ends.0.lock().unwrap().drain(..) {
        assert!(result.is_err() && ended.is_broken(), "{ended}");
    }
    served.stop().await;
}

#[tokio::test]
async fn who_only_sends_learns_that_nobody_listens() {
    let (told, hears) = tokio::sync::oneshot::channel();
    let told = Arc::new(Mutex::new(Some(told)));
    let handler = async move |upgrade: Upgrade| {
        let told = told.clone();
        upgrade.run(async move |mut socket| {
            let mut n = 0;
            let error = loop {
                if let Err(error) = socket.send(n.to_string()).await {
                    break error;
                }
                n += 1;
                tokio::task::yield_now().await;
            };
            told.lock().unwrap().take().unwrap().send(error.to_string()).unwrap();
            Err(error.into())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    assert_eq!(client.text().await, "0");
    client.send(FIN | CLOSE, &goodbye(1001, "")).await;
    assert_eq!(client.told().await.0, 1001);
    assert!(hears.await.unwrap().contains("closed by the client (1001)"));
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn others_wait_for_the_end_too() {
    let (told, hears) = tokio::sync::oneshot::channel();
    let told = Arc::new(Mutex::new(Some(told)));
    let handler = async move |upgrade: Upgrade| {
        let told = told.clone();
        upgrade.run(async move |socket| {
            let sender = socket.sender();
            let ended = sender.closed().await;
            told.lock().unwrap().take().unwrap().send(ended).unwrap();
            drop(socket);
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut client = served.open("/").await;
    client.send(FIN | CLOSE, &goodbye(4000, "bye")).await;
    client.told().await;
    assert_eq!(hears.await.unwrap().reason(), "bye");
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn a_thousand_come_and_go() {
    let served = serve(echo::site()).await;
    let address = served.address;
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            tokio::spawn(async move {
                for n in 0..50 {
                    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                    let mut client = crate::client::Client::open(stream, "/echo/", &[]).await;
                    client.say("hello").await;
                    assert_eq!(client.text().await, "hello");
                    match (task + n) % 3 {
                        0 => client.closed_by_us().await,
                        1 => client.stream.set_zero_linger().unwrap(),
                        _ => {}
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    served.nobody().await;
    served.stop().await;
}
