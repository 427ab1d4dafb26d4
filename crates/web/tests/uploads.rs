//! Uploads over real sockets: what attackers send, what breaks off, and what is left afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use quintet_core::{Boot, Result, Room, Services, Site, clock::Clock, settings::Settings, signal::Signals};
use quintet_storage::{Local, Storage};
use quintet_web::{
    Multipart, Routing as _, Upload, WebRoom, post, routes,
    server::{Draining, Server, Shutdown},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(60);

#[post("/keep/")]
async fn keep(mut form: Multipart, storage: Storage) -> Result<String> {
    let mut kept = Vec::new();
    while let Some(part) = form.next_part().await? {
        if part.is_file() {
            let upload = part.upload().await?;
            let place = if upload.is_in_memory() { "memory" } else { "disk" };
            let (kind, len) = (upload.content_type(), upload.len());
            let name = upload.save(&storage, "in/").await?;
            kept.push(format!("{name} {kind} {len} {place}"));
        } else {
            kept.push(part.text().await?);
        }
    }
    Ok(kept.join("\n"))
}

#[post("/large/", max_body = "3 MB")]
async fn large(form: Multipart) -> Result<String> {
    Ok(form.receive().await?.files.iter().map(|(_, file)| file.len()).sum::<u64>().to_string())
}

#[post("/small/", max_body = 300)]
async fn small(form: Multipart) -> Result<String> {
    Ok(form.receive().await?.files.len().to_string())
}

#[post("/panic/")]
async fn panics(form: Multipart) -> Result<String> {
    let received = form.receive().await?;
    assert!(received.files.is_empty(), "the handler fails with a file in its hands");
    Ok(String::new())
}

/// What the sender says of a file, and what is made of it.
#[post("/said/")]
async fn said(form: Multipart) -> Result<String> {
    let told = |file: &Upload| {
        format!("{} | {:?} | {} | {}", file.sent_name(), file.sent_type(), file.name(), file.content_type())
    };
    Ok(form.receive().await?.files.iter().map(|(_, file)| told(file)).collect::<Vec<_>>().join("\n"))
}

/// Takes more of some things than the site, and less of others.
#[post("/lifted/")]
async fn lifted(mut form: Multipart) -> Result<String> {
    let limits = form.limits();
    limits.max_fields += 1;
    limits.max_name_length = 9;
    limits.max_file_size = Some(3);
    let got = form.receive().await?;
    let problems: Vec<String> =
        got.files.iter().filter_map(|(_, file)| Some(format!("{:?}", file.problem()?))).collect();
    Ok(format!("{} {} {}", got.texts.len(), got.files.len(), problems.len()))
}

struct Served {
    address: SocketAddr,
    shutdown: Shutdown,
    end: JoinHandle<Result<Draining>>,
    spool: PathBuf,
    media: PathBuf,
    _folders: (TempDir, TempDir),
}

async fn serve(given: &[(&str, &str)]) -> Served {
    let (spool, media) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let site = Arc::new(Site::new().csrf(false).routes(routes![keep, large, small, panics, said, lifted]));
    let folder = spool.path().to_str().unwrap().to_owned();
    let mut all = vec![
        ("server.bind", "127.0.0.1:0"),
        ("uploads.folder", folder.as_str()),
        ("uploads.memory", "10 KB"),
        ("server.max_body_size", "1 MB"),
        ("uploads.max_file_size", "500 KB"),
    ];
    all.retain(|(name, _)| given.iter().all(|(other, _)| name != other));
    all.extend(given);
    let settings = Settings::for_tests(".", all);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(Signals::of(&site));
    boot.services.insert(Clock::system());
    boot.services.insert(settings.clone());
    boot.services.insert(site);
    boot.services.insert(Storage::from(Local::new(media.path())));
    WebRoom.start(&mut boot).await.unwrap();
    let server = Server::bind(boot.services.build(), settings.get().unwrap()).await.unwrap();
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    Served {
        address,
        shutdown,
        end: tokio::spawn(server.run()),
        spool: spool.path().to_owned(),
        media: media.path().to_owned(),
        _folders: (spool, media),
    }
}

/// One part with these headers.
fn part(head: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    [b"--b\r\n", head.as_bytes(), b"\r\n\r\n", content.as_ref(), b"\r\n"].concat()
}

fn file(name: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    part(&format!("Content-Disposition: form-data; name=\"f\"; filename=\"{name}\""), content)
}

fn head(path: &str, framing: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n{framing}\r\n\r\n"
    )
}

