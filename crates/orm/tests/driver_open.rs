//! Opening databases: what works, and what the errors of the rest say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{fs, path::Path, time::Duration};

use driver_support::{TABLE, count, file, insert, notes, one, options};
use quintet_core::{Error, ErrorKind};
use quintet_orm::{Db, DbOptions, Executor, Stmt};

async fn refused(url: &str, root: &Path) -> Error {
    Db::open(url, options(root)).await.unwrap_err()
}

#[tokio::test]
async fn paths_start_from_the_root_or_are_absolute() {
    let directory = tempfile::tempdir().unwrap();
    let absolute = format!("sqlite://{}/ab%20c.db", directory.path().display());
    for (url, name) in
        [("sqlite://site.db", "site.db"), ("sqlite://äö @:.db", "äö @:.db"), (absolute.as_str(), "ab c.db")]
    {
        let db = Db::open(url, options(directory.path())).await.unwrap();
        db.batch(TABLE.into()).await.unwrap();
        assert!(directory.path().join(name).is_file(), "{url}");
        assert_eq!(count(&db).await, 0);
    }
}

#[tokio::test]
async fn a_memory_database_is_one_for_all_clones_and_none_else() {
    for url in ["sqlite::memory:", "sqlite://:memory:"] {
        let (one, other) = (
            Db::open(url, DbOptions::default()).await.unwrap(),
            Db::open(url, DbOptions::default()).await.unwrap(),
        );
        one.batch(TABLE.into()).await.unwrap();
        let clone = one.clone();
        let tasks = (0..50).map(|i| {
            let db = clone.clone();
            tokio::spawn(async move {
                db.execute(insert(&i.to_string())).await.unwrap();
                count(&db).await
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert!(task.await.unwrap() >= 1);
        }
        assert_eq!(count(&one).await, 50);
        let error =
            (&other as &dyn Executor).rows(Stmt::read("SELECT * FROM note", vec![])).await.unwrap_err();
        assert!(error.to_string().contains("migrate"), "{error}");
    }
}

#[tokio::test]
async fn connections_are_set_up() {
    let (_directory, db) = file().await;
    assert_eq!(one(&db, "PRAGMA journal_mode").await.as_text(), Some("wal"));
    let writer = db.begin().await.unwrap();
    for on in [&db as &dyn Executor, &writer] {
        assert_eq!(one(on, "PRAGMA foreign_keys").await.as_int(), Some(1));
        assert_eq!(one(on, "PRAGMA synchronous").await.as_int(), Some(1));
        assert_eq!(one(on, "SELECT quintet_lower('ÄÖ Straße ΟΔΟΣ')").await.as_text(), Some("äö straße οδοσ"));
        assert!(one(on, "SELECT quintet_lower(NULL)").await.is_null());
    }
    let misspelt = Stmt::read("SELECT \"txet\" FROM note", vec![]);
    assert!(db.execute(misspelt).await.unwrap_err().to_string().contains("txet"));
}

#[tokio::test]
async fn a_wrong_url_is_a_wrong_setting() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("sub")).unwrap();
    for (url, words) in [
        ("oracle://ann:hunter2@db/site", ["no driver for `oracle`", "ann:***@db"]),
        ("sqlit://site.db", ["no driver", "did you mean `sqlite`"]),
        ("site.db", ["no database URL", "sqlite://site.db"]),
        ("sqlite://", ["names no file", "sqlite://site.db"]),
        ("sqlite://a.db?mdoe=ro", ["no option `mdoe`", "did you mean `mode`"]),
        ("sqlite://a.db?mode=rwc", ["`rwc`", "`ro` or `rw`"]),
        ("sqlite::memory:?mode=ro", ["in memory", "read-only"]),
        ("sqlite://none/site.db", ["none does not exist", "make it"]),
        ("sqlite://sub", ["is a directory", "name a file in it"]),
    ] {
        let error = refused(url, root).await;
        assert_eq!(*error.kind(), ErrorKind::Settings, "{error}");
        let text = format!("{error:?}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(!root.join("a.db").exists());
}

#[tokio::test]
async fn another_files_contents_are_recognised() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("letter.db"),
        "Dear Ann, this is a letter of more than one hundred bytes. ".repeat(20),
    )
    .unwrap();
    let error = refused("sqlite://letter.db", directory.path()).await;
    assert_eq!(*error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("`sqlite://letter.db` is not a SQLite database"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_named_as_such() {
    let (directory, db) = file().await;
    db.atomic(async |tx| {
        for i in 0..2000 {
            tx.execute(insert(&format!("{i}, and so that it takes several pages, some more text"))).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    db.close().await;
    drop(db);
    let path = directory.path().join("notes.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    let db = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    let error = (&db as &dyn Executor).rows(Stmt::read("SELECT * FROM note", vec![])).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Database);
    assert!(
        error.to_string().contains("is damaged") && error.to_string().contains("restore a backup"),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_only_database_is_read_and_never_written() {
    let (directory, db) = file().await;
    db.execute(insert("a")).await.unwrap();
    db.close().await;
    let db = Db::open("sqlite://notes.db?mode=ro", options(directory.path())).await.unwrap();
    assert_eq!(notes(&db).await, "a");
    for error in [
        db.execute(insert("b")).await.unwrap_err(),
        db.batch("DELETE FROM note".into()).await.unwrap_err(),
        db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap_err(),
    ] {
        assert_eq!(*error.kind(), ErrorKind::Database);
        assert!(
            error.to_string().contains("can't be written to") && error.to_string().contains("mode=ro"),
            "{error}"
        );
    }
    assert_eq!(notes(&db).await, "a");
    let missing = refused("sqlite://none.db?mode=ro", directory.path()).await;
    assert!(missing.to_string().contains("can't be opened"), "{missing}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_without_write_permission_is_refused_at_once() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, db) = file().await;
    db.execute(insert("a")).await.unwrap();
    db.close().await;
    drop(db);
    let path = directory.path().join("notes.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let opened = Db::open("sqlite://notes.db", options(directory.path())).await;
    // The superuser may write to any file, and then opening it is right.
    match fs::OpenOptions::new().write(true).open(&path) {
        Ok(_) => assert_eq!(notes(&opened.unwrap()).await, "a"),
        Err(_) => {
            let error = opened.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Settings);
            assert!(
                error.to_string().contains("write permission") && error.to_string().contains("mode=ro"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_unavailable() {
    let (directory, db) = file().await;
    db.close().await;
    // A connection of its own is to SQLite's locks what another process is.
    let other = rusqlite::Connection::open(directory.path().join("notes.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM note").unwrap();
    let short = DbOptions { writer_wait: Duration::from_millis(30), ..options(directory.path()) };
    let error = Db::open("sqlite://notes.db", short.clone()).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
    assert!(
        error.to_string().contains("locked by another process")
            && error.to_string().contains("sqlite://notes.db")
    );
    drop(other);
    Db::open("sqlite://notes.db", short).await.unwrap();
}

#[tokio::test]
async fn closing_ends_the_work_and_refuses_more() {
    let (directory, db) = file().await;
    let clone = db.clone();
    let (written, ()) = tokio::join!(db.execute(insert("a")), clone.close());
    written.unwrap();
    for error in [
        clone.execute(insert("b")).await.unwrap_err(),
        clone.execute(Stmt::read("SELECT 1", vec![])).await.unwrap_err(),
        clone.begin().await.unwrap_err(),
    ] {
        assert_eq!(*error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("closed"), "{error}");
    }
    clone.close().await;
    // The last connection to close takes the write-ahead log with it.
    assert!(!directory.path().join("notes.db-wal").exists());
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_file() {
    let (directory, db) = file().await;
    db.execute(insert("a")).await.unwrap();
    assert_eq!(count(&db).await, 1);
    let clone = db.clone();
    drop(db);
    assert!(directory.path().join("notes.db-wal").exists());
    drop(clone);
    assert!(!directory.path().join("notes.db-wal").exists());
}
