//! Files with their versions: in names, in the style sheets that name them, compressed, on a CDN, collected in a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{io::Read, path::Path, sync::Arc};

use http::{Request, StatusCode};
use quintet_core::{
    App, EmbeddedFile, Folder, Result, Room, Site,
    command::{Args, Captured, Console},
    template::Assets,
};
use quintet_web::{Routing, WebRoom, axum::body::Body};
use support::{Answer, Running, start, start_with};

const SHEET: &str = "@import \"base.css\";\n\
    a { background: url(../img/dot.png?x#y) }\n\
    b { background: url('/static/img/dot.png') }\n\
    c { background: url(missing.png), url(data:image/png;base64,AA==), url(//cdn/x.png), url(#id), url(/other/x.png) }\n\
    /*# sourceMappingURL=app.css.map */\n";

static BINARY: [EmbeddedFile; 9] = [
    EmbeddedFile { path: "static/cinema/app.css", bytes: SHEET.as_bytes() },
    EmbeddedFile { path: "static/cinema/base.css", bytes: b"body { margin: 0 }" },
    EmbeddedFile { path: "static/cinema/app.css.map", bytes: b"{}" },
    EmbeddedFile { path: "static/cinema/app.js", bytes: b"let a;\n//# sourceMappingURL=app.js.map\n" },
    EmbeddedFile { path: "static/cinema/app.js.map", bytes: b"{\"version\":3}" },
    EmbeddedFile { path: "static/img/dot.png", bytes: &[b'P'; 4000] },
    EmbeddedFile { path: "static/one.css", bytes: b"@import 'two.css'; a { src: url(img/dot.png) }" },
    EmbeddedFile { path: "static/two.css", bytes: b"@import 'one.css';" },
    EmbeddedFile { path: "static/long.txt", bytes: &[b'x'; 20_000] },
];

fn in_the_binary() -> Site {
    Site::new().install(App::new("cinema").folder(Folder::embedded("/src/cinema", &BINARY)))
}

fn url(site: &Running, path: &str) -> String {
    site.services.require::<Arc<dyn Assets>>().unwrap().url(path).unwrap()
}

