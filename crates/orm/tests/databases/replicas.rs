//! Reads that go to copies of a database, and those that don't.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quintet_core::{ErrorKind, own_writes};
use quintet_orm::{Databases, DbOptions, Executor, QueryLog, Stmt, prelude::*};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    common::{On, typed},
    support::*,
};

/// A database with two replicas that can be told apart: each has a customer who is called as it is.
struct Copied {
    db: Db,
    /// The copies by themselves.
    copies: [Db; 2],
    _files: tempfile::TempDir,
    _on: Vec<On>,
}

async fn copied(kind: Kind) -> Option<Copied> {
    let files = tempfile::tempdir().unwrap();
    let (mut on, mut urls, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["primary", "one", "two"] {
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", files.path().join(name).display()),
            Kind::Postgres => {
                let bed = On::postgres().await?;
                let url = bed.url().to_owned();
                on.push(bed);
                url
            }
        };
        let db = open(&url, name).await;
        db.batch(typed(db.dialect(), TABLES)).await.unwrap();
        put(&db, "shop_customer", "name", name).await;
        all.push(db);
        urls.push(url);
    }
    let options = DbOptions { replicas: urls[1..].to_vec(), ..DbOptions::default() };
    let db = Db::open(&urls[0], options).await.unwrap();
    let [_, one, two] = <[Db; 3]>::try_from(all).unwrap();
    Some(Copied { db, copies: [one, two], _files: files, _on: on })
}

macro_rules! on_copies {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::copied(crate::support::Kind::Sqlite).await.unwrap()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(copied) = super::copied(crate::support::Kind::Postgres).await else { return };
                super::$name(copied).await;
            })*
        }
    };
}

on_copies! {
    reads_take_turns_and_writes_stay,
    who_has_written_reads_there,
    what_must_be_current_is_read_there,
    a_replica_of_a_named_database,
}

async fn name(db: &dyn Executor) -> String {
    Customer.order_by(Customer.id).first(db).await.unwrap().unwrap().name
}

