//! Files as answers: of the storage, at their addresses and from handlers; streams.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use quintet_core::{
    Boot, Error, Result, Room, Services, Site,
    clock::Clock,
    settings::{Secret, Settings},
    signing::Signer,
};
use quintet_storage::{Local, Storage, StorageSettings};
use quintet_web::{
    Path, Query, Routing as _, State, WebRoom,
    axum::{self, Router},
    data,
    files::{FileResponse, FromStorage as _, Streamed},
    get, routes,
};
use support::Answer;
use tower::ServiceExt as _;

#[get("/own/{name}/")]
async fn own(Path(name): Path<String>, storage: Storage) -> Result<FileResponse> {
    storage.response(&name).await
}

#[get("/saved/")]
async fn saved(storage: Storage) -> Result<FileResponse> {
    Ok(storage.response("posters/a.png").await?.attachment("Plakat №1 \"neu\".png"))
}

#[get("/shown/")]
async fn shown(storage: Storage) -> Result<FileResponse> {
    Ok(storage.response("x.svg").await?.inline())
}

#[get("/path/")]
async fn path(State(file): State<std::path::PathBuf>) -> Result<FileResponse> {
    Ok(FileResponse::open(file).await?.keep(Duration::from_secs(60), false))
}

#[get("/memory/")]
async fn memory() -> FileResponse {
    FileResponse::bytes("report.csv", "a,b\n").tag("v1").content_type("text/csv; charset=utf-8")
}

#[data]
struct Many {
    rows: usize,
    fails_at: Option<usize>,
}

#[get("/rows.csv")]
async fn rows(Query(many): Query<Many>, State(made): State<Arc<AtomicUsize>>) -> Streamed {
    Streamed::csv("rows.csv", async move |mut csv| {
        csv.header(["n", "text"]).await?;
        for n in 0..many.rows {
            made.fetch_add(1, Ordering::SeqCst);
            if many.fails_at == Some(n) {
                return Err(Error::internal("the database is gone"));
            }
            csv.row(&(n as i64, "=1+1")).await?;
        }
        Ok(())
    })
}

#[get("/people.csv")]
async fn people() -> Streamed {
    #[data]
    struct Person {
        name: String,
        age: i64,
    }
    let all = [("Ann", 7), ("Bob; \"B\"", 8)].map(|(name, age)| Ok(Person { name: name.to_owned(), age }));
    Streamed::csv("people.csv", async move |mut csv| csv.separator(';').rows(stream::iter(all)).await)
}

/// For programs, which run no formulas.
#[get("/formulas.csv")]
async fn formulas() -> Streamed {
    Streamed::csv("formulas.csv", async move |mut csv| csv.formulas().row(&("=1+1", "@x")).await)
}

#[get("/text/")]
async fn text() -> Streamed {
    Streamed::text(stream::iter(["a", "b", "c"].map(Ok)))
}

#[get("/reader/")]
async fn reader() -> Streamed {
    Streamed::reader(&b"read piece by piece"[..]).content_type("text/plain")
}

struct Running {
    router: Router,
    storage: Storage,
    clock: Clock,
    made: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

async fn start(settings: &[(&'static str, &'static str)]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let file = folder.path().join("own.txt");
    std::fs::write(&file, "a file of my own").unwrap();
    let site = Site::new()
        .routes(routes![own, saved, shown, path, memory, rows, people, formulas, text, reader])
        .with(made.clone())
        .with(file);
    let site = Arc::new(site);
    let settings = Settings::for_tests("/nowhere", settings.iter().copied());
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    let address = settings.get::<StorageSettings>().unwrap().address;
    let storage = Storage::from(Local::new(folder.path().join("media")))
        .at(&address)
        .signed_by(&Signer::new(Secret::new("a long random text")));
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
    boot.services.insert(site);
    boot.services.insert(settings);
    boot.services.insert(clock.clone());
    boot.services.insert(storage.clone());
    WebRoom.start(&mut boot).await.unwrap();
    let router = quintet_web::service(&boot.services.build()).await.unwrap();
    for (name, bytes) in [
        ("posters/a.png", &b"0123456789"[..]),
        ("x.svg", b"<svg><script>alert(1)</script></svg>"),
        ("x.html", b"<script>alert(1)</script>"),
        ("x.pdf", b"%PDF-1.7"),
        ("x.txt", b"text"),
        ("x.js", b"alert(1)"),
        ("noending", b"<html>"),
        ("private/1.pdf", b"secret"),
        ("drafts/x/1.png", b"draft"),
        ("\u{e9} 100%.png", b"name"),
        ("empty.png", b""),
    ] {
        storage.replace(name, bytes).await.unwrap();
    }
    Running { router, storage, clock, made, folder }
}

impl Running {
    async fn ask(&self, method: &str, uri: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        Answer::of(response).await
    }