fn file(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

async fn with(site: &Running, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    site.send(request.body(Body::empty()).unwrap()).await
}

fn unpacked(answer: &Answer) -> String {
    let mut text = String::new();
    match answer.header("content-encoding") {
        "br" => brotli::Decompressor::new(&*answer.bytes, 4096).read_to_string(&mut text).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(&*answer.bytes).read_to_string(&mut text).unwrap(),
        other => panic!("{other}"),
    };
    text
}

#[tokio::test]
async fn style_sheets_and_scripts_name_the_versions() {
    let site = start(in_the_binary()).await.unwrap();
    let dot = url(&site, "img/dot.png");
    let css = site.get(&url(&site, "cinema/app.css")).await.body;
    let expected = SHEET
        .replace("base.css", file(&url(&site, "cinema/base.css")))
        .replace("../img/dot.png", &format!("../img/{}", file(&dot)))
        .replace("/static/img/dot.png", &dot)
        .replace("app.css.map", file(&url(&site, "cinema/app.css.map")));
    assert_eq!(css, expected);
    assert_eq!(site.get("/static/cinema/app.css").await.body, expected, "by its plain name too");
    let script = site.get(&url(&site, "cinema/app.js")).await.body;
    assert_eq!(script, format!("let a;\n//# sourceMappingURL={}\n", file(&url(&site, "cinema/app.js.map"))));
    for name in ["cinema/base.css", "img/dot.png", "cinema/app.js.map"] {
        let found = site.get(&url(&site, name)).await;
        assert_eq!(
            (found.status, found.header("cache-control").contains("immutable")),
            (StatusCode::OK, true)
        );
    }
}

#[tokio::test]
async fn files_that_name_each_other_have_versions_that_do_not_depend_on_who_asks_first() {
    let (a, b) = (start(in_the_binary()).await.unwrap(), start(in_the_binary()).await.unwrap());
    let first = (url(&a, "one.css"), url(&a, "two.css"));
    let second = (url(&b, "two.css"), url(&b, "one.css"));
    assert_eq!((first.0.as_str(), first.1.as_str()), (second.1.as_str(), second.0.as_str()));
    let one = a.get(&first.0).await.body;
    assert!(one.contains("@import 'two.css'") && one.contains(file(&url(&a, "img/dot.png"))), "{one}");
}

#[tokio::test]
async fn a_change_on_disk_is_another_version_of_all_that_name_the_file() {
    let disk = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(disk.path().join(name), text).unwrap();
    write("app.css", "a { src: url(x.svg) }");
    write("x.svg", "<svg/>");
    let dirs = disk.path().to_str().unwrap().to_owned().leak();
    let site = start_with(Site::new(), &[("static.dirs", dirs)], &[]).await.unwrap();
    let old = url(&site, "app.css");
    assert!(!old.contains("?v="), "{old}");
    assert!(site.get(&old).await.body.contains(file(&url(&site, "x.svg"))));
    write("x.svg", "<svg><g/></svg>");
    let new = url(&site, "app.css");
    assert_ne!(old, new);
    assert!(site.get(&new).await.body.contains(file(&url(&site, "x.svg"))));
    assert_eq!(site.get(&old).await.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn further_folders_come_first() {
    let disk = tempfile::tempdir().unwrap();
    std::fs::create_dir(disk.path().join("cinema")).unwrap();
    std::fs::write(disk.path().join("cinema/base.css"), "mine").unwrap();
    std::fs::write(disk.path().join(".env"), "secret").unwrap();
    let dirs = format!("{},/nowhere/at/all", disk.path().display()).leak();
    let site = start_with(in_the_binary(), &[("static.dirs", dirs)], &[]).await.unwrap();
    assert_eq!(site.get("/static/cinema/base.css").await.body, "mine");
    assert_eq!(site.get("/static/cinema/app.js.map").await.status, StatusCode::OK);
    for hidden in ["/static/.env", "/static/cinema/../.env"] {
        assert_eq!(site.get(hidden).await.status, StatusCode::NOT_FOUND);
    }
    let checks = WebRoom.checks(&site.services).await;
    let find = |id: &str| checks.iter().filter(|c| c.id == id).map(ToString::to_string).collect::<Vec<_>>();
    assert!(matches!(&find("web.W002")[..], [one] if one.contains("/nowhere/at/all")), "{checks:?}");
    let missing = find("web.W003");
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(
        missing[0].contains("`missing.png`") && missing[0].contains("static/cinema/app.css:4"),
        "{missing:?}"
    );
}

#[tokio::test]
async fn files_are_compressed_for_those_who_take_it() {
    let site = start(in_the_binary()).await.unwrap();
    let plain = site.get("/static/long.txt").await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    for (accept, encoding, ending) in
        [("gzip, br", "br", "-br\""), ("gzip", "gzip", "-gz\""), ("br;q=0.1, gzip;q=0.2", "gzip", "-gz\"")]
    {
        let packed = with(&site, "/static/long.txt", &[("accept-encoding", accept)]).await;
        assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, encoding));
        assert_eq!(packed.header("content-length"), packed.bytes.len().to_string());
        assert!(packed.bytes.len() < 200 && unpacked(&packed) == plain.body);
        let tag = packed.header("etag").to_owned();
        assert!(tag.ends_with(ending) && tag != plain.header("etag"), "{tag}");
        assert_eq!(
            (packed.header("vary"), packed.header("content-type")),
            ("accept-encoding", "text/plain; charset=utf-8")
        );
        let both = [("accept-encoding", accept), ("if-none-match", tag.as_str())];
        let known = with(&site, "/static/long.txt", &both).await;
        assert_eq!((known.status, known.header("vary")), (StatusCode::NOT_MODIFIED, "accept-encoding"));
        // The tag of one form is not that of another.
        assert_eq!(with(&site, "/static/long.txt", &[("if-none-match", &tag)]).await.status, StatusCode::OK);
        // Ranges are of the form that is sent.
        let range = [("accept-encoding", accept), ("range", "bytes=0-9"), ("if-range", tag.as_str())];
        let part = with(&site, "/static/long.txt", &range).await;
        assert_eq!(part.header("content-range"), format!("bytes 0-9/{}", packed.bytes.len()));
        assert_eq!((part.bytes.as_slice(), part.header("content-encoding")), (&packed.bytes[..10], encoding));
    }
    for (path, accept) in [
        ("/static/long.txt", "identity"),
        ("/static/img/dot.png", "br, gzip"),
        ("/static/cinema/base.css", "br, gzip"),
        ("/static/long.txt", "br;q=0"),
    ] {
        let whole = with(&site, path, &[("accept-encoding", accept)]).await;
        assert_eq!((whole.status, whole.header("content-encoding")), (StatusCode::OK, ""), "{path} {accept}");
    }
    assert_eq!(site.get("/static/img/dot.png").await.header("vary"), "");
}

#[tokio::test]
async fn compression_has_its_switch_and_its_bound() {
    let ask = async |settings: &[(&'static str, &'static str)]| {
        let site = start_with(in_the_binary(), settings, &[]).await.unwrap();
        let answer = with(&site, "/static/long.txt", &[("accept-encoding", "br")]).await;
        (answer.header("content-encoding").to_owned(), answer.header("vary").to_owned(), answer.bytes.len())
    };
    assert_eq!(ask(&[("static.compress", "false")]).await, (String::new(), String::new(), 20_000));
    assert_eq!(
        ask(&[("static.compress_memory", "1")]).await,
        (String::new(), "accept-encoding".to_owned(), 20_000),
        "no room for the packed form"
    );
    assert_eq!(ask(&[]).await.0, "br");
}

#[tokio::test]
async fn several_ranges_are_several_bodies() {
    let text: String = ('a'..='z').cycle().take(100_000).collect();
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join("long.bin"), &text).unwrap();
    let dirs = disk.path().to_str().unwrap().to_owned().leak();
    let site = start_with(in_the_binary(), &[("static.dirs", dirs)], &[]).await.unwrap();
    let several = with(&site, "/static/long.bin", &[("range", "bytes=70000-70003, 0-1, -2")]).await;
    assert_eq!(several.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(several.header("content-range"), "");
    let kind = several.header("content-type").to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let part = |range: &str, body: &str| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {range}/100000\r\n\r\n{body}"
        )
    };
    let expected = [
        part("70000-70003", &text[70_000..=70_003]),
        part("0-1", "ab"),
        part("99998-99999", &text[99_998..]),
        format!("\r\n--{boundary}--\r\n"),
    ];
    assert_eq!(several.body, expected.concat());
    assert_eq!(several.header("content-length"), several.body.len().to_string());
    // From memory, too.
    let several = with(&site, "/static/long.txt", &[("range", "bytes=0-1,5000-5001")]).await;
    assert_eq!(several.header("content-length"), several.body.len().to_string());
    assert!(
        several.body.contains("Content-Range: bytes 5000-5001/20000\r\n\r\nxx\r\n--"),
        "{}",
        several.body
    );
    let long = with(&site, "/static/long.bin", &[("range", "bytes=0-69999,80000-99999")]).await;
    assert!(long.body.contains(&text[..70_000]) && long.body.contains(&text[80_000..]));
}

