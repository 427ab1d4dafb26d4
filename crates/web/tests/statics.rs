//! Static files: found in the apps, cached for ever under their version, never outside of their folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use http::{Request, StatusCode};
use quintet_core::{App, EmbeddedFile, Folder, Site, template::Assets};
use quintet_web::{Routing, axum::body::Body};
use support::{Answer, Running, start, start_with};

static BINARY: [EmbeddedFile; 4] = [
    EmbeddedFile { path: "static/cinema/app.css", bytes: b"body { margin: 0 }" },
    EmbeddedFile { path: "static/cinema/empty.txt", bytes: b"" },
    EmbeddedFile { path: "static/a & b'.txt", bytes: b"odd name" },
    EmbeddedFile { path: "templates/secret.html", bytes: b"secret" },
];

fn in_the_binary() -> Site {
    Site::new().install(App::new("cinema").folder(Folder::embedded("/src/cinema", &BINARY)))
}

struct OnDisk(tempfile::TempDir);

impl OnDisk {
    fn new(files: &[(&str, &str)]) -> Self {
        let disk = OnDisk(tempfile::tempdir().unwrap());
        for (name, text) in files {
            disk.write(name, text);
        }
        disk
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn app(&self, label: &str) -> App {
        App::new(label)
            .folder(Folder::on_disk(Box::leak(self.0.path().to_string_lossy().into_owned().into_boxed_str())))
    }
}

fn url(site: &Running, path: &str) -> String {
    site.services.require::<Arc<dyn Assets>>().unwrap().url(path).unwrap()
}

async fn with(site: &Running, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_file_is_served_with_its_type_and_kept_under_its_version() {
    let site = start(in_the_binary()).await.unwrap();
    let address = url(&site, "cinema/app.css");
    assert!(
        address.starts_with("/static/cinema/app.")
            && address.ends_with(".css")
            && address.len() == "/static/cinema/app..css".len() + 12
    );
    let file = site.get(&address).await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, "body { margin: 0 }"));
    assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(file.header("content-length"), "18");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    for other in [
        "/static/cinema/app.css",
        "/static/cinema/app.css?v=",
        "/static/cinema/app.css?v=000000000000",
        // That of another release: today's file, but not for ever.
        "/static/cinema/app.000000000000.css",
    ] {
        let file = site.get(other).await;
        assert_eq!(
            (file.header("cache-control"), file.body.as_str()),
            ("no-cache", "body { margin: 0 }"),
            "{other}"
        );
    }
    assert_eq!(site.get("/static/cinema/ap.000000000000.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/static/cinema/empty.txt").await.header("content-length"), "0");
    let odd = url(&site, "a & b'.txt");
    assert!(odd.starts_with("/static/a%20%26%20b%27.") && odd.ends_with(".txt"), "{odd}");
    assert_eq!(site.get(&odd).await.body, "odd name");
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let disk = OnDisk::new(&[("static/a.js", "let a = 1;")]);
    let site = start(in_the_binary().install(disk.app("disk"))).await.unwrap();
    for path in ["/static/cinema/app.css", "/static/a.js"] {
        let tag = site.get(path).await.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
        let again = with(&site, path, &[("if-none-match", &format!("\"x\", W/{tag}"))]).await;
        assert_eq!(
            (again.status, again.body.as_str(), again.header("etag")),
            (StatusCode::NOT_MODIFIED, "", tag.as_str())
        );
        assert_eq!(with(&site, path, &[("if-none-match", "\"x\"")]).await.status, StatusCode::OK);
    }
    let modified = site.get("/static/a.js").await.header("last-modified").to_owned();
    assert!(modified.ends_with("GMT"), "{modified}");
    assert_eq!(
        with(&site, "/static/a.js", &[("if-modified-since", &modified)]).await.status,
        StatusCode::NOT_MODIFIED
    );
    let old = ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(with(&site, "/static/a.js", &[old]).await.status, StatusCode::OK);
    assert_eq!(
        with(&site, "/static/a.js", &[("if-modified-since", &modified), ("if-none-match", "\"x\"")])
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_edit_on_disk_changes_address_and_content_at_once() {
    let disk = OnDisk::new(&[("static/a.css", "old")]);
    let debug = &[("debug", "true")];
    let site = start_with(Site::new().install(disk.app("disk")), debug, &[]).await.unwrap();
    let old = url(&site, "a.css");
    assert!(old.starts_with("/static/a.css?v="), "{old}");
    assert!(site.get(&old).await.header("cache-control").contains("immutable"));
    let tag = site.get(&old).await.header("etag").to_owned();
    disk.write("static/a.css", "much newer");
    let new = url(&site, "a.css");
    assert_ne!(old, new);
    let file = with(&site, &new, &[("if-none-match", &tag)]).await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, "much newer"));
    assert_eq!(
        site.get(&old).await.header("cache-control"),
        "no-cache",
        "the old address is not kept with new content"
    );
    disk.write("static/b.css", "b");
    assert_eq!(site.get("/static/b.css").await.body, "b");
}