async fn reads_take_turns_and_writes_stay(copied: Copied) {
    let db = &copied.db;
    let log = QueryLog::new();
    let mut names = Vec::new();
    let work = async {
        for _ in 0..4 {
            names.push(name(db).await);
        }
    };
    log.clone().scope(work).await;
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 2, "{names:?}");
    assert_eq!((&names[0], &names[1]), (&names[2], &names[3]));
    assert!(!names.contains(&"primary".to_owned()), "{names:?}");
    let told: BTreeSet<_> = log.records().iter().map(|record| record.replica).collect();
    assert_eq!(told, [Some(1), Some(2)].into());
    assert!(log.records().iter().all(|record| &*record.database == "default" && record.rows == 1));
    // What is written goes to the database itself, and so does what is read in a transaction.
    create!(Customer { name: "new", visits: 1 }).insert(db).await.unwrap();
    assert_eq!(Customer.query().count(&db.primary()).await.unwrap(), 2);
    assert_eq!(
        [count(&copied.copies[0], "shop_customer").await, count(&copied.copies[1], "shop_customer").await],
        [1, 1]
    );
    assert_eq!(db.atomic(async |tx| Ok(name(tx).await)).await.unwrap(), "primary");
    let read_only = db.transaction().read_only().run(async |tx| Ok(name(tx).await)).await.unwrap();
    assert_eq!(read_only, "primary");
    assert_eq!(name(&db.primary()).await, "primary");
    assert!(name(db).await != "primary");
    // What SQL of one's own calls is not known, unless one says so.
    let sql = "SELECT name FROM shop_customer ORDER BY id";
    for _ in 0..3 {
        assert_eq!(raw::<String>(sql, vec![]).first(db).await.unwrap().unwrap(), "primary");
        assert_ne!(raw::<String>(sql, vec![]).on_replica().first(db).await.unwrap().unwrap(), "primary");
    }
    let rows = Customer.raw("SELECT * FROM shop_customer ORDER BY id", vec![]);
    assert_eq!(rows.first(db).await.unwrap().unwrap().name, "primary");
    let rows = Customer.raw("SELECT * FROM shop_customer ORDER BY id", vec![]).on_replica();
    assert_ne!(rows.first(db).await.unwrap().unwrap().name, "primary");
    let mut rows = Customer.query().stream(db);
    let streamed = rows.next().await.unwrap().unwrap().name;
    drop(rows);
    // A cursor is a transaction.
    assert_eq!(streamed == "primary", db.dialect().cursors, "{streamed}");
    db.close().await;
    assert_eq!(*Customer.query().count(db).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

async fn who_has_written_reads_there(copied: Copied) {
    let db = &copied.db;
    own_writes::scope(async {
        assert!(name(db).await != "primary");
        Customer.query().update(Customer.visits.set(2)).exec(db).await.unwrap();
        for _ in 0..3 {
            assert_eq!(name(db).await, "primary");
        }
        // Another request is none of it.
        assert!(own_writes::scope(name(db)).await != "primary");
        // A task that goes on with it is.
        let task = db.clone();
        assert_eq!(
            tokio::spawn(own_writes::carried(async move { name(&task).await })).await.unwrap(),
            "primary"
        );
    })
    .await;
    assert!(name(db).await != "primary");
    // A transaction counts as a write, one that only reads does not.
    own_writes::scope(async {
        db.transaction().read_only().run(async |tx| Ok(name(tx).await)).await.unwrap();
        assert!(name(db).await != "primary");
        db.atomic(async |tx| Ok(name(tx).await)).await.unwrap();
        assert_eq!(name(db).await, "primary");
    })
    .await;
    own_writes::scope(async {
        db.batch("UPDATE shop_customer SET visits = 3".into()).await.unwrap();
        assert_eq!(name(db).await, "primary");
    })
    .await;
    // What runs after the commit sees what was committed.
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let after = db.clone();
    db.atomic(async |tx| {
        tx.on_commit(async move || {
            sender.send(name(&after).await).await.unwrap();
            Ok(())
        });
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(receiver.recv().await.unwrap(), "primary");
}

async fn what_must_be_current_is_read_there(copied: Copied) {
    let db = &copied.db;
    let here = create!(Entry { text: "here", level: 1 }).insert(db).await.unwrap();
    for copy in &copied.copies {
        put(copy, "shop_entry", "text", "old").await;
    }
    let (same, made) = create!(Entry { text: "here", level: 2 }).or_get(Entry.text, db).await.unwrap();
    assert!(!made && same.level == 1);
    assert_eq!(here.refresh(db).await.unwrap().text, "here");
    let error = create!(Entry { text: "here", level: 2 }).full_clean(db).await.unwrap_err();
    assert!(error.to_string().contains("text"), "{error}");
    let fine = create!(Entry { text: "old", level: 2 }).full_clean(db).await;
    assert!(fine.is_ok());
}

async fn a_replica_of_a_named_database(copied: Copied) {
    // The database with replicas is the archive here: it has the name of its options.
    let default = open("sqlite::memory:", "default").await;
    let [one, two] = &copied.copies;
    let replicas = vec![url_of(&copied, 1), url_of(&copied, 2)];
    let options = DbOptions { name: "archive".into(), replicas, ..DbOptions::default() };
    let archive = Db::open(&url_of(&copied, 0), options).await.unwrap();
    let db = &Databases::new(default).with(archive).build().unwrap();
    for copy in [one, two] {
        put(copy, "shop_entry", "text", "old").await;
    }
    assert_eq!(Entry.query().count(db).await.unwrap(), 1);
    create!(Entry { text: "new", level: 1 }).insert(db).await.unwrap();
    assert_eq!(
        Entry.query().first(&db.using("archive").unwrap().primary()).await.unwrap().unwrap().text,
        "new"
    );
    own_writes::scope(async {
        assert_eq!(Entry.query().first(db).await.unwrap().unwrap().text, "old");
        Entry.query().update(Entry.level.set(3)).exec(db).await.unwrap();
        assert_eq!(Entry.query().first(db).await.unwrap().unwrap().text, "new");
    })
    .await;
}

fn url_of(copied: &Copied, number: usize) -> String {
    match copied._on.get(number) {
        Some(on) => on.url().to_owned(),
        None => {
            let name = ["primary", "one", "two"][number];
            format!("sqlite://{}", copied._files.path().join(name).display())
        }
    }
}

/// What stands between a replica and who asks it: it can be shut, which ends all connections.
struct Door {
    open: Arc<AtomicBool>,
    port: u16,
    tasks: Arc<tokio::sync::Mutex<JoinSet<()>>>,
}

async fn door(server: &str) -> Door {
    let address = server.split_once('@').map_or(server, |(_, rest)| rest).split(['/', '?']).next().unwrap();
    let address = address.trim_start_matches("postgres://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, tasks) = (Arc::new(AtomicBool::new(true)), Arc::new(tokio::sync::Mutex::new(JoinSet::new())));
    let (is_open, connections) = (open.clone(), tasks.clone());
    tokio::spawn(async move {
        loop {
            let Ok((mut from, _)) = listener.accept().await else { return };
            if !is_open.load(Ordering::SeqCst) {
                continue;
            }
            let address = address.clone();
            connections.lock().await.spawn(async move {
                let Ok(mut to) = TcpStream::connect(address).await else { return };
                let _ = copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    Door { open, port, tasks }
}

impl Door {
    async fn shut(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.tasks.lock().await.abort_all();
    }

    fn through(&self, url: &str) -> String {
        let (front, rest) = url.split_once("://").unwrap();
        let (place, query) = rest.split_once('/').unwrap();
        let user = place.rsplit_once('@').map(|(user, _)| format!("{user}@")).unwrap_or_default();
        format!("{front}://{user}127.0.0.1:{}/{query}", self.port)
    }
}

#[tokio::test]
async fn a_dead_replica_is_left_out_and_comes_back() {
    let (Some(primary), Some(copy), Some(late)) =
        (On::postgres().await, On::postgres().await, On::postgres().await)
    else {
        return;
    };
    for (on, name) in [(&primary, "primary"), (&copy, "copy"), (&late, "late")] {
        let db = open(on.url(), name).await;
        db.batch(typed(db.dialect(), TABLES)).await.unwrap();
        put(&db, "shop_customer", "name", name).await;
    }
    let (copy_door, late_door) = (door(copy.url()).await, door(late.url()).await);
    // One is away from the beginning on.
    late_door.shut().await;
    let replicas = vec![copy_door.through(copy.url()), late_door.through(late.url())];
    let options = DbOptions { replicas, connection_wait: Duration::from_secs(2), ..DbOptions::default() };
    let db = Db::open(primary.url(), options).await.unwrap();
    for _ in 0..4 {
        assert_eq!(name(&db).await, "copy");
    }
    // The other one goes: no read fails for it.
    copy_door.shut().await;
    for _ in 0..4 {
        assert_eq!(name(&db).await, "primary");
    }
    let rows: Vec<Vec<quintet_core::Value>> =
        (&db as &dyn Executor).rows(Stmt::read("SELECT name FROM shop_customer", vec![])).await.unwrap();
    assert_eq!(rows[0][0].as_text(), Some("primary"));
    // Both come back, each in its time.
    copy_door.open.store(true, Ordering::SeqCst);
    late_door.open.store(true, Ordering::SeqCst);
    let mut seen = BTreeSet::new();
    while seen.len() < 2 {
        let name = name(&db).await;
        if name != "primary" {
            seen.insert(name);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(seen, ["copy".to_owned(), "late".to_owned()].into());
    for _ in 0..4 {
        assert!(name(&db).await != "primary");
    }
}

#[tokio::test]
async fn a_wrong_replica_is_refused() {
    for (replica, said) in [
        ("oracle://ann:hunter2@db/site", "no driver for `oracle`"),
        ("nonsense", "no database URL"),
        ("sqlite:///nowhere/at/all.db", "nowhere"),
    ] {
        let options = DbOptions { replicas: vec![replica.into()], ..DbOptions::default() };
        let error = Db::open("sqlite::memory:", options).await.map(drop).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let Some(on) = On::postgres().await else { return };
    let options = DbOptions { replicas: vec![on.url().into()], ..DbOptions::default() };
    let error = Db::open("sqlite::memory:", options).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("is a postgres database") && error.contains("sqlite"), "{error}");
}