#[tokio::test]
async fn what_must_be_unchanged_is_refused_otherwise() {
    let site = start(in_the_binary()).await.unwrap();
    let tag = site.get("/static/long.txt").await.header("etag").to_owned();
    assert_eq!(with(&site, "/static/long.txt", &[("if-match", &tag)]).await.status, StatusCode::OK);
    let other = with(&site, "/static/long.txt", &[("if-match", "\"x\"")]).await;
    assert_eq!(other.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_cdn_has_the_addresses_and_the_site_the_files() {
    let cdn = ("static.url", "https://cdn.example.com/files/");
    let site = start_with(in_the_binary(), &[cdn], &[]).await.unwrap();
    let address = url(&site, "cinema/app.css");
    let path = address.strip_prefix("https://cdn.example.com").unwrap();
    let css = site.get(path).await;
    assert_eq!((css.status, css.header("access-control-allow-origin")), (StatusCode::OK, "*"));
    // Relative addresses work on the CDN as they do here.
    assert!(css.body.contains(&format!("../img/{}", file(&url(&site, "img/dot.png")))), "{}", css.body);
    let here = start(in_the_binary()).await.unwrap();
    assert_eq!(here.get("/static/cinema/app.css").await.header("access-control-allow-origin"), "");
    let debug = start_with(in_the_binary(), &[cdn, ("debug", "true")], &[]).await.unwrap();
    assert!(url(&debug, "cinema/app.css").starts_with("/files/cinema/app."));
}

struct Collected {
    root: tempfile::TempDir,
    site: Running,
    out: Captured,
    console: Console,
}

impl Collected {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let setting = root.path().join("out").to_str().unwrap().to_owned().leak();
        let site = start_with(in_the_binary(), &[("static.root", setting)], &[]).await.unwrap();
        let (console, out) = Console::captured();
        Collected { root, site, out, console }
    }

    /// What the command says.
    async fn run(&self, given: &[(&str, &str)]) -> Result<String> {
        let command = WebRoom.commands().into_iter().find(|c| c.name == "collectstatic").unwrap();
        let before = self.out.text().len();
        let mut args = Args::default();
        for (name, value) in given {
            args.push(name, *value);
        }
        let services = self.site.services.clone();
        let mut with_console = quintet_core::Services::builder();
        with_console.insert(self.console.clone());
        with_console.insert(services.require::<Arc<quintet_web::statics::Statics>>()?.clone());
        command.run(with_console.build(), args).await?;
        Ok(self.out.text()[before..].to_owned())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join("out").join(name)
    }
}

fn count(folder: &Path) -> usize {
    quintet_core::files_below(folder).len()
}

#[tokio::test]
async fn all_files_are_collected_under_both_names() {
    let collected = Collected::new().await;
    let said = collected.run(&[("dry_run", "true")]).await.unwrap();
    assert!(said.contains("9 static files in ") && said.contains("19 to write"), "{said}");
    assert!(!collected.root.path().join("out").exists());

    let said = collected.run(&[]).await.unwrap();
    assert!(said.contains("19 written, 0 unchanged") && said.contains("1 name without a file"), "{said}");
    let address = url(&collected.site, "cinema/app.css");
    let published = address.strip_prefix("/static/").unwrap();
    assert!(said.contains(published), "{said}");
    let css = std::fs::read_to_string(collected.path(published)).unwrap();
    assert_eq!(css, std::fs::read_to_string(collected.path("cinema/app.css")).unwrap());
    assert_eq!(css, collected.site.get(&address).await.body);
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(collected.path("staticfiles.json")).unwrap()).unwrap();
    assert_eq!(manifest["paths"]["cinema/app.css"], published);
    assert_eq!((&manifest["version"], manifest["hash"].as_str().unwrap().len()), (&"1.1".into(), 12));
    // 18 files, the manifest, and one text in two forms under two names.
    assert_eq!(count(&collected.root.path().join("out")), 18 + 1 + 4);

    let said = collected.run(&[]).await.unwrap();
    assert!(said.contains("0 written, 9 unchanged, 0 compressed"), "{said}");
    std::fs::write(collected.path("cinema/base.css"), "touched").unwrap();
    let said = collected.run(&[]).await.unwrap();
    assert!(said.contains("1 written, 8 unchanged"), "{said}");
    assert_eq!(std::fs::read_to_string(collected.path("cinema/base.css")).unwrap(), "body { margin: 0 }");
}