impl Served {
    async fn say(&self, text: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // Who is refused early may find the connection closed.
        let _ = stream.write_all(text.as_ref()).await;
        stream
    }

    /// The status, and all that came back.
    async fn send(&self, path: &str, parts: &[Vec<u8>]) -> (u16, String) {
        let body = [parts.concat().as_slice(), b"--b--\r\n"].concat();
        let head = head(path, &format!("Content-Length: {}", body.len()));
        answer(self.say([head.as_bytes(), &body].concat()).await).await
    }

    /// Waits until nothing of what was sent is left: no file in the folder, and none that is open without a name.
    async fn is_clean(&self) {
        let clean = async {
            while open_below(&self.spool) > 0 || open_below(&self.media) > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(HANG, clean).await.expect("the files of the upload are closed");
        assert_eq!(files_below(&self.spool), Vec::<String>::new());
        let unfinished = self.media.join(".unfinished");
        assert_eq!(files_below(&unfinished), Vec::<String>::new());
    }

    fn kept(&self) -> Vec<String> {
        files_below(&self.media)
    }

    async fn stop(self) {
        self.shutdown.stop();
        timeout(HANG, self.end).await.unwrap().unwrap().unwrap();
    }
}

async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut text = Vec::new();
    let _ = timeout(HANG, stream.read_to_end(&mut text)).await.expect("the server closes the connection");
    let text = String::from_utf8_lossy(&text).into_owned();
    (text.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), text)
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found.sort();
    found
}

/// How many files of this folder the process has open; on other systems than Linux nobody can say.
fn open_below(folder: &Path) -> usize {
    let handles = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    handles
        .filter_map(|handle| std::fs::read_link(handle.path()).ok())
        .filter(|to| to.starts_with(folder))
        .count()
}

#[tokio::test]
async fn files_are_kept_whole_wherever_they_waited() {
    let served = serve(&[]).await;
    let large = "x".repeat(200_000);
    let parts = [
        file("small.txt", "abc"),
        file("large.txt", &large),
        part("Content-Disposition: form-data; name=\"t\"", "hello"),
        file("small.txt", "def"),
    ];
    let (status, text) = served.send("/keep/", &parts).await;
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains(
            "in/small.txt text/plain 3 memory\nin/large.txt text/plain 200000 disk\nhello\nin/small_"
        ),
        "{text}"
    );
    assert_eq!(std::fs::read(served.media.join("in/large.txt")).unwrap(), large.as_bytes());
    assert_eq!(served.kept().len(), 3);
    served.is_clean().await;
    // Small files share what memory there is.
    let many: Vec<Vec<u8>> = (0..4).map(|_| file("a.txt", "x".repeat(4000))).collect();
    let (_, text) = served.send("/keep/", &many).await;
    assert_eq!((text.matches("memory").count(), text.matches("disk").count()), (2, 2), "{text}");
    served.stop().await;
}

