use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt};
use quintet_core::{Services, Site};

use quintet_realtime::socket::{Message, SocketError, Text, Upgrade};
use quintet_web::{Routing, axum::response::Response, data, get, routes};

use crate::{
    client::{BINARY, CONTINUED, Client, FIN, PING, PONG, TEXT},
    site::{serve, serve_with},
};

#[get("/echo/")]
pub(crate) async fn echo(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

pub(crate) fn site() -> Site {
    Site::new().routes(routes![echo])
}

#[tokio::test]
async fn text_and_bytes_come_back_as_they_are() {
    let served = serve(site()).await;
    let mut client = served.open("/echo/").await;
    for text in ["", "hello", "äöü €🦀", &"x".repeat(125), &"y".repeat(126), &"z".repeat(64 * 1024)] {
        client.say(text).await;
        assert_eq!(client.text().await, text);
    }
    for length in [0, 1, 125, 126, 4096, 65_535, 65_536] {
        let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
        client.send(FIN | BINARY, &bytes).await;
        assert_eq!(client.next().await.unwrap(), (FIN | BINARY, bytes));
    }
    served.stop().await;
}

#[tokio::test]
async fn pieces_become_one_message_with_pings_between_them() {
    let served = serve(site()).await;
    let mut client = served.open("/echo/").await;
    let (one, two) = ("gr\u{fc}n".as_bytes(), " und blau".as_bytes());
    // In the middle of a letter.
    client.send(TEXT, &one[..3]).await;
    client.send(FIN | PING, b"there?").await;
    assert_eq!(client.next().await.unwrap(), (FIN | PONG, b"there?".to_vec()));
    client.send(CONTINUED, &one[3..]).await;
    client.send(CONTINUED, b"").await;
    client.send(FIN | CONTINUED, two).await;
    assert_eq!(client.text().await, "grün und blau");
    served.stop().await;
}

#[tokio::test]
async fn what_comes_along_with_the_handshake_is_not_lost() {
    use tokio::io::AsyncWriteExt;
    let served = serve(site()).await;
    let mut stream = served.connect().await;
    // No client may, but proxies put pieces together.
    let together =
        [crate::client::ask("/echo/", &[]).as_bytes(), &crate::client::frame(FIN | TEXT, b"early")].concat();
    stream.write_all(&together).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap());
    }
    let mut client = Client { stream, head: String::new() };
    assert_eq!(client.text().await, "early");
    drop(client);
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn a_thousand_messages_keep_their_order_however_they_are_cut() {
    let served = serve(site()).await;
    let mut client = served.open("/echo/").await;
    let all: Vec<u8> =
        (0..1000).flat_map(|n| crate::client::frame(FIN | TEXT, n.to_string().as_bytes())).collect();
    let (mut read, mut write) = client.stream.into_split();
    let sent = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        for piece in all.chunks(37) {
            write.write_all(piece).await.unwrap();
        }
        write
    });
    let mut back = Vec::new();
    let expected: Vec<u8> = (0..1000)
        .flat_map(|n: i32| {
            let n = n.to_string();
            [&[FIN | TEXT, n.len() as u8], n.as_bytes()].concat()
        })
        .collect();
    while back.len() < expected.len() {
        use tokio::io::AsyncReadExt;
        assert!(read.read_buf(&mut back).await.unwrap() > 0);
    }
    assert_eq!(back, expected);
    client = Client { stream: read.reunite(sent.await.unwrap()).unwrap(), head: String::new() };
    drop(client);
    served.nobody().await;
    served.stop().await;
}

#[data]
struct Sum {
    #[field(max = 1000)]
    a: i64,
    b: i64,
}

