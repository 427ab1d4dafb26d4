//! Channels over a real server: handshakes, close codes, and the end of the server.

use quintet::{prelude::*, realtime::PROTOCOL};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    client::{Client, answer},
    site::{alien, site},
};

async fn stream(live: &LiveSite) -> TcpStream {
    TcpStream::connect(live.address()).await.unwrap()
}

/// Connected and greeted.
async fn connected(live: &LiveSite, headers: &[(&str, &str)]) -> Client {
    let mut all = vec![("sec-websocket-protocol", PROTOCOL)];
    all.extend_from_slice(headers);
    let mut client = Client::open(stream(live).await, "/channels/", &all).await;
    let hello: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!((hello["type"].as_str(), hello["max_message"].as_u64()), (Some("hello"), Some(65_536)));
    client
}

async fn heard(client: &mut Client) -> Value {
    serde_json::from_str(&client.text().await).unwrap()
}

#[quintet::test(site)]
async fn clients_talk_over_the_network(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let live = site.live().await;
    let mut client = connected(&live, &[]).await;
    let topic = format!("film:{}", room.id);
    client.say(&json!({"type": "join", "ref": "1", "topic": topic}).to_string()).await;
    assert_eq!(heard(&mut client).await["type"], "joined");
    let mut ann = site.login("ann").await.join(room).await?;
    ann.say(crate::site::Say::Comment { text: "hello 🎬".into() }).await?;
    let event = loop {
        let heard = heard(&mut client).await;
        if heard["type"] == "event" {
            break heard;
        }
    };
    assert_eq!(event["data"], json!({"event": "comment", "by": "ann", "text": "hello 🎬"}));
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(heard(&mut client).await, json!({"type": "pong"}));
    client.say("what?").await;
    assert_eq!(heard(&mut client).await["problem"]["status"], 400);
    client
        .say(&json!({"type": "say", "ref": "2", "topic": topic, "data": {"event": "count"}}).to_string())
        .await;
    let own = heard(&mut client).await;
    assert_eq!((own["data"].clone(), own.get("at")), (json!({"event": "welcome", "times": 1}), None));
    assert_eq!(heard(&mut client).await, json!({"type": "reply", "ref": "2", "data": 1}));
    let told = async {
        let bye = json!({"type": "bye", "reason": "restart", "retry": [500, 5000]});
        assert_eq!(heard(&mut client).await, bye);
        assert_eq!(client.closed().await.0, 1012);
    };
    tokio::join!(live.stop(), told);
    Ok(())
}

#[quintet::test(site)]
async fn handshakes_of_others_are_refused(site: TestSite) -> Result {
    let live = site.live().await;
    let protocol = ("sec-websocket-protocol", PROTOCOL);
    for (headers, status) in [
        (&[][..], "400"),
        (&[("sec-websocket-protocol", "chat, quintet.v9")], "400"),
        (&[protocol, ("origin", "https://evil.example")], "403"),
        (&[protocol, ("sec-fetch-site", "cross-site")], "403"),
    ] {
        let answer = answer(&mut stream(&live).await, "/channels/", headers).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{headers:?}: {answer}");
    }
    let plain = site.get("/channels/").await;
    plain.status(400).contains("by WebSocket");
    Ok(())
}