#[tokio::test]
async fn too_much_of_anything_is_refused_and_nothing_stays() {
    let served = serve(&[]).await;
    let field = |i: usize| part(&format!("Content-Disposition: form-data; name=\"f{i}\""), "x");
    for (what, parts, told) in [
        ("a file", vec![file("a.txt", "x".repeat(600_000))], "is too large: at most 500 KB"),
        ("10,000 fields", (0..10_000).map(field).collect(), "`max_fields` in [uploads]"),
        ("5,000 files", (0..5000).map(|_| file("a", "x")).collect(), "`max_files` in [uploads]"),
        ("files without names", (0..500).map(|_| file("", "x")).collect(), "`max_files` in [uploads]"),
        (
            "a name",
            vec![part(&format!("Content-Disposition: form-data; name=\"{}\"", "n".repeat(201)), "x")],
            "`max_name_length` in [uploads]",
        ),
        (
            "a head",
            vec![part(&format!("Content-Disposition: form-data; name=a\r\nX: {}", "n".repeat(9000)), "x")],
            "`max_header_size` in [uploads]",
        ),
        (
            "a body",
            vec![
                file("a.txt", "x".repeat(400_000)),
                file("b.txt", "x".repeat(400_000)),
                file("c.txt", "x".repeat(400_000)),
            ],
            "at most 1000000 are taken",
        ),
    ] {
        let (status, text) = served.send("/keep/", &parts).await;
        assert_eq!(status, 413, "{what}: {text}");
        assert!(text.contains(told), "{what}: {text}");
        served.is_clean().await;
    }
    served.stop().await;
}

#[tokio::test]
async fn routes_take_more_or_less_than_others() {
    let served = serve(&[("uploads.max_file_size", "0 B")]).await;
    let (status, text) = served.send("/large/", &[file("a.txt", "x".repeat(2_000_000))]).await;
    assert!(status == 200 && text.ends_with("2000000"), "{text}");
    let (status, text) = served.send("/large/", &[file("a.txt", "x".repeat(3_100_000))]).await;
    assert_eq!(status, 413, "{text}");
    // What the largest route takes is not let in elsewhere, announced or not.
    let (status, text) = served.send("/keep/", &[file("a.txt", "x".repeat(2_000_000))]).await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("at most 1000000 are taken"), "{text}");
    let (status, _) = answer(endless(&served, "/keep/", file("a.txt", "")).await).await;
    assert_eq!(status, 413);
    let (status, text) = served.send("/small/", &[file("a.txt", "x".repeat(50))]).await;
    assert!(status == 200 && text.ends_with('1'), "{text}");
    let (status, text) = served.send("/small/", &[file("a.txt", "x".repeat(400))]).await;
    assert_eq!(status, 413, "{text}");
    served.is_clean().await;
    served.stop().await;
}

/// Sends a body that does not end, until the server has had enough.
async fn endless(served: &Served, path: &str, start: Vec<u8>) -> TcpStream {
    let mut stream = served.say(head(path, "Transfer-Encoding: chunked")).await;
    let mut piece = start;
    piece.truncate(piece.len().saturating_sub(2));
    for _ in 0..10_000 {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
        piece = vec![b'x'; 10_000];
        // An answer that is there already ends the sending, as in a browser.
        let mut byte = [0];
        if timeout(Duration::from_millis(1), stream.peek(&mut byte)).await.is_ok() {
            break;
        }
    }
    stream
}

#[tokio::test]
async fn a_body_without_an_end_meets_one() {
    let served = serve(&[("uploads.max_file_size", "0 B")]).await;
    for start in [file("a.txt", ""), b"no boundary".to_vec(), b"--b\r\nX: ".to_vec()] {
        let (status, text) = answer(endless(&served, "/keep/", start).await).await;
        assert_eq!(status, 413, "{text}");
        served.is_clean().await;
    }
    assert_eq!(served.kept(), Vec::<String>::new());
    served.stop().await;
}

