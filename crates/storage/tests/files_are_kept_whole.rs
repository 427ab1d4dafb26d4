//! Files in a folder, in memory and in S3: kept whole or not at all, never overwritten, nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{io, path::Path};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use quintet_storage::{Content, Local, Storage};
use s3_support::Server;
use tempfile::TempDir;

mod s3_support;

/// All kinds; S3 where there is a server of it.
fn places() -> (TempDir, Vec<Storage>) {
    let folder = tempfile::tempdir().unwrap();
    let local = Storage::new(Local::new(folder.path().join("media")));
    let mut all = vec![local, Storage::memory()];
    all.extend(Server::of_env("places").map(|server| server.storage()));
    (folder, all)
}

/// All files below a folder, those that are hidden or unfinished too.
fn on_disk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(on_disk(&path)),
            path => found.push(path.display().to_string()),
        }
    }
    found
}

#[tokio::test]
async fn a_file_is_saved_read_listed_and_deleted() {
    let (_folder, places) = places();
    for storage in places {
        let name = storage.save("posters/2026/alien.jpg", "first").await.unwrap();
        assert_eq!(name, "posters/2026/alien.jpg");
        assert_eq!(storage.read(&name).await.unwrap(), "first");
        let info = storage.info(&name).await.unwrap().unwrap();
        assert_eq!((info.name.as_str(), info.size), (name.as_str(), 5));
        assert!(info.modified > "2020-01-01T00:00:00Z".parse().unwrap());

        // A taken name is not overwritten.
        let second = storage.save("posters/2026/alien.jpg", "second").await.unwrap();
        assert!(
            second != name && second.starts_with("posters/2026/alien_") && second.ends_with(".jpg"),
            "{second}"
        );
        assert_eq!(storage.read(&name).await.unwrap(), "first");
        assert_eq!(storage.read(&second).await.unwrap(), "second");

        // Unless that is asked for.
        storage.replace(&name, String::from("third")).await.unwrap();
        assert_eq!(storage.read(&name).await.unwrap(), "third");

        storage.save("posters.txt", vec![]).await.unwrap();
        let names = async |prefix: &str| -> Vec<String> {
            storage.list(prefix).await.unwrap().into_iter().map(|info| info.name).collect()
        };
        assert_eq!(names("posters/").await, [name.clone(), second.clone()]);
        assert_eq!(names("posters/2026/alien_").await, std::slice::from_ref(&second));
        assert_eq!(names("").await.len(), 3);
        assert_eq!(names("none").await, Vec::<String>::new());

        assert!(storage.delete(&second).await.unwrap());
        assert!(!storage.delete(&second).await.unwrap());
        assert!(!storage.exists(&second).await.unwrap());
        let error = storage.open(&second).await.unwrap_err();
        assert_eq!(error.status(), 404);
        assert!(
            error.to_string().contains(&second) && error.location().file().contains("files_are_kept"),
            "{error:?}"
        );
        // Names of all sorts are told apart and found again.
        for name in [
            "odd/ä b+c%20&'#=~(1)!$,;@[x]^`{|}.txt",
            "odd/a b.txt",
            "odd/a+b.txt",
            "odd/a%20b.txt",
            "odd/日本.txt",
        ] {
            assert_eq!(storage.save(name, name.to_owned()).await.unwrap(), name);
            assert_eq!(storage.read(name).await.unwrap(), name);
        }
        assert_eq!(names("odd/").await.len(), 5);
        assert!(names("odd/").await.contains(&"odd/a%20b.txt".to_owned()));

        // A folder is no file, a file no folder.
        assert!(
            !storage.exists("posters").await.unwrap() && !storage.exists(&format!("{name}/x")).await.unwrap()
        );
        assert!(storage.open("posters").await.is_err());
    }
}

