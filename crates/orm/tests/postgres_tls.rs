//! PostgreSQL over TLS, as `sslmode` says.
//!
//! `QUINTET_TEST_POSTGRES_TLS` names a server that offers TLS for the host in that URL,
//! `QUINTET_TEST_POSTGRES_CA` the file with its authority; without them the tests say so and do nothing.
#![cfg(feature = "postgres-tls")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use postgres_support::{one, options, server};
use quintet_core::{ErrorKind, Result, Value};
use quintet_orm::{Db, Executor, Stmt};

fn offered() -> Option<(String, String)> {
    let found =
        std::env::var("QUINTET_TEST_POSTGRES_TLS").ok().zip(std::env::var("QUINTET_TEST_POSTGRES_CA").ok());
    if found.is_none() {
        println!("skipped: QUINTET_TEST_POSTGRES_TLS and QUINTET_TEST_POSTGRES_CA are not set");
    }
    found
}

/// Is the connection encrypted?
async fn encrypted(url: &str) -> Result<bool> {
    let db = Db::open(url, options()).await?;
    Ok(one(&db, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await == Value::Bool(true))
}

#[tokio::test]
async fn the_mode_decides_whether_it_is_encrypted() {
    let Some((url, ca)) = offered() else { return };
    assert!(encrypted(&url).await.unwrap(), "prefer takes it where it is offered");
    assert!(!encrypted(&format!("{url}?sslmode=disable")).await.unwrap());
    assert!(encrypted(&format!("{url}?sslmode=require")).await.unwrap());
    assert!(encrypted(&format!("{url}?sslmode=verify-full&sslrootcert={ca}")).await.unwrap());
}

#[tokio::test]
async fn a_certificate_that_can_not_be_trusted_is_refused() {
    let Some((url, ca)) = offered() else { return };
    // Of no authority that the system knows.
    let error = encrypted(&format!("{url}?sslmode=verify-full")).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Settings, "{error}");
    // Given to another name.
    let address = url.replace("localhost", "127.0.0.1");
    assert_ne!(address, url, "the URL names localhost");
    let error = encrypted(&format!("{address}?sslmode=verify-full&sslrootcert={ca}")).await.unwrap_err();
    assert!(error.to_string().contains("TLS with the server failed"), "{error}");
    let error = encrypted(&format!("{url}?sslmode=verify-full&sslrootcert=/no/such.pem")).await.unwrap_err();
    assert!(error.to_string().contains("/no/such.pem"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let Some(url) = server() else { return };
    if encrypted(&url).await.unwrap() {
        println!("skipped: the server of QUINTET_TEST_POSTGRES offers TLS");
        return;
    }
    let error = encrypted(&format!("{url}?sslmode=require")).await.unwrap_err();
    assert!(error.to_string().contains("offers no TLS"), "{error}");
}

#[tokio::test]
async fn transactions_and_large_answers_pass_through_tls_and_a_statement_is_cancelled_through_it() {
    let Some((url, _)) = offered() else { return };
    let db = Db::open(&format!("{url}?sslmode=require"), options()).await.unwrap();
    let many = Stmt::read("SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n", vec![]);
    let rows = db.atomic(async |tx| (tx as &dyn Executor).rows(many).await).await.unwrap();
    assert_eq!(rows.len(), 20_000);
    let tx = db.begin().await.unwrap();
    {
        let mut asleep = std::pin::pin!(tx.execute(Stmt::read("SELECT pg_sleep(50)", vec![])));
        assert!(postgres_support::poll_times(asleep.as_mut(), 1, false).await.is_none());
    }
    drop(tx);
    db.close().await;
}