#[tokio::test]
async fn a_slow_body_ends_with_its_request() {
    let served = serve(&[
        ("server.request_timeout", "500ms"),
        ("server.body_timeout", "30s"),
        ("uploads.memory", "0 B"),
    ])
    .await;
    let body = file("a.txt", "x".repeat(1000));
    let mut stream = served.say(head("/keep/", "Content-Length: 900000")).await;
    stream.write_all(&body[..200]).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    // A drop now and then, for as long as somebody takes it.
    let dripping = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let mut text = Vec::new();
    let _ = timeout(HANG, reading.read_to_end(&mut text)).await.expect("the server ends it");
    assert!(text.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&text));
    served.is_clean().await;
    drop(reading);
    timeout(HANG, dripping).await.expect("nobody listens any more").unwrap();
    assert_eq!(served.kept(), Vec::<String>::new());
    served.stop().await;
}

#[tokio::test]
async fn a_sender_that_says_nothing_more_is_given_up() {
    let served = serve(&[("server.body_timeout", "300ms"), ("uploads.memory", "0 B")]).await;
    let mut stream = served.say(head("/keep/", "Content-Length: 100000")).await;
    stream.write_all(&file("a.txt", "x".repeat(1000))).await.unwrap();
    let (status, text) = answer(stream).await;
    assert_eq!(status, 408, "{text}");
    served.is_clean().await;
    served.stop().await;
}