#[tokio::test]
async fn nothing_outside_or_hidden_is_served() {
    let disk = OnDisk::new(&[
        ("static/a.txt", "a"),
        ("static/.env", "hidden"),
        ("static/.git/config", "hidden"),
        ("secret.txt", "secret"),
        ("templates/t.html", "secret"),
    ]);
    let site = start(
        Site::new().install(disk.app("disk")).install(App::new("b").folder(Folder::embedded("/b", &BINARY))),
    )
    .await
    .unwrap();
    assert_eq!(site.get("/static/a.txt").await.body, "a");
    for path in [
        "",
        "/",
        "a.txt/",
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "%2e%2e%2fsecret.txt",
        "x/../../secret.txt",
        "..%5csecret.txt",
        ".env",
        "%2eenv",
        ".git/config",
        "./a.txt",
        "/a.txt",
        "%2fetc/passwd",
        "%252e%252e/secret.txt",
        "../templates/secret.html",
        "..%2ftemplates%2fsecret.html",
        "c:/a.txt",
        "cinema",
        "a.txt%2f",
    ] {
        let answer = site.get(&format!("/static/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            !answer.body.contains("secret") && !answer.body.contains("hidden"),
            "{path}: {}",
            answer.body
        );
    }
    for path in ["%ff", "%00", "a.txt%00"] {
        assert_eq!(site.get(&format!("/static/{path}")).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn ranges_give_a_part() {
    let long: String = ('a'..='z').cycle().take(200_000).collect();
    let disk = OnDisk::new(&[("static/long.txt", &long)]);
    let site = start(in_the_binary().install(disk.app("disk"))).await.unwrap();
    for (path, range, content_range, expected) in [
        ("/static/long.txt", "bytes=0-3", "bytes 0-3/200000", &long[..4]),
        ("/static/long.txt", "bytes=100000-", "bytes 100000-199999/200000", &long[100_000..]),
        ("/static/long.txt", "bytes=-5", "bytes 199995-199999/200000", &long[199_995..]),
        ("/static/cinema/app.css", "bytes=5-10", "bytes 5-10/18", "{ marg"),
    ] {
        let part = with(&site, path, &[("range", range)]).await;
        assert_eq!((part.status, part.header("content-range")), (StatusCode::PARTIAL_CONTENT, content_range));
        assert_eq!(part.body, expected);
        assert_eq!(part.header("content-length"), expected.len().to_string());
    }
    assert_eq!(site.get("/static/long.txt").await.body, long);
    let beyond = with(&site, "/static/cinema/app.css", &[("range", "bytes=18-")]).await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */18")
    );
    let near = with(&site, "/static/cinema/app.css", &[("range", "bytes=0-1,3-4")]).await;
    assert_eq!((near.status, near.header("content-range")), (StatusCode::PARTIAL_CONTENT, "bytes 0-4/18"));

    let tag = site.get("/static/cinema/app.css").await.header("etag").to_owned();
    let same = with(&site, "/static/cinema/app.css", &[("range", "bytes=0-1"), ("if-range", &tag)]).await;
    assert_eq!(same.status, StatusCode::PARTIAL_CONTENT);
    let other =
        with(&site, "/static/cinema/app.css", &[("range", "bytes=0-1"), ("if-range", "\"old\"")]).await;
    assert_eq!((other.status, other.body.len()), (StatusCode::OK, 18));
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let site = start(in_the_binary()).await.unwrap();
    let head = site.ask("HEAD", "/static/cinema/app.css").await;
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (StatusCode::OK, "", "18"));
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = site.ask(method, "/static/cinema/app.css").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.header("allow").starts_with("GET, HEAD"), "{}", answer.header("allow"));
    }
}

#[tokio::test]
async fn the_first_app_wins_and_the_prefix_is_a_setting() {
    let first = OnDisk::new(&[("static/x.txt", "first")]);
    let second = OnDisk::new(&[("static/x.txt", "second"), ("static/y.txt", "y")]);
    let site =
        Site::new().install(first.app("a")).install(second.app("b")).get("/static/x.txt", async || "a route");
    let site = start_with(site, &[("static.url", "/files")], &[]).await.unwrap();
    assert!(url(&site, "x.txt").starts_with("/files/x."));
    assert_eq!(site.get("/files/x.txt").await.body, "first");
    assert_eq!(site.get("/files/y.txt").await.body, "y");
    assert_eq!(site.get("/static/x.txt").await.body, "a route");
    let Err(error) = start_with(Site::new(), &[("static.url", "nowhere")], &[]).await else {
        panic!("a wrong prefix")
    };
    assert!(error.to_string().contains("`static.url`"), "{error}");
}

#[tokio::test]
async fn a_wrong_name_is_told_with_the_near_one() {
    let site = start(in_the_binary()).await.unwrap();
    let error =
        site.services.require::<Arc<dyn Assets>>().unwrap().url("cinema/ap.css").unwrap_err().to_string();
    assert!(error.contains("`cinema/ap.css`; did you mean `cinema/app.css`?"), "{error}");
}

#[tokio::test]
async fn layers_of_the_site_do_not_stand_before_its_files() {
    let site = in_the_binary().layer(quintet_web::axum::middleware::from_fn(
        async |_: quintet_web::axum::extract::Request, _: quintet_web::axum::middleware::Next| {
            StatusCode::FORBIDDEN
        },
    ));
    let site = start(site).await.unwrap();
    assert_eq!(site.get("/static/cinema/app.css").await.status, StatusCode::OK);
    assert_eq!(site.get("/other").await.status, StatusCode::FORBIDDEN);
}
