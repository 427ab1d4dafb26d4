//! Pages that read their rows while they leave, as far as a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::Stream;
use quintet::{
    core::{EmbeddedFile, Folder, Service as _, Value},
    prelude::*,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/rows.html",
        bytes: b"<ul>{% for row in rows %}<li>{{ loop.index }} {{ row }}</li>{% else %}none{% endfor %}</ul>",
    },
    EmbeddedFile {
        path: "templates/films.html",
        bytes: b"{% for film in films %}{{ film.title }}\n{% else %}none{% endfor %}",
    },
    EmbeddedFile {
        path: "templates/twice.html",
        bytes: b"{% for row in rows %}{% endfor %}{% for row in rows %}{% endfor %}",
    },
    EmbeddedFile { path: "templates/wrong.html", bytes: b"{% for row in rows %}{{ gone }}{% endfor %}" },
];

/// A film.
#[model(app = "rows")]
pub struct Film {
    /// Its title.
    #[field(max_length = 40)]
    pub title: String,
}

/// How many rows a source gave, and how many sources are still there.
#[derive(Clone, Default)]
struct Counts {
    given: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Counts {
    fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }

    async fn all_closed(&self) {
        while self.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

/// Rows of 1,000 bytes each, counted as they are taken.
struct Source {
    counts: Counts,
    left: usize,
    /// Fails in place of the last one.
    fails: bool,
}

impl Source {
    fn new(counts: &Counts, left: usize) -> Self {
        counts.open.fetch_add(1, Ordering::SeqCst);
        Source { counts: counts.clone(), left, fails: false }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stream for Source {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Value>>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        self.counts.given.fetch_add(1, Ordering::SeqCst);
        if self.fails && left == 0 {
            return Poll::Ready(Some(Err(Error::internal("the disk is on fire"))));
        }
        // No two rows are equal, and none is compressed to nothing.
        let text: String =
            (0..250).map(|n| format!("{:04x}", (left * 7919 + n * n * 104_729) % 65_536)).collect();
        Poll::Ready(Some(Ok(Value::Text(text))))
    }
}

#[get("/rows/{n}/")]
async fn rows(Path(n): Path<usize>, State(counts): State<Counts>) -> Page {
    page("rows.html", Source::new(&counts, n))
}

#[get("/broken/{n}/")]
async fn broken(Path(n): Path<usize>, State(counts): State<Counts>) -> Page {
    let mut source = Source::new(&counts, n);
    source.fails = true;
    page("rows.html", source)
}

#[get("/twice/")]
async fn twice(State(counts): State<Counts>) -> Page {
    page("twice.html", Source::new(&counts, 3))
}

#[get("/wrong/")]
async fn wrong(State(counts): State<Counts>) -> Page {
    page("wrong.html", Source::new(&counts, 3))
}

fn page(template: &'static str, rows: impl Stream<Item = Result<Value>> + Send + 'static) -> Page {
    Page::new(template).stream("rows", rows)
}

#[get("/films/")]
async fn films(db: Db) -> Page {
    Page::new("films.html").stream("films", Film.order_by(Film.title).stream_owned(db))
}

fn site() -> Site {
    let app = App::new("rows")
        .folder(Folder::embedded("/nowhere", FILES))
        .models(Film)
        .routes(routes![rows, broken, twice, wrong, films]);
    Site::new().with(Counts::default()).install(app)
}

fn counts(site: &TestSite) -> Counts {
    State::<Counts>::of(site.services()).unwrap().0
}

async fn ask(live: &impl std::ops::Deref<Target = str>, path: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&**live).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[quintet::test(site, on = "sqlite")]
async fn rows_are_read_no_faster_than_the_client_takes_them(site: TestSite) -> Result {
    let live = site.live().await;
    let address = live.address().to_string();
    let counts = counts(&site);
    let all = 60_000;
    let mut stream = ask(&address, &format!("/rows/{all}/"), "").await;
    let mut start = vec![0; 8 * 1024];
    stream.read_exact(&mut start).await.unwrap();
    let text = String::from_utf8_lossy(&start).to_lowercase();
    assert!(text.starts_with("http/1.1 200") && text.contains("<ul><li>1 "), "{text}");
    assert!(text.contains("transfer-encoding: chunked") && !text.contains("content-length"), "{text}");
    assert!(!text.contains("etag"), "{text}");
    // The rest fits neither into the program's channel nor into the buffers of the sockets: nobody reads the last row before more
    // was taken. It is read to the end only then.
    let mut rest = Vec::new();
    assert!(counts.given() < all, "{} of {all} rows were read for the first 8 KB", counts.given());
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"</li></ul>\r\n0\r\n\r\n") && counts.given() == all);
    counts.all_closed().await;
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_client_that_leaves_ends_the_reading(site: TestSite) -> Result {
    let live = site.live().await;
    let counts = counts(&site);
    let mut stream = ask(&live.address().to_string(), "/rows/1000000/", "").await;
    stream.read_exact(&mut [0; 1024]).await.unwrap();
    drop(stream);
    counts.all_closed().await;
    assert!(counts.given() < 1_000_000);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_fails_in_the_middle_is_no_whole_answer(site: TestSite) -> Result {
    let live = site.live().await;
    let address = live.address().to_string();
    let mut text = Vec::new();
    // Whether the socket is closed or reset: no last chunk has come. (Some MB, so that the start has left when the end fails.)
    let _ = ask(&address, "/broken/5000/", "").await.read_to_end(&mut text).await;
    assert!(text.starts_with(b"HTTP/1.1 200") && !text.ends_with(b"0\r\n\r\n"));
    let text = String::from_utf8_lossy(&text);
    assert!(!text.contains("</ul>") && !text.contains("fire"), "nothing of what comes behind the error");
    let mut packed = Vec::new();
    let mut stream = ask(&address, "/broken/5000/", "Accept-Encoding: gzip\r\n").await;
    let _ = stream.read_to_end(&mut packed).await;
    let head = String::from_utf8_lossy(&packed).to_lowercase();
    assert!(head.contains("content-encoding: gzip") && !packed.ends_with(b"0\r\n\r\n"));
    // Early enough it is an error like every other.
    let answer = site.get(broken::url(2)).await.status(500);
    assert!(!answer.text().contains("<ul><li>") && !answer.text().contains("</ul>"));
    site.get(wrong::url()).await.status(500);
    site.get(twice::url()).await.status(500);
    counts(&site).all_closed().await;
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_debug_page_says_why_without_reading_the_rows(site: TestSite) {
    let told = async |path: &'static str| -> String {
        let answer = async |site: &TestSite| site.get(path).await.status(500).text().to_owned();
        site.with_settings(&[("debug", "true")], answer).await.unwrap()
    };
    let page = told("/wrong/").await;
    assert!(page.contains("<code>gone</code> is missing") && page.contains("(rows of rows)"), "{page}");
    assert!(told("/twice/").await.contains("and only once: they were taken already"));
    let page = told("/broken/1/").await;
    assert!(page.contains("the disk is on fire"), "{page}");
}

#[quintet::test(site, on = "sqlite")]
async fn compressed_pages_come_piece_by_piece_too(site: TestSite) -> Result {
    let live = site.live().await;
    let mut stream = ask(&live.address().to_string(), "/rows/60000/", "Accept-Encoding: br\r\n").await;
    let mut start = vec![0; 8 * 1024];
    stream.read_exact(&mut start).await.unwrap();
    let text = String::from_utf8_lossy(&start).to_lowercase();
    assert!(text.contains("content-encoding: br") && text.contains("vary: accept-encoding"), "{text}");
    assert!(!text.contains("content-length") && !text.contains("etag"), "{text}");
    assert!(counts(&site).given() < 60_000);
    Ok(())
}

#[quintet::test(site)]
async fn a_page_shows_the_rows_of_a_query(site: TestSite) -> Result {
    assert_eq!(site.get(films::url()).await.ok().text(), "none");
    Film.bulk_create((0..2000).map(|n| create!(Film { title: format!("Film {n:04}") })), &site.db).await?;
    let answer = site.get(films::url()).await.ok();
    assert_eq!(answer.text().lines().count(), 2000);
    assert!(answer.text().starts_with("Film 0000\n") && answer.text().ends_with("Film 1999\n"));
    assert!(answer.header_text("content-length").is_none() && answer.header_text("etag").is_none());
    Ok(())
}