    async fn get(&self, uri: &str) -> Answer {
        self.ask("GET", uri, &[]).await
    }
}

#[tokio::test]
async fn stored_files_are_shown_or_saved_and_never_run() {
    let site = start(&[]).await;
    for (uri, kind, shown) in [
        ("/media/posters/a.png", "image/png", true),
        ("/media/x.pdf", "application/pdf", true),
        ("/media/x.txt", "text/plain; charset=utf-8", true),
        ("/media/x.svg", "image/svg+xml", false),
        ("/media/x.html", "text/html; charset=utf-8", false),
        ("/media/x.js", "text/javascript; charset=utf-8", false),
        ("/media/noending", "application/octet-stream", false),
        ("/media/%C3%A9%20100%25.png", "image/png", true),
        ("/media/empty.png", "image/png", true),
    ] {
        let answer = site.get(uri).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}");
        assert_eq!(answer.header("content-type"), kind, "{uri}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with(if shown { "inline" } else { "attachment" }), "{uri}: {disposition}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert_eq!(policy.contains("sandbox"), !uri.ends_with(".pdf"), "{uri}: {policy}");
        assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    }
    let answer = site.get("/media/%C3%A9%20100%25.png").await;
    assert_eq!(
        answer.header("content-disposition"),
        "inline; filename=\"_ 100_.png\"; filename*=UTF-8''%C3%A9%20100%25.png"
    );
}

#[tokio::test]
async fn no_address_leads_elsewhere() {
    let site = start(&[]).await;
    let media = site.folder.path().join("media");
    std::fs::write(media.join(".hidden"), "secret").unwrap();
    std::fs::create_dir_all(media.join(".git")).unwrap();
    std::fs::write(media.join(".git/config"), "secret").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(site.folder.path().join("own.txt"), media.join("link.txt")).unwrap();
        std::os::unix::fs::symlink(site.folder.path(), media.join("up")).unwrap();
    }
    for uri in [
        "/media/",
        "/media/posters",
        "/media/posters/",
        "/media/../own.txt",
        "/media/%2e%2e/own.txt",
        "/media/..%2fown.txt",
        "/media/%2e%2e%2fown.txt",
        "/media/posters/..%2f..%2fown.txt",
        "/media/..%5cown.txt",
        "/media/%252e%252e%252fown.txt",
        "/media//own.txt",
        "/media//etc/passwd",
        "/media/%2fetc%2fpasswd",
        "/media/posters/./a.png",
        "/media/posters//a.png",
        "/media/posters/a.png/",
        "/media/posters/a.png%20",
        "/media/posters/a.png.",
        "/media/.hidden",
        "/media/%2ehidden",
        "/media/.git/config",
        "/media/.unfinished/x",
        "/media/c:/windows/win.ini",
        "/media/link.txt",
        "/media/up/own.txt",
        "/media/nothing.png",
        "/media/private/1.pdf",
        "/media/private%2f1.pdf",
    ] {
        let answer = site.get(uri).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{uri}: {}", answer.body);
        assert!(!answer.body.contains("secret"), "{uri}");
    }
    for uri in ["/media/a%00b", "/media/%ff.png"] {
        assert!(site.get(uri).await.status.is_client_error(), "{uri}");
    }
    let answer = site.ask("POST", "/media/posters/a.png", &[]).await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, OPTIONS")
    );
}

