//! S3: large files in parts, what is lost on the way, what the server refuses, addresses of its own, settings. Where
//! `QUINTET_TEST_S3` names no server, what needs one says so and passes by.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{io, path::Path, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use quintet_core::settings::Settings;
use quintet_storage::{BoxStream, Content, StorageSettings};
use s3_support::{Answer, Cut, MIB, Server, Way};
use tokio::sync::oneshot;

mod s3_support;

/// So many bytes, each of them told by its place.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n % 251) as u8).collect()
}

/// The bytes in pieces, as they come from a network.
fn pieces(all: Vec<u8>) -> BoxStream {
    let all = Bytes::from(all);
    let count = all.len().div_ceil(300_001);
    Box::pin(stream::iter(
        (0..count).map(move |n| Ok(all.slice(n * 300_001..((n + 1) * 300_001).min(all.len())))),
    ))
}

/// The first so many bytes, and the rest when somebody says so.
fn held(all: Vec<u8>, first: usize) -> (BoxStream, oneshot::Sender<()>) {
    let (go, gone) = oneshot::channel::<()>();
    let (head, tail) = (all[..first].to_vec(), all[first..].to_vec());
    let rest = stream::once(async move {
        gone.await.map_err(io::Error::other)?;
        Ok(Bytes::from(tail))
    });
    (Box::pin(pieces(head).chain(rest)), go)
}

