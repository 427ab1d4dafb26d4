//! A page that shows the time of the server, second by second. `cargo run -p clock`, then `http://127.0.0.1:8000/`; or
//! `curl -N http://127.0.0.1:8000/time/`.
use std::time::Duration;

use quintet::{
    core::clock,
    prelude::*,
    realtime::sse::{Event, Sse},
};

#[get("/")]
async fn page() -> axum::response::Html<&'static str> {
    axum::response::Html(include_str!("clock.html"))
}

#[get("/clock.js")]
async fn script() -> impl IntoResponse {
    ([("content-type", "text/javascript")], include_str!("clock.js"))
}

/// An event each second, until the page is left or the server stops.
#[get("/time/")]
async fn time() -> Sse {
    Sse::write(async |events| {
        loop {
            events.send(Event::data(clock::now().to_string())).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
}

/// The site.
fn site() -> Site {
    Site::new().routes(routes![page, script, time])
}

#[quintet::main]
async fn main() -> Result {
    site().run().await
}

#[cfg(test)]
mod tests {
    use quintet::prelude::*;
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpStream,
    };

    #[quintet::test]
    async fn the_page_hears_the_time(site: TestSite) -> Result {
        site.get(super::page::url()).await.ok().contains("<script src=\"/clock.js\"");
        site.get(super::script::url()).await.ok().contains("new EventSource(\"/time/\")");
        let live = site.live().await;
        let mut stream = TcpStream::connect(live.address()).await?;
        let path = super::time::url();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", live.address()).as_bytes())
            .await?;
        let mut lines = BufReader::new(stream).lines();
        let mut times = Vec::new();
        while times.len() < 2 {
            let line = lines.next_line().await?.unwrap_or_default();
            times.extend(line.strip_prefix("data: ").map(|text| text.parse::<Timestamp>()).transpose()?);
        }
        live.stop().await;
        // The server has told when to come back.
        let mut last = String::new();
        while let Some(line) = lines.next_line().await? {
            last += &line;
        }
        assert!(last.contains("retry: "), "{last}");
        Ok(())
    }
}