#[tokio::test]
async fn parts_and_conditions_are_answered() {
    let site = start(&[]).await;
    for uri in ["/media/posters/a.png", "/saved/"] {
        let whole = site.get(uri).await;
        assert_eq!(
            (whole.body.as_str(), whole.header("content-length"), whole.header("accept-ranges")),
            ("0123456789", "10", "bytes")
        );
        let (tag, modified) = (whole.header("etag").to_owned(), whole.header("last-modified").to_owned());
        assert!(tag.starts_with('"') && !modified.is_empty(), "{tag} {modified}");
        let head = site.ask("HEAD", uri, &[]).await;
        assert_eq!(
            (head.body.as_str(), head.header("content-length"), head.header("etag")),
            ("", "10", tag.as_str())
        );
        for (range, part, told) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=-3", "789", "bytes 7-9/10"),
            ("bytes=8-", "89", "bytes 8-9/10"),
        ] {
            let answer = site.ask("GET", uri, &[(header::RANGE, range)]).await;
            assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{uri} {range}");
            assert_eq!((answer.body.as_str(), answer.header("content-range")), (part, told));
            assert_eq!(answer.header("content-length"), part.len().to_string());
            assert!(
                !answer.header("content-disposition").is_empty()
                    && answer.header("content-security-policy").contains("'none'")
            );
        }
        let answer = site.ask("GET", uri, &[(header::RANGE, "bytes=10-")]).await;
        assert_eq!(
            (answer.status, answer.header("content-range")),
            (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10")
        );
        let answer =
            site.ask("GET", uri, &[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"other\"")]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "0123456789"));
        let answer = site.ask("GET", uri, &[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, &tag)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::PARTIAL_CONTENT, "01"));
        for (name, value) in
            [(header::IF_NONE_MATCH, tag.as_str()), (header::IF_MODIFIED_SINCE, modified.as_str())]
        {
            let answer = site.ask("GET", uri, &[(name, value)]).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
            assert_eq!((answer.header("etag"), answer.header("content-disposition")), (tag.as_str(), ""));
        }
        let answer = site.ask("GET", uri, &[(header::IF_MATCH, "\"other\"")]).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
        let several = site.ask("GET", uri, &[(header::RANGE, "bytes=0-0,9-9")]).await;
        assert_eq!(several.status, StatusCode::PARTIAL_CONTENT);
    }
    let several = site.get("/path/").await;
    assert_eq!(
        (several.body.as_str(), several.header("cache-control")),
        ("a file of my own", "private, max-age=60")
    );
    let part = site.ask("GET", "/path/", &[(header::RANGE, "bytes=2-5")]).await;
    assert_eq!((part.body.as_str(), part.header("cache-control")), ("file", "private, max-age=60"));
    let memory = site.get("/memory/").await;
    assert_eq!(
        (memory.header("etag"), memory.header("cache-control"), memory.header("content-type")),
        ("\"v1\"", "private, no-cache", "text/csv; charset=utf-8")
    );
    let memory = site.ask("GET", "/memory/", &[(header::IF_NONE_MATCH, "\"v1\"")]).await;
    assert_eq!(memory.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn handlers_say_how_a_file_is_sent() {
    let site = start(&[]).await;
    let answer = site.get("/saved/").await;
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"Plakat _1 _neu_.png\"; filename*=UTF-8''Plakat%20%E2%84%961%20%22neu%22.png"
    );
    let answer = site.get("/shown/").await;
    assert!(answer.header("content-disposition").starts_with("inline"));
    assert!(answer.header("content-security-policy").contains("sandbox"), "shown, but without rights");
    assert_eq!(site.get("/own/x.txt/").await.body, "text");
    for name in ["nothing", "..%2fown.txt", ".hidden"] {
        assert_eq!(site.get(&format!("/own/{name}/")).await.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn private_files_need_an_address_that_was_given() {
    let site = start(&[("storage.private", "private/,drafts")]).await;
    let clock = site.clock.clone();
    let mut services = Services::builder();
    services.insert(clock.clone());
    let url = services
        .build()
        .scope(async { site.storage.signed_url("private/1.pdf", Duration::from_secs(60)).unwrap() })
        .await;
    let answer = site.get(&url).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "secret"));
    assert_eq!(answer.header("cache-control"), "private, max-age=60");
    let part = site.ask("GET", &url, &[(header::RANGE, "bytes=0-2")]).await;
    assert_eq!((part.status, part.body.as_str()), (StatusCode::PARTIAL_CONTENT, "sec"));
    assert_eq!(site.get(&url.replace("1.pdf", "2.pdf")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get(&format!("{url}x")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/media/drafts/x/1.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/media/x.txt").await.status, StatusCode::OK);
    clock.advance("61s".parse().unwrap());
    let answer = site.get(&url).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("good for a while"), "{}", answer.body);
}

#[tokio::test]
async fn settings_say_what_is_served_and_how_long_it_is_kept() {
    let site = start(&[("storage.serve", "false")]).await;
    assert_eq!(site.get("/media/x.txt").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/own/x.txt/").await.status, StatusCode::OK);
    let site =
        start(&[("storage.address", "/files/"), ("storage.keep", "5s"), ("storage.private", "")]).await;
    assert_eq!(site.get("/media/x.txt").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/files/x.txt").await.header("cache-control"), "public, max-age=5");
    assert_eq!(site.get("/files/private/1.pdf").await.status, StatusCode::OK);
    let site = start(&[("storage.address", "https://files.example.com/")]).await;
    assert_eq!(site.get("/media/x.txt").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn rows_are_made_as_they_are_taken() {
    let site = start(&[]).await;
    let answer = site.get("/rows.csv?rows=2").await;
    assert_eq!(answer.body, "n,text\r\n0,'=1+1\r\n1,'=1+1\r\n");
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"rows.csv\"");
    assert_eq!(site.get("/formulas.csv").await.body, "=1+1,@x\r\n");
    assert_eq!(site.get("/people.csv").await.body, "name;age\r\nAnn;7\r\n\"Bob; \"\"B\"\"\";8\r\n");
    assert_eq!(site.get("/text/").await.body, "abc");
    let read = site.get("/reader/").await;
    assert_eq!((read.body.as_str(), read.header("content-type")), ("read piece by piece", "text/plain"));

    // A million rows, of which one piece is taken: only some are made.
    site.made.store(0, Ordering::SeqCst);
    let ask = Request::get("/rows.csv?rows=1000000").body(Body::empty()).unwrap();
    let response = site.router.clone().oneshot(ask).await.unwrap();
    assert_eq!(site.made.load(Ordering::SeqCst), 0, "nothing is made before it is taken");
    let mut body = response.into_body().into_data_stream();
    let first: Bytes = body.next().await.unwrap().unwrap();
    let made = site.made.load(Ordering::SeqCst);
    assert!(!first.is_empty() && made < 10_000, "{made}");
    drop(body);
    assert_eq!(Arc::strong_count(&site.made), 2 + 1, "the maker went with the answer");
    // All of them come.
    let ask = Request::get("/rows.csv?rows=100000").body(Body::empty()).unwrap();
    let body =
        site.router.clone().oneshot(ask).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), 100_001);
}

#[tokio::test]
async fn what_breaks_off_is_not_taken_for_the_whole() {
    let site = start(&[]).await;
    let ask = Request::get("/rows.csv?rows=10&fails_at=5").body(Body::empty()).unwrap();
    let response = site.router.clone().oneshot(ask).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let error = response.into_body().collect().await.unwrap_err();
    assert!(error.to_string().contains("the database is gone"), "{error}");
}
