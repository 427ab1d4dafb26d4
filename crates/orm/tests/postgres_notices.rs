//! What is said by NOTIFY is heard, whatever becomes of the connection.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use std::time::Duration;

use postgres_support::{bed, bed_with, options};
use quintet_core::{ErrorKind, Value};
use quintet_orm::{Db, DbOptions, Executor, Notice, Notices, Stmt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);

async fn say(on: &dyn Executor, channel: &str, payload: &str) {
    let said = vec![Value::Text(channel.to_owned()), Value::Text(payload.to_owned())];
    on.rows(Stmt::write("SELECT pg_notify($1, $2)::text", said)).await.unwrap();
}

async fn next(notices: &mut Notices) -> Notice {
    timeout(PATIENCE, notices.next()).await.expect("nothing was heard")
}

async fn heard(notices: &mut Notices) -> (String, String) {
    match next(notices).await {
        Notice::Said { channel, payload, process } => {
            assert!(process > 0);
            (channel, payload)
        }
        other => panic!("{other:?}"),
    }
}

/// No two tests share a channel: they are the database's.
fn own(schema: &str, name: &str) -> String {
    format!("{schema}_{name}")
}

#[tokio::test]
async fn what_is_committed_is_heard_in_order() {
    let Some(bed) = bed().await else { return };
    let (a, b) = (own(&bed.schema, "a"), own(&bed.schema, "Odd \"ü\" name; --"));
    let mut notices = bed.db.notices(&[&a, &b]).await.unwrap();
    let big = "😀".repeat(1_900);
    say(&bed.db, &a, "1").await;
    say(&bed.db, &b, "").await;
    say(&bed.db, &own(&bed.schema, "other"), "not heard").await;
    bed.db
        .atomic(async |tx| {
            say(tx, &a, "2").await;
            say(tx, &a, &big).await;
            Ok(())
        })
        .await
        .unwrap();
    let undone = bed.db.atomic(async |tx| {
        say(tx, &a, "undone").await;
        Err::<(), _>(quintet_core::Error::internal("no"))
    });
    undone.await.unwrap_err();
    say(&bed.other().await, &a, "3").await;
    let expected = [(&a, "1"), (&b, ""), (&a, "2"), (&a, &*big), (&a, "3")];
    for (channel, payload) in expected {
        assert_eq!(heard(&mut notices).await, (channel.clone(), payload.to_owned()));
    }
}

#[tokio::test]
async fn a_wait_may_be_given_up() {
    let Some(bed) = bed().await else { return };
    let channel = own(&bed.schema, "a");
    let mut notices = bed.db.notices(&[&channel]).await.unwrap();
    for n in 0..50 {
        say(&bed.db, &channel, &n.to_string()).await;
    }
    for n in 0..50 {
        let payload = loop {
            // Perhaps it is given up in the middle of a message.
            if let Ok(Notice::Said { payload, .. }) = timeout(Duration::from_micros(50), notices.next()).await
            {
                break payload;
            }
        };
        assert_eq!(payload, n.to_string());
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_and_opened_again() {
    let Some(bed) = bed().await else { return };
    let channel = own(&bed.schema, "a");
    let other = bed.other().await;
    let mut notices = bed.db.notices(&[&channel]).await.unwrap();
    for n in 0..3 {
        bed.kill(&other).await;
        assert!(matches!(next(&mut notices).await, Notice::Lost { .. }));
        // As long as nobody asks, nothing is opened.
        assert_eq!(next(&mut notices).await, Notice::Back);
        say(&other, &channel, &n.to_string()).await;
        assert_eq!(heard(&mut notices).await.1, n.to_string());
    }
    // Tests stop whatever still listens.
    drop(notices);
}

#[tokio::test]
async fn a_server_that_is_silent_is_lost() {
    let Some(bed) = bed_with(options(), "").await else { return };
    let (_, rest) = bed.url.split_once("@127.0.0.1:").unwrap();
    let port: u16 = rest.split('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own_port = listener.local_addr().unwrap().port();
    let (silence, silent) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut silent = silent.clone();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    () = async { drop(silent.wait_for(|silent| *silent).await) } => {}
                }
                // What the client says is read, and nothing is said.
                let mut nothing = [0; 64];
                while client.read(&mut nothing).await.is_ok_and(|count| count > 0) {}
                let _ = client.shutdown().await;
            });
        }
    });
    let url = bed.url.replace(&format!(":{port}/"), &format!(":{own_port}/"));
    let db = Db::open(&url, options()).await.unwrap();
    let channel = own(&bed.schema, "a");
    let mut notices = db.notices(&[&channel]).await.unwrap().test_after(Duration::from_millis(300));
    // It is asked and answers, for a while, and that is no news.
    assert!(timeout(Duration::from_secs(1), notices.next()).await.is_err());
    say(&bed.db, &channel, "1").await;
    assert_eq!(heard(&mut notices).await.1, "1");
    silence.send_replace(true);
    match next(&mut notices).await {
        Notice::Lost { why } => assert_eq!(why, "the server does not answer"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_can_t_be_listened_to_is_an_error() {
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    let error = db.notices(&["a"]).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("PostgreSQL"), "{error}");
    let Some(bed) = bed().await else { return };
    for channel in ["", "a\0b", &"x".repeat(64)] {
        let error = bed.db.notices(&[channel]).await.unwrap_err();
        assert!(error.to_string().contains("1 to 63 bytes"), "{error}");
    }
    assert!(bed.db.notices(&[&"x".repeat(63)]).await.is_ok());
}