#[tokio::test]
async fn parts_of_a_file_are_read() {
    let (_folder, places) = places();
    for storage in places {
        let long: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        storage.save("long.bin", long.clone()).await.unwrap();
        let opened = storage.open("long.bin").await.unwrap();
        assert_eq!(opened.info.size, 200_000);
        assert_eq!(opened.bytes().await.unwrap(), long);
        for range in [
            0..1u64,
            0..200_000,
            70_000..150_001,
            199_999..200_000,
            199_999..900_000,
            200_000..200_001,
            5..5,
            900_000..900_001,
        ] {
            let expected =
                &long[(range.start as usize).min(long.len())..(range.end as usize).min(long.len())];
            let part = storage.open_range("long.bin", range.clone()).await.unwrap();
            assert_eq!(part.info.size, 200_000);
            assert_eq!(part.bytes().await.unwrap(), expected, "{range:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_fails_leaves_nothing() {
    let (folder, places) = places();
    for storage in places {
        let broken = || {
            Content::stream(stream::iter([
                Ok(Bytes::from_static(b"half")),
                Err(io::Error::other("the client is gone")),
            ]))
        };
        let error = storage.save("a/half.bin", broken()).await.unwrap_err();
        assert!(error.causes().any(|cause| cause.to_string().contains("the client is gone")), "{error:?}");
        storage.save("old.bin", "old").await.unwrap();
        storage.replace("old.bin", broken()).await.unwrap_err();
        assert_eq!(storage.read("old.bin").await.unwrap(), "old");
        assert_eq!(storage.list("").await.unwrap().len(), 1);
        storage.save("gone.bin", Content::file(folder.path().join("no such file"))).await.unwrap_err();
        assert!(!storage.exists("gone.bin").await.unwrap());
    }
    assert_eq!(on_disk(folder.path()).len(), 1, "{:?}", on_disk(folder.path()));
}

#[tokio::test]
async fn a_save_that_is_given_up_leaves_nothing() {
    let (folder, places) = places();
    let storage = places[0].clone();
    let (started, mut has_started) = tokio::sync::mpsc::channel::<()>(1);
    let pieces = stream::once(async move {
        started.send(()).await.unwrap();
        Ok(Bytes::from_static(b"half"))
    });
    let never_ends = Content::stream(pieces.chain(stream::pending()));
    let task = tokio::spawn(async move { storage.save("a.bin", never_ends).await });
    has_started.recv().await.unwrap();
    assert_eq!(on_disk(folder.path()).len(), 1);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(on_disk(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let (folder, places) = places();
    for storage in places {
        for name in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a\\..\\x",
            "c:x",
            "a\0b",
            ".env",
            "a/.ssh/x",
            "",
            "x/",
            ".unfinished/x",
        ] {
            assert_eq!(storage.save(name, "x").await.unwrap_err().status(), 400, "{name:?}");
            assert_eq!(storage.replace(name, "x").await.unwrap_err().status(), 400, "{name:?}");
            assert_eq!(storage.open(name).await.unwrap_err().status(), 400, "{name:?}");
            assert_eq!(storage.info(name).await.unwrap_err().status(), 400, "{name:?}");
            assert_eq!(storage.delete(name).await.unwrap_err().status(), 400, "{name:?}");
        }
        assert_eq!(storage.list("../").await.unwrap(), []);
    }
    assert_eq!(on_disk(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn one_name_at_once_makes_as_many_files() {
    let (_folder, places) = places();
    for storage in places {
        let all: Vec<_> = (0..20u8)
            .map(|n| {
                let storage = storage.clone();
                tokio::spawn(async move { (n, storage.save("same.bin", vec![n; 1000]).await.unwrap()) })
            })
            .collect();
        for saved in all {
            let (n, name) = saved.await.unwrap();
            assert_eq!(storage.read(&name).await.unwrap(), vec![n; 1000]);
        }
        assert_eq!(storage.list("same").await.unwrap().len(), 20);
    }
}

/// A file system of 64 KiB, where that can be had.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let storage = Storage::new(Local::new(folder.path()));
    let big = storage.save("big.bin", vec![7; 200_000]).await;
    let small = storage.save("small.bin", "fits").await;
    let left = on_disk(folder.path()).len();
    let unmounted = Command::new("umount").arg(folder.path()).status();
    let error = big.unwrap_err();
    assert_eq!(error.status(), 507);
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!((small.unwrap().as_str(), left), ("small.bin", 1));
    assert!(unmounted.is_ok_and(|status| status.success()));
}

#[test]
fn what_a_dead_process_left_is_swept_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join(".unfinished");
    std::fs::create_dir_all(&unfinished).unwrap();
    let (old, new) = (unfinished.join("old"), unfinished.join("new"));
    for path in [&old, &new] {
        std::fs::write(path, "x").unwrap();
    }
    let two_days = std::time::Duration::from_secs(2 * 24 * 60 * 60);
    std::fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(std::time::SystemTime::now() - two_days)
        .unwrap();
    let _local = Local::new(folder.path());
    assert!(!old.exists() && new.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn links_lead_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (media, other) = (folder.path().join("media"), folder.path().join("other"));
    for made in [&media, &other] {
        std::fs::create_dir(made).unwrap();
    }
    std::fs::write(other.join("theirs.txt"), "theirs").unwrap();
    std::os::unix::fs::symlink(&other, media.join("out")).unwrap();
    std::os::unix::fs::symlink(&media, media.join("round")).unwrap();
    let storage = Storage::new(Local::new(&media));
    assert!(storage.save("out/x.txt", "x").await.is_err());
    assert!(storage.save("out/deep/x.txt", "x").await.is_err());
    assert!(storage.replace("out/theirs.txt", "x").await.is_err());
    assert!(!storage.delete("out/theirs.txt").await.unwrap());
    assert_eq!(on_disk(&other), [other.join("theirs.txt").display().to_string()]);
    assert_eq!(std::fs::read_to_string(other.join("theirs.txt")).unwrap(), "theirs");
    storage.save("own.txt", "own").await.unwrap();
    let names: Vec<String> = storage.list("").await.unwrap().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["own.txt"]);
}
