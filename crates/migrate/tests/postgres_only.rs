//! What only PostgreSQL has: names that are cut, sequences, foreign keys that are checked later.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{Operation, run::Target, sql::plan, state::FieldState};
use quintet_orm::{Executor, dialect::POSTGRES};

#[test]
fn a_name_that_would_be_cut_is_refused() {
    let long = "n".repeat(64);
    let start =
        chain("app", vec![vec![create(model("app.T", vec![field("x", Kind::Int)]))]]).state().unwrap();
    for operation in [
        add("app.T", null(field(&long, Kind::Int)), None),
        Operation::RenameTable { model: "app.T".into(), table: long.clone() },
        Operation::RenameField { model: "app.T".into(), from: "x".into(), to: long.clone(), column: None },
    ] {
        let (_, error) = plan(&POSTGRES, &mut start.clone(), &[operation]).unwrap_err();
        assert!(error.to_string().contains("at most 63 bytes"), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_becomes_numbered_goes_on_after_the_greatest() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let key = FieldState { primary_key: true, ..field("id", Kind::BigInt) };
    let mut given = model("app.T", vec![]);
    given.1.fields = vec![key];
    let rename = Operation::RenameField {
        model: "app.T".into(),
        from: "id".into(),
        to: "number".into(),
        column: None,
    };
    let table = Operation::RenameTable { model: "app.T".into(), table: "other".into() };
    let small = FieldState { kind: Kind::Int, ..FieldState::auto_key("number") };
    let steps = vec![alter("app.T", FieldState::auto_key("id")), rename, table, alter("app.T", small)];
    let graph = chain("app", vec![vec![create(given)], steps]);
    let db = Engine::Postgres.open().await;
    up_to(&db, &graph, "app", "0001").await.unwrap();
    db.batch("INSERT INTO app_t (id) VALUES (3), (7)".into()).await.unwrap();
    go(&db, &graph, Target::Latest).await.unwrap();
    assert_database(&db, &graph.state().unwrap()).await;
    db.batch("INSERT INTO other DEFAULT VALUES".into()).await.unwrap();
    assert_eq!(text(&db, "SELECT number FROM other ORDER BY 1").await, "3;7;8");
    up_to(&db, &graph, "app", "0001").await.unwrap();
    assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
    assert!(db.batch("INSERT INTO app_t DEFAULT VALUES".into()).await.is_err());
}

#[tokio::test]
async fn the_schema_can_change_after_rows_whose_keys_are_checked_later() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let fill = Operation::RunSql {
        up: BTreeMap::from([(
            "all".to_owned(),
            "INSERT INTO app_b (a_id) VALUES (1); INSERT INTO app_a (id, name) VALUES (1, 'x')".to_owned(),
        )]),
        down: BTreeMap::new(),
        database: None,
        elidable: false,
    };
    let start = vec![
        create(model("app.A", vec![varchar("name", 9)])),
        create(model("app.B", vec![fk("a", "app.A")])),
    ];
    let steps =
        vec![fill, alter("app.A", field("name", Kind::Text)), add("app.B", field("n", Kind::Int), Some("5"))];
    let graph = chain("app", vec![start, steps]);
    let db = Engine::Postgres.open().await;
    go(&db, &graph, Target::Latest).await.unwrap();
    assert_database(&db, &graph.state().unwrap()).await;
    assert_eq!(text(&db, "SELECT name, n FROM app_a JOIN app_b ON a_id = app_a.id").await, "x|5");
}