/// Waits until an upload in parts has begun.
async fn begun(server: &Server) {
    for _ in 0..200 {
        if server.unfinished().await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no upload begins");
}

#[tokio::test]
async fn large_files_come_in_parts() {
    let Some(server) = Server::of_env("parts") else { return };
    let storage = server.storage();
    // Just one part, a byte more, some parts and a bit, and as many parts exactly.
    for size in [5 * MIB, 5 * MIB + 1, 12 * MIB + 7, 10 * MIB] {
        let all = bytes(size);
        let name = storage.save("large.bin", Content::stream(pieces(all.clone()))).await.unwrap();
        let opened = storage.open(&name).await.unwrap();
        assert_eq!(opened.info.size, size as u64);
        let tag = opened.info.tag.clone().unwrap();
        assert!(opened.bytes().await.unwrap() == all, "{size}");
        // The tag of a file in parts says how many there were.
        let parts = size.div_ceil(5 * MIB);
        assert_eq!(tag.split_once('-').map(|(_, n)| n.to_owned()), (parts > 1).then(|| parts.to_string()));
        let range = (5 * MIB - 3) as u64..(5 * MIB + 1) as u64;
        let part = storage.open_range(&name, range.clone()).await.unwrap().bytes().await.unwrap();
        let end = (range.end as usize).min(size);
        assert_eq!(part, all[range.start as usize..end]);
        storage.replace("replaced.bin", all.clone()).await.unwrap();
        assert!(storage.read("replaced.bin").await.unwrap() == all, "{size}");
    }
    assert_eq!(storage.list("large").await.unwrap().len(), 4);
    assert_eq!(server.unfinished().await, 0);
    // From a file of this machine, which is not read at once.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), bytes(6 * MIB)).unwrap();
    storage.save("file.bin", Content::file(folder.path().join("x"))).await.unwrap();
    assert_eq!(storage.info("file.bin").await.unwrap().unwrap().size, 6 * MIB as u64);
}

#[tokio::test]
async fn what_breaks_off_leaves_no_parts() {
    let Some(server) = Server::of_env("breaks") else { return };
    let storage = server.storage();
    let gone = stream::iter([Err(io::Error::other("the client is gone"))]);
    let error =
        storage.save("a.bin", Content::stream(pieces(bytes(11 * MIB)).chain(gone))).await.unwrap_err();
    assert!(error.causes().any(|cause| cause.to_string().contains("the client is gone")), "{error:?}");
    assert_eq!(server.unfinished().await, 0);

    // Nobody waits for it any more: the request is over.
    let (content, _go) = held(bytes(11 * MIB), 11 * MIB);
    let saving = tokio::spawn({
        let storage = storage.clone();
        async move { storage.save("b.bin", Content::stream(content)).await }
    });
    begun(&server).await;
    saving.abort();
    assert!(saving.await.unwrap_err().is_cancelled());
    server.nothing_unfinished().await;
    assert!(storage.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_lost_in_the_middle_is_told_and_leaves_nothing() {
    let Some(server) = Server::of_env("lost") else { return };
    let way = Way::to(&server).await;
    let endpoint = format!("http://{}", way.host);
    let storage =
        server.storage_with(&[("storage.s3.endpoint", &endpoint), ("storage.s3.retries", "1")]).unwrap();
    way.cut("partNumber=2", Cut::Sent, 100);
    let error = storage.save("a.bin", Content::stream(pieces(bytes(12 * MIB)))).await.unwrap_err();
    let told = error.to_string();
    for part in ["a.bin", &server.bucket, &endpoint, "the connection to the server broke"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(way.left(), 98, "one attempt and one more");
    assert_eq!(server.unfinished().await, 0);
    assert!(!storage.exists("a.bin").await.unwrap());

    // Lost once, it is tried again.
    way.cut("partNumber=2", Cut::Sent, 1);
    storage.save("a.bin", Content::stream(pieces(bytes(12 * MIB)))).await.unwrap();
    assert!(storage.read("a.bin").await.unwrap() == bytes(12 * MIB));
    assert_eq!((way.left(), server.unfinished().await), (0, 0));

    // A server that is not there at all.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let storage =
        server.storage_with(&[("storage.s3.endpoint", &endpoint), ("storage.s3.retries", "0")]).unwrap();
    for error in [
        storage.save("b.bin", "b").await.unwrap_err(),
        storage.read("b.bin").await.unwrap_err(),
        storage.exists("b.bin").await.unwrap_err(),
        storage.check().await.unwrap_err(),
    ] {
        let told = error.to_string();
        assert!(told.contains(&endpoint) && told.contains("can't be reached"), "{told}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let Some(server) = Server::of_env("silent") else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let more = [
        ("storage.s3.endpoint", endpoint.as_str()),
        ("storage.s3.timeout", "200ms"),
        ("storage.s3.retries", "0"),
    ];
    let storage = server.storage_with(&more).unwrap();
    let told = storage.read("a").await.unwrap_err().to_string();
    assert!(told.contains("silent") && told.contains("`timeout`"), "{told}");

    // Nor one that stops in the middle of a file.
    let answering = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut open = Vec::new();
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let mut some = vec![0; 4096];
            let _ = stream.read(&mut some).await;
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"x\"\r\nLast-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\n\r\nhalf";
            let _ = stream.write_all(head.as_bytes()).await;
            open.push(stream);
        }
    });
    let mut opened = storage.open("a").await.unwrap();
    assert_eq!((opened.info.size, opened.info.modified.to_string().as_str()), (10, "2026-11-21T08:00:00Z"));
    assert_eq!(opened.stream.next().await.unwrap().unwrap(), "half");
    let told = opened.stream.next().await.unwrap().unwrap_err().to_string();
    assert!(told.contains("reading `a`") && told.contains("silent"), "{told}");
    answering.abort();
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_file() {
    let Some(server) = Server::of_env("answer") else { return };
    let way = Way::to(&server).await;
    let storage = server.storage_with(&[("storage.s3.endpoint", &format!("http://{}", way.host))]).unwrap();
    way.cut("PUT ", Cut::Heard, 1);
    assert_eq!(storage.save("small.txt", "small").await.unwrap(), "small.txt");
    assert_eq!(way.left(), 0);
    // The end of an upload in parts, which is asked for again.
    way.cut("POST ", Cut::Heard, 0);
    let (content, go) = held(bytes(6 * MIB), 6 * MIB);
    let saving = tokio::spawn({
        let storage = storage.clone();
        async move { storage.save("large.bin", Content::stream(content)).await }
    });
    begun(&server).await;
    way.cut("POST ", Cut::Heard, 1);
    go.send(()).unwrap();
    assert_eq!(saving.await.unwrap().unwrap(), "large.bin");
    assert_eq!((way.left(), server.unfinished().await), (0, 0));
    assert!(storage.read("large.bin").await.unwrap() == bytes(6 * MIB));
    let names: Vec<String> = storage.list("").await.unwrap().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["large.bin", "small.txt"]);
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_stays_its_owners() {
    let Some(server) = Server::of_env("race") else { return };
    let storage = server.storage();
    // What can be read again gets another name.
    let (content, go) = held(bytes(6 * MIB), 6 * MIB);
    let first = std::sync::Mutex::new(Some(content));
    let content =
        Content::again(move || first.lock().unwrap().take().unwrap_or_else(|| pieces(bytes(6 * MIB))));
    let saving = tokio::spawn({
        let storage = storage.clone();
        async move { storage.save("film.mp4", content).await }
    });
    begun(&server).await;
    assert_eq!(storage.save("film.mp4", "theirs").await.unwrap(), "film.mp4");
    go.send(()).unwrap();
    let name = saving.await.unwrap().unwrap();
    assert!(name.starts_with("film_") && name.ends_with(".mp4"), "{name}");
    assert!(storage.read(&name).await.unwrap() == bytes(6 * MIB));
    assert_eq!(storage.read("film.mp4").await.unwrap(), "theirs");

    // What can't be is refused, and its sender told to come again.
    let (content, go) = held(bytes(6 * MIB), 6 * MIB);
    let saving = tokio::spawn({
        let storage = storage.clone();
        async move { storage.save("other.mp4", Content::stream(content)).await }
    });
    begun(&server).await;
    storage.save("other.mp4", "theirs").await.unwrap();
    go.send(()).unwrap();
    let error = saving.await.unwrap().unwrap_err();
    assert_eq!(error.status(), 409);
    assert!(error.to_string().contains("`other.mp4`"), "{error}");
    assert_eq!(storage.read("other.mp4").await.unwrap(), "theirs");
    assert_eq!((storage.list("").await.unwrap().len(), server.unfinished().await), (3, 0));

    // A server without conditions is asked for none: the later one wins, as it has to.
    let storage = server.storage_with(&[("storage.s3.conditional", "false")]).unwrap();
    let (content, go) = held(bytes(6 * MIB), 6 * MIB);
    let saving = tokio::spawn({
        let storage = storage.clone();
        async move { storage.save("third.mp4", Content::stream(content)).await }
    });
    begun(&server).await;
    storage.save("third.mp4", "theirs").await.unwrap();
    go.send(()).unwrap();
    assert_eq!(saving.await.unwrap().unwrap(), "third.mp4");
    assert_eq!(storage.info("third.mp4").await.unwrap().unwrap().size, 6 * MIB as u64);
    assert_ne!(storage.save("third.mp4", "fourth").await.unwrap(), "third.mp4");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_what_to_do() {
    let Some(server) = Server::of_env("refused") else { return };
    server.storage().check().await.unwrap();
    let wrong = [
        ("storage.s3.secret_access_key", "hunter2", "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        ("storage.s3.access_key_id", "nobody", "InvalidAccessKeyId", "access_key_id"),
        ("storage.url", "s3://no-such-bucket", "no such bucket", "`url` of `[storage]`"),
    ];
    for (key, value, why, fix) in wrong {
        let storage = server.storage_with(&[(key, value)]).unwrap();
        let listed = storage.list("").await.unwrap_err();
        let checked = storage.check().await.unwrap_err();
        let read = storage.read("a.txt").await.unwrap_err();
        for error in [&listed, &checked, &read] {
            let told = error.to_string();
            assert!(told.contains(why) && told.contains(fix), "{told}");
            assert!(told.contains(&format!("http://{}", server.host)), "{told}");
            assert!(
                !format!("{error:?}").contains("hunter2") && !format!("{error:?}").contains(&server.secret)
            );
        }
        // The answer to a question for a head says no reason.
        let saved = storage.save("a.txt", "a").await.unwrap_err().to_string();
        assert!(
            saved.contains("saving `a.txt`") && saved.contains("`[storage.s3]`") || saved.contains(why),
            "{saved}"
        );
        storage.save("large.bin", bytes(6 * MIB)).await.unwrap_err();
        assert!(!format!("{storage:?}").contains("hunter2"));
    }
    // Not a file that is not there: a bucket that is not.
    let storage = server.storage_with(&[("storage.url", "s3://no-such-bucket")]).unwrap();
    assert_eq!(storage.read("a").await.unwrap_err().status(), 500);
    assert_eq!(server.storage().read("a").await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn the_room_checks_it_before_others_come() {
    let Some(server) = Server::of_env("room") else { return };
    use quintet_core::Room as _;
    for (more, found) in [(&[][..], 0), (&[("storage.s3.secret_access_key", "wrong")][..], 1)] {
        let mut services = quintet_core::Services::builder();
        services.insert(server.storage_with(more).unwrap());
        let checks = quintet_storage::StorageRoom.deploy_checks(&services.build()).await;
        assert_eq!(checks.len(), found, "{checks:?}");
        assert!(
            checks
                .iter()
                .all(|check| check.id == "storage.E001" && check.message.contains("SignatureDoesNotMatch"))
        );
    }
}

#[tokio::test]
async fn folders_are_apart() {
    let Some(server) = Server::of_env("folders") else { return };
    let in_folder = |name: &str| {
        let url = format!("s3://{}/{}{name}", server.bucket, server.folder);
        server.storage_with(&[("storage.url", &url)]).unwrap()
    };
    let (all, a, ab) = (in_folder(""), in_folder("/a/"), in_folder("/ab"));
    a.save("x.txt", "a").await.unwrap();
    ab.save("x.txt", "ab").await.unwrap();
    assert_eq!(a.list("").await.unwrap().len(), 1);
    assert_eq!(a.read("x.txt").await.unwrap(), "a");
    assert_eq!(ab.read("x.txt").await.unwrap(), "ab");
    let names: Vec<String> = all.list("a").await.unwrap().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["a/x.txt", "ab/x.txt"]);
}

#[tokio::test]
async fn the_server_itself_sends_files_so_that_nothing_runs() {
    let Some(server) = Server::of_env("direct") else { return };
    let storage = server.storage_with(&[("storage.keep", "2h")]).unwrap();
    for (name, mime, disposition) in [
        ("poster ä.png", "image/png", "inline"),
        ("notes.txt", "text/plain; charset=utf-8", "inline"),
        ("page.html", "text/html", "attachment"),
        ("drawing.svg", "image/svg+xml", "attachment"),
        ("private/nothing known", "application/octet-stream", "attachment"),
    ] {
        storage.save(name, "content").await.unwrap();
        let url = storage.direct_url(name, Duration::from_secs(60)).await.unwrap();
        assert!(url.starts_with(&format!("http://{}/{}/", server.host, server.bucket)), "{url}");
        assert!(!url.contains(&server.secret), "{url}");
        let answer = Answer::of_url(&url).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "content"), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some(mime));
        assert_eq!(answer.header("content-disposition"), Some(disposition));
        // It is one of this file, of this type, for this time.
        for (from, to) in [("X-Amz-Expires=60", "X-Amz-Expires=600"), ("disposition=", "disposition=x")] {
            assert!(url.contains(from), "{url}");
            assert_eq!(Answer::of_url(&url.replace(from, to)).await.status, 403, "{from}");
        }
        // Who gets it at an address that nobody signed, of a bucket that is open or through a network of caches, runs nothing
        // either.
        let path =
            url.split_once('?').unwrap().0.split_once(&format!("/{}/", server.bucket)).unwrap().1.to_owned();
        let kept = server.ask("HEAD", &format!("/{path}")).await;
        assert_eq!((kept.status, kept.header("content-type")), (200, Some(mime)), "{kept:?}");
        assert_eq!(kept.header("content-disposition"), (disposition == "attachment").then_some("attachment"));
        let keep = if name.starts_with("private/") { "private, no-cache" } else { "public, max-age=7200" };
        assert_eq!(kept.header("cache-control"), Some(keep));
    }
    for time in [Duration::ZERO, Duration::from_secs(8 * 24 * 60 * 60)] {
        assert!(storage.direct_url("notes.txt", time).await.unwrap_err().to_string().contains("seven days"));
    }
    assert_eq!(storage.direct_url("../x", Duration::from_secs(1)).await.unwrap_err().status(), 400);
    let none = quintet_storage::Storage::memory().direct_url("a", Duration::from_secs(1)).await.unwrap_err();
    assert!(none.to_string().contains("signed_url"), "{none}");
}

fn open(more: &[(&str, &str)]) -> Result<quintet_storage::Storage, quintet_core::Error> {
    let settings = Settings::for_tests("/site", more.iter().copied());
    settings.get::<StorageSettings>()?.open(Path::new("/site"), &settings.get()?)
}

#[test]
fn settings_are_looked_at_before_anything_is_asked() {
    let account = [("storage.s3.access_key_id", "key"), ("storage.s3.secret_access_key", "hunter2")];
    let with = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("storage.url", "s3://bucket/folder")];
        all.extend(account);
        all.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
        all.extend(more);
        open(&all)
    };
    let shown = format!("{:?}", with(&[("storage.s3.region", "eu-central-1")]).unwrap());
    assert!(
        shown.contains("s3://bucket/folder/ at Amazon S3 (eu-central-1)") && !shown.contains("hunter2"),
        "{shown}"
    );
    for (more, told) in [
        (&[("storage.url", "s3://")][..], "names no bucket"),
        (&[("storage.url", "s3://Bucket")], "names no bucket"),
        (&[("storage.url", "s3://key:hunter2@bucket/x")], "belong into `[storage.s3]`"),
        (&[("storage.url", "s3://bucket/../x")], "a folder that can't be one"),
        (&[("storage.s3.endpoint", "minio:9000")], "must begin with `https://`"),
        (&[("storage.s3.endpoint", "http://minio:9000")], "`allow_http = true`"),
        (&[("storage.s3.endpoint", "https://key:hunter2@minio")], "no password"),
        (&[("storage.s3.endpoint", "https://mi nio")], "no address of a server"),
        (&[("storage.s3.part_size", "1 MiB")], "5 MiB"),
        (&[("storage.s3.region", "")], "no region"),
        (&[("storage.s3.redirect", "8d")], "seven days"),
        (&[("storage.s3.redirect", "1s")], "ten seconds"),
    ] {
        let error = with(more).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for (given, missing) in [(account[0], "secret_access_key"), (account[1], "access_key_id")] {
        let error = open(&[("storage.url", "s3://bucket"), given]).unwrap_err().to_string();
        assert!(error.contains(&format!("without `{missing}`")), "{error}");
    }
}

#[tokio::test]
async fn buckets_are_in_paths_or_in_names_of_hosts() {
    for (more, begins) in [
        (&[][..], "https://bucket.s3.us-east-1.amazonaws.com/folder/a.txt?"),
        (
            &[("storage.url", "s3://my.bucket/folder")],
            "https://s3.us-east-1.amazonaws.com/my.bucket/folder/a.txt?",
        ),
        (&[("storage.s3.region", "eu-west-3")], "https://bucket.s3.eu-west-3.amazonaws.com/folder/a.txt?"),
        (&[("storage.s3.path_style", "true")], "https://s3.us-east-1.amazonaws.com/bucket/folder/a.txt?"),
        (
            &[("storage.s3.endpoint", "https://minio.example.com:9000/")],
            "https://minio.example.com:9000/bucket/folder/a.txt?",
        ),
        (
            &[("storage.s3.endpoint", "https://minio.example.com"), ("storage.s3.path_style", "false")],
            "https://bucket.minio.example.com/folder/a.txt?",
        ),
    ] {
        let mut all = vec![
            ("storage.url", "s3://bucket/folder"),
            ("storage.s3.access_key_id", "key"),
            ("storage.s3.secret_access_key", "hunter2"),
            ("storage.s3.session_token", "a/token"),
        ];
        all.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
        all.extend(more);
        all.push(("storage.s3.redirect", "1m"));
        let storage = open(&all).unwrap();
        let url = storage.direct_url("a.txt", Duration::from_secs(60)).await.unwrap();
        // Pages may show pictures from there.
        let [origin] = &storage.origins()[..] else { panic!("{:?}", storage.origins()) };
        assert!(url.starts_with(&format!("{origin}/")) && origin.matches('/').count() == 2, "{origin} {url}");
        assert!(url.starts_with(begins), "{url}");
        assert!(
            url.contains("X-Amz-Security-Token=a%2Ftoken") && url.contains("X-Amz-Credential=key%2F"),
            "{url}"
        );
    }
}