#[tokio::test]
async fn clearing_removes_what_was_collected_and_nothing_else() {
    let collected = Collected::new().await;
    collected.run(&[]).await.unwrap();
    std::fs::write(collected.path("app.0123456789ab.css"), "old").unwrap();
    collected.run(&[]).await.unwrap();
    assert!(collected.path("app.0123456789ab.css").exists(), "an old page may still ask for it");
    collected.run(&[("clear", "true"), ("dry_run", "true")]).await.unwrap();
    assert!(collected.path("app.0123456789ab.css").exists());
    collected.run(&[("clear", "true")]).await.unwrap();
    assert!(!collected.path("app.0123456789ab.css").exists() && collected.path("long.txt").exists());

    let mine = collected.root.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("thesis.txt"), "years of work").unwrap();
    let error = collected.run(&[("folder", mine.to_str().unwrap()), ("clear", "true")]).await.unwrap_err();
    assert!(error.to_string().contains("staticfiles.json"), "{error}");
    assert!(mine.join("thesis.txt").exists());
}

#[tokio::test]
async fn nothing_is_collected_into_where_files_come_from() {
    let disk = tempfile::tempdir().unwrap();
    let path: &str = disk.path().to_str().unwrap().to_owned().leak();
    let site = start_with(Site::new(), &[("static.dirs", path)], &[]).await.unwrap();
    let (console, _) = Console::captured();
    let mut services = quintet_core::Services::builder();
    services.insert(console);
    services.insert(site.services.require::<Arc<quintet_web::statics::Statics>>().unwrap().clone());
    let services = services.build();
    let command = WebRoom.commands().into_iter().find(|c| c.name == "collectstatic").unwrap();
    let run = async |folder: Option<String>| {
        let mut args = Args::default();
        if let Some(folder) = folder {
            args.push("folder", folder);
        }
        command.run(services.clone(), args).await.unwrap_err().to_string()
    };
    let within = run(Some(format!("{path}/out"))).await;
    assert!(within.contains("where files come from"), "{within}");
    let nowhere = run(None).await;
    assert!(nowhere.contains("`root` in [static]"), "{nowhere}");
}