#[quintet::test(site)]
async fn who_does_not_keep_to_the_protocol_is_told_the_code(site: TestSite) -> Result {
    let live = site.live().await;
    for (first, payload, code) in [
        (0x82, vec![1, 2, 3], 1003),
        (0x81, vec![0xff, 0xfe], 1007),
        (0x81, vec![b'x'; 70_000], 1009),
        (0x83, Vec::new(), 1002),
    ] {
        let mut client = connected(&live, &[]).await;
        client.send(first, &payload).await;
        assert_eq!(client.closed().await.0, code, "{first:x}");
    }
    let channels = site.services().require::<Channels>()?;
    while channels.stats().connections > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[quintet::test(site, settings = { "channels.origins" = "https://app.example" })]
async fn a_page_of_another_origin_shows_a_ticket(site: TestSite) -> Result {
    use quintet::realtime::ticket;
    let room = alien(&site).await?;
    let user = create!(User { username: "ann", password: "!" }).insert(&site.db).await?;
    let settings = site.services().require::<Settings>()?;
    let good = ticket(settings, user.id, std::time::Duration::from_secs(60))?;
    let live = site.live().await;
    let browser = site.login("ann").await;
    let cookie = browser.cookie("session").map(|value| format!("session={value}")).unwrap_or_default();
    let origin = [("origin", "https://app.example"), ("cookie", cookie.as_str())];
    let mut client = connected(&live, &origin).await;
    let topic = format!("film:{}", room.id);
    let comment =
        json!({"type": "say", "ref": "2", "topic": topic, "data": {"event": "comment", "text": "x"}});
    let join = json!({"type": "join", "ref": "1", "topic": topic}).to_string();

    client.say(&join).await;
    assert_eq!(heard(&mut client).await["here"], json!([]), "its cookies count for nothing");
    client.say(&comment.to_string()).await;
    assert_eq!(heard(&mut client).await["problem"]["status"], 401);
    let who = json!({"type": "say", "ref": "4", "topic": topic, "data": {"event": "who"}}).to_string();
    client.say(&who).await;
    assert_eq!(heard(&mut client).await["data"], json!([null, null]), "nor for what extractors find");
    let mut own = connected(&live, &[("cookie", cookie.as_str())]).await;
    for said in [&join, &who] {
        own.say(said).await;
    }
    let found = loop {
        let heard = heard(&mut own).await;
        if heard["type"] == "reply" {
            break heard;
        }
    };
    assert_eq!(found["data"][1], "ann", "those of the site's own page do");

    let mut client = connected(&live, &origin).await;
    for wrong in ["", "x", &good[1..]] {
        client.say(&json!({"type": "auth", "ref": "0", "token": wrong}).to_string()).await;
        assert_eq!(heard(&mut client).await["problem"]["status"], 401);
    }
    client.say(&json!({"type": "auth", "ref": "0", "token": good}).to_string()).await;
    let reply = heard(&mut client).await;
    assert!(reply["data"]["expires"].as_i64().is_some_and(|left| left > 50_000), "{reply}");
    client.say(&join).await;
    assert_eq!(heard(&mut client).await["here"][0]["meta"], "ann");
    let other = create!(User { username: "bob", password: "!" }).insert(&site.db).await?;
    let of_another = ticket(settings, other.id, std::time::Duration::from_secs(60))?;
    client.say(&json!({"type": "auth", "ref": "3", "token": of_another}).to_string()).await;
    assert_eq!(heard(&mut client).await["problem"]["status"], 409, "always the same user");
    Ok(())
}

/// The site behind a proxy that lets people in.
fn behind_a_proxy() -> Site {
    let of_the_proxy = async |mut request: axum::extract::Request| {
        let peer = std::net::SocketAddr::from(([10, 0, 0, 1], 50_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        request
    };
    site().layer(axum::middleware::map_request(of_the_proxy))
}

#[quintet::test(behind_a_proxy, settings = {
    "auth.backends" = "remote_user",
    "security.trusted_proxies" = "10.0.0.1",
    "channels.origins" = "https://app.example"
})]
async fn whom_a_proxy_knows_is_nobody_on_a_page_of_another_origin(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let of_proxy = site.browser().with_header("x-remote-user", "ann");
    let mut own = of_proxy.join(room).await?;
    assert_eq!(own.say(crate::site::Say::Who).await?, json!([null, "ann"]));
    let mut foreign = of_proxy.with_header("origin", "https://app.example").join(room).await?;
    assert_eq!(foreign.say(crate::site::Say::Who).await?, json!([null, null]));
    Ok(())
}

#[quintet::test(site, settings = { "channels.origins" = "https://app.example" })]
async fn a_ticket_that_expires_ends_the_connection(site: TestSite) -> Result {
    use quintet::realtime::ticket;
    let user = create!(User { username: "ann", password: "!" }).insert(&site.db).await?;
    let short = ticket(site.services().require::<Settings>()?, user.id, std::time::Duration::from_secs(2))?;
    let live = site.live().await;
    let mut client = connected(&live, &[("origin", "https://app.example")]).await;
    client.say(&json!({"type": "auth", "ref": "0", "token": short}).to_string()).await;
    assert!(heard(&mut client).await.get("problem").is_none());
    assert_eq!(heard(&mut client).await["reason"], "expired");
    assert_eq!(client.closed().await.0, 4003);
    Ok(())
}