#[get("/sum/")]
async fn sum(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        loop {
            match socket.recv_json::<Sum>().await {
                Ok(Some(Sum { a, b })) => socket.send_json(&(a + b)).await?,
                Ok(None) => return Ok(()),
                // Some go on.
                Err(SocketError::Unfit { code: 1007, reason }) if reason.starts_with("b: ") => {
                    socket.send_json("what?").await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    })
}

#[tokio::test]
async fn json_is_read_and_written() {
    let served = serve(Site::new().routes(routes![sum])).await;
    let mut client = served.open("/sum/").await;
    client.say(r#"{"a": 1, "b": 41}"#).await;
    assert_eq!(client.text().await, "42");
    client.say(r#"{"a": 1}"#).await;
    assert_eq!(client.text().await, "\"what?\"");
    // Its rules are kept.
    client.say(r#"{"a": 1001, "b": 1}"#).await;
    let (code, reason) = client.closed().await;
    assert!(code == 1007 && reason.starts_with("a: "), "{code} {reason}");
    let mut client = served.open("/sum/").await;
    client.say("{").await;
    let (code, reason) = client.closed().await;
    assert!(code == 1007 && reason.starts_with("The message is not valid JSON: EOF"), "{code} {reason}");
    let mut client = served.open("/sum/").await;
    client.send(FIN | BINARY, b"{}").await;
    assert_eq!(client.closed().await, (1003, "text is wanted, not bytes".to_owned()));
    served.stop().await;
}

#[tokio::test]
async fn what_json_cannot_say_is_an_error_of_the_handler() {
    async fn keys(upgrade: Upgrade) -> Response {
        upgrade.run(async |mut socket| Ok(socket.send_json(&HashMap::from([((1, 2), 3)])).await?))
    }
    let served = serve(Site::new().get("/", keys)).await;
    assert_eq!(served.open("/").await.closed().await, (1011, "Internal Server Error".to_owned()));
    served.stop().await;
}

#[derive(Clone)]
struct Greeting(&'static str);

#[get("/services/")]
async fn services(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        let services = Services::current().unwrap();
        let greeting = services.require::<Greeting>()?.0;
        let url = services::url().resolve()?;
        socket.send(format!("{greeting} {url}")).await?;
        // Other tasks that it starts have them too.
        let sender = socket.sender();
        quintet_web::spawn(async move {
            let greeting = Services::current().unwrap().require::<Greeting>()?.0;
            sender.send(greeting).await?;
            quintet_core::Result::<()>::Ok(())
        })
        .await?
    })
}

#[tokio::test]
async fn the_services_and_addresses_of_the_site_are_there() {
    let served = serve(Site::new().routes(routes![services]).with(Greeting("hello"))).await;
    let mut client = served.open("/services/").await;
    assert_eq!(client.text().await, "hello /services/");
    assert_eq!(client.text().await, "hello");
    assert_eq!(client.closed().await.0, 1000);
    served.stop().await;
}

#[get("/protocols/")]
pub(crate) async fn protocols(upgrade: Upgrade) -> Response {
    let offered = upgrade.offered_protocols().collect::<Vec<_>>().join("+");
    upgrade.protocols(["v2", "v1"]).run(async move |mut socket| {
        let protocol = socket.protocol().unwrap_or("none").to_owned();
        Ok(socket.send(format!("{protocol} of {offered}")).await?)
    })
}

#[tokio::test]
async fn a_subprotocol_is_agreed_on() {
    let served = serve(Site::new().routes(routes![protocols])).await;
    for (offer, agreed) in [("v1, v2", "v2"), ("v1", "v1"), ("v3, V1", "none"), ("", "none")] {
        let headers = [("Sec-WebSocket-Protocol", offer)];
        let headers = if offer.is_empty() { &[][..] } else { &headers };
        let mut client = Client::open(served.connect().await, "/protocols/", headers).await;
        let said = format!("sec-websocket-protocol: {agreed}\r\n");
        assert_eq!(client.head.contains(&said), agreed != "none", "{}", client.head);
        assert_eq!(client.text().await, format!("{agreed} of {}", offer.replace(", ", "+")));
        client.closed().await;
    }
    served.stop().await;
}

#[get("/stream/")]
async fn streamed(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        let sender = socket.sender();
        let first: Vec<Message> = socket.by_ref().take(3).try_collect().await?;
        let text: String = first.iter().filter_map(Message::text).collect();
        // In one piece.
        for word in ["a", "b", &*text] {
            sender.feed(Text::from(word)).await?;
        }
        sender.flush().await?;
        Ok(())
    })
}

#[tokio::test]
async fn it_is_a_stream_and_small_messages_go_together() {
    let served = serve_with(Site::new().routes(routes![streamed]), &[]).await;
    let mut client = served.open("/stream/").await;
    for word in ["x", "y", "z"] {
        client.say(word).await;
    }
    assert_eq!([client.text().await, client.text().await, client.text().await], ["a", "b", "xyz"]);
    assert_eq!(client.closed().await.0, 1000);
    served.stop().await;
}