#[tokio::test]
async fn what_collectstatic_has_compressed_is_sent() {
    let collected = Collected::new().await;
    collected.run(&[]).await.unwrap();
    // By another hand, so that it is seen whose work is sent.
    let packed =
        collected.path(&format!("{}.br", url(&collected.site, "long.txt").trim_start_matches("/static/")));
    assert!(packed.is_file());
    std::fs::write(&packed, b"a mark").unwrap();
    let answer = with(&collected.site, "/static/long.txt", &[("accept-encoding", "br")]).await;
    assert_eq!((answer.header("content-encoding"), answer.bytes.as_slice()), ("br", &b"a mark"[..]));
}

#[tokio::test]
async fn the_policy_of_pages_lets_them_load_from_the_cdn() {
    let policy = async |settings: &[(&'static str, &'static str)]| {
        let site = start_with(in_the_binary().get("/", async || "page"), settings, &[]).await.unwrap();
        let server = site.services.require::<quintet_core::settings::Settings>().unwrap().get().unwrap();
        let gate = quintet_web::middleware::Gate::open(&site.services, &server, None).await.unwrap();
        let answer = gate.answer(Request::get("/").body(Body::empty()).unwrap()).await;
        answer.headers()["content-security-policy"].to_str().unwrap().to_owned()
    };
    let with = policy(&[("static.url", "https://cdn.example.com/static/")]).await;
    assert!(with.starts_with("default-src 'self' https://cdn.example.com; img-src"), "{with}");
    assert!(policy(&[]).await.starts_with("default-src 'self'; img-src"));
}