#[tokio::test]
async fn a_sender_that_leaves_leaves_nothing_behind() {
    let served = serve(&[("uploads.memory", "0 B")]).await;
    let mut stream = served.say(head("/keep/", "Content-Length: 100000")).await;
    stream.write_all(&file("a.txt", "x".repeat(50_000))).await.unwrap();
    if cfg!(target_os = "linux") {
        let spooled = async {
            while open_below(&served.spool) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(HANG, spooled).await.expect("the file is written while it comes");
    }
    drop(stream);
    served.is_clean().await;
    assert_eq!(served.kept(), Vec::<String>::new());
    served.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_leaves_nothing_behind() {
    let served = serve(&[("uploads.memory", "0 B")]).await;
    let (status, _) = served.send("/panic/", &[file("a.txt", "x".repeat(50_000))]).await;
    assert_eq!(status, 500);
    served.is_clean().await;
    served.stop().await;
}

#[tokio::test]
async fn names_and_types_are_never_what_attackers_say() {
    let served = serve(&[]).await;
    for (name, kept) in [
        ("../../../etc/cron.d/x", "in/x "),
        ("..\\\\..\\\\boot.ini", "in/boot.ini "),
        ("/etc/passwd", "in/passwd "),
        ("a.txt%0d%0aSet-Cookie: x=1", "in/a.txt__Set-Cookie_x1 "),
        (".htaccess", "in/htaccess "),
        ("nul.txt", "in/_nul.txt "),
        ("%00.txt", "in/00.txt "),
    ] {
        let (status, text) = served.send("/keep/", &[file(name, "x")]).await;
        assert_eq!(status, 200, "{name}: {text}");
        assert!(text.contains(kept) && !text.to_lowercase().contains("\r\nset-cookie"), "{name}: {text}");
    }
    for (name, content) in [
        ("a.png", &b"<html><script>alert(1)</script>"[..]),
        ("a.jpg", b"<svg xmlns='x' onload='alert(1)'/>"),
        ("a.gif", b"<?php system($_GET['c']); ?>"),
        ("a.png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        ("a.pdf", b"MZ\x90\0"),
    ] {
        let (status, text) = served.send("/keep/", &[file(name, content)]).await;
        assert_eq!(status, 422, "{name}: {text}");
    }
    // Both a picture and a script: it is kept and called what it is, and nobody runs it.
    let (_, text) =
        served.send("/keep/", &[file("a.html", b"GIF89a\x01\0\x01\0/*<script>alert(1)</script>")]).await;
    assert!(text.contains("422"), "{text}");
    let (_, text) =
        served.send("/keep/", &[file("a", b"GIF89a\x01\0\x01\0/*<script>alert(1)</script>")]).await;
    assert!(text.contains("in/a.gif image/gif"), "{text}");
    for wrong in [
        "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\nX: y",
        "Content-Disposition: form-data; name=\"a\0b\"",
        "Content-Disposition: form-data; name=\"f\"; name=\"g\"",
        "Content-Type: text/plain",
    ] {
        let (status, text) = served.send("/keep/", &[part(wrong, "x")]).await;
        assert_eq!(status, 400, "{wrong:?}: {text}");
    }
    served.is_clean().await;
    served.stop().await;
}

#[tokio::test]
async fn what_the_sender_says_of_a_file_is_there_to_be_shown() {
    let served = serve(&[]).await;
    let head = "Content-Disposition: form-data; name=\"f\"; filename=\"C:\\x\\My <b>.TXT\"\r\nContent-Type: Image/PNG; a=b";
    let (status, text) = served.send("/said/", &[part(head, "hello"), file("plain", "x")]).await;
    assert_eq!(status, 200, "{text}");
    let lines: Vec<&str> = text.rsplit("\r\n").next().unwrap().lines().collect();
    let [one, two] = lines.as_slice() else { panic!("{text}") };
    let parts: Vec<&str> = one.split(" | ").collect();
    assert!(parts[0].ends_with("My <b>.TXT"), "{one}");
    assert!(parts[1].starts_with("Some(\"image/png"), "{one}");
    assert!(parts[2].ends_with(".TXT") && !parts[2].contains(['<', '\\', ' ']), "{one}");
    assert_eq!(parts[3], "text/plain", "the type is what the file is, not what is said of it");
    assert!(two.starts_with("plain | None | plain | "), "{two}");
    served.stop().await;
}

#[tokio::test]
async fn names_headers_and_fields_have_limits_that_a_handler_may_change() {
    let settings =
        [("uploads.max_fields", "2"), ("uploads.max_header_size", "120 B"), ("uploads.max_name_length", "5")];
    let served = serve(&settings).await;
    let field = |name: &str| part(&format!("Content-Disposition: form-data; name=\"{name}\""), "x");
    let long = "x".repeat(120);
    for (path, parts, expected) in [
        ("/keep/", vec![field("a"), field("fiver")], None),
        ("/keep/", vec![field("a"), field("b"), field("c")], Some("`max_fields` in [uploads]")),
        ("/keep/", vec![field("sixsix")], Some("`max_name_length` in [uploads]")),
        ("/keep/", vec![file(&long, "x")], Some("`max_header_size` in [uploads]")),
        ("/lifted/", vec![field("a"), field("b"), field("sixsix")], None),
        ("/lifted/", vec![field("a"), field("b"), field("c"), field("d")], Some("more than 3 fields")),
        ("/lifted/", vec![field("tentenlong")], Some("`max_name_length` in [uploads]")),
    ] {
        let (status, text) = served.send(path, &parts).await;
        match expected {
            None => assert_eq!(status, 200, "{path}: {text}"),
            Some(told) => assert!(status == 413 && text.contains(told), "{path}: {status}: {text}"),
        }
    }
    let (_, text) = served.send("/lifted/", &[file("a", "abc")]).await;
    assert!(text.ends_with("0 1 0"), "{text}");
    let (_, text) = served.send("/lifted/", &[file("a", "abcd")]).await;
    assert!(text.ends_with("0 1 1"), "{text}");
    served.is_clean().await;
    served.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_takes_nothing_is_told_and_nothing_stays() {
    // A file where the folder should be: the system refuses to write there.
    let wrong = tempfile::NamedTempFile::new().unwrap();
    let folder = wrong.path().join("x");
    let served = serve(&[("uploads.folder", folder.to_str().unwrap())]).await;
    let (status, text) = served.send("/keep/", &[file("a.txt", "x".repeat(50_000))]).await;
    assert_eq!(status, 500, "{text}");
    let (status, _) = served.send("/keep/", &[file("a.txt", "small")]).await;
    assert_eq!(status, 200, "what fits into memory needs no folder");
    served.stop().await;
}
