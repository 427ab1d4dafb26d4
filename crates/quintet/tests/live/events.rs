//! Rows as server-sent events, over a real server.

use std::time::Duration;

use quintet::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::site::{Item, item, site};

/// A page that listens.
pub(crate) struct Page(TcpStream);

impl Page {
    async fn open(live: &LiveSite, path: &str, last: Option<&str>) -> Page {
        let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
        Page::open_with(live, path, &last).await
    }

    /// With these headers, each a line.
    pub(crate) async fn open_with(live: &LiveSite, path: &str, last: &str) -> Page {
        let mut stream = TcpStream::connect(live.address()).await.unwrap();
        let ask = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut page = Page(stream);
        // The head, and what shows that it is open.
        page.until(":\n\n").await;
        page
    }

    /// What comes up to the end of this.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let more = timeout(Duration::from_secs(30), self.0.read_u8()).await.expect("more comes");
            text.push(more.unwrap());
        }
        String::from_utf8(text).unwrap()
    }

    /// What is said up to the next position, and that.
    pub(crate) async fn told(&mut self) -> (String, String) {
        let told = self.until("\nid: ").await;
        let id = self.until("\n").await.trim().to_owned();
        let lines = told.lines().filter(|line| line.starts_with("data") || line.starts_with("event"));
        (lines.collect::<Vec<_>>().join("|"), id)
    }
}

#[quintet::test(site)]
async fn a_page_says_in_its_html_from_where_on_it_listens(site: TestSite) -> Result {
    let (db, live) = (&site.db, site.live().await);
    let position = Item.live_position(db).await?;
    let address = site.get("/shown/").await.ok().text();
    assert_eq!(address, format!("/names/?after={position}"));
    // What came between the page and its connection is told.
    item("chair", db).await?;
    let mut page = Page::open(&live, &address, None).await;
    let (told, _) = page.told().await;
    assert_eq!(told, "data: \"chair\"");
    Ok(())
}

#[quintet::test(site)]
async fn events_have_positions_from_which_they_go_on(site: TestSite) -> Result {
    let (db, live) = (&site.db, site.live().await);
    let before = Item.live_position(db).await?.to_string();
    let mut page = Page::open(&live, "/names/", None).await;
    assert_eq!(page.told().await, (String::new(), before.clone()));
    let chair = item("chair", db).await?;
    let (told, first) = page.told().await;
    assert_eq!(told, "data: \"chair\"");
    assert_ne!(first, before);
    let id = chair.id;
    chair.delete(db).await?;
    assert_eq!(page.told().await.0, format!("event: gone|data: [{id}]"));
    drop(page);
    item("secret", db).await?;
    item("lamp", db).await?;

    let mut page = Page::open(&live, "/names/", Some(&first)).await;
    let mut missed = String::new();
    while !missed.contains("lamp") {
        missed += &page.told().await.0;
    }
    assert!(missed.contains(&format!("[{id}")) && !missed.contains("chair"), "{missed}");
    assert!(!missed.contains("secret"), "{missed}");
    // A page that says where it was made; one that says nothing that is known.
    let mut page = Page::open(&live, &format!("/names/?after={before}"), None).await;
    assert!(page.told().await.0.contains(&format!("[{id}")));
    let mut page = Page::open(&live, "/names/?after=x", Some("who knows")).await;
    assert_eq!(page.told().await.0, "event: reload|data: ");
    live.stop().await;
    Ok(())
}

#[quintet::test(site)]
async fn pages_that_ask_again_hear_of_keys(site: TestSite) -> Result {
    let (db, live) = (&site.db, site.live().await);
    let mut page = Page::open(&live, "/changed/", None).await;
    page.told().await;
    let chair = item("chair", db).await?;
    let id = chair.id;
    let (told, _) = page.told().await;
    assert_eq!(told, format!("event: changed|data: {{\"gone\":[],\"saved\":[{id}]}}"));
    chair.delete(db).await?;
    assert_eq!(page.told().await.0, format!("event: changed|data: {{\"gone\":[{id}],\"saved\":[]}}"));
    db.touched::<Item>();
    assert_eq!(page.told().await.0, "event: reload|data: ");
    live.stop().await;
    page.until("retry: ").await;
    Ok(())
}

#[quintet::test(site)]
async fn rows_end_when_the_server_stops(site: TestSite) -> Result {
    let server = site.live().await;
    let mut live = Item.live(Allow::everybody(), &site.db).await?;
    server.stop().await;
    assert!(live.next().await?.is_none());
    Ok(())
}
