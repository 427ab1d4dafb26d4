//! A database that the real Django made, from `QUINTET_TEST_DJANGO`: a Python that has it (`scripts/django`).

use std::{collections::BTreeSet, path::Path, process::Command};

use quintet_core::meta::ModelMeta;
use quintet_migrate::{
    ProjectState,
    inspect::{InspectOptions, inspect},
};
use quintet_orm::{Db, DbOptions, Executor, dynamic::DynSet};

use crate::{
    common::*,
    kept, normal,
    round_trip::{made, managed},
};

/// Runs `make.py`; false if there is no Django.
fn make(database: &[&str]) -> bool {
    let Some(python) = std::env::var_os("QUINTET_TEST_DJANGO") else {
        println!("skipped: QUINTET_TEST_DJANGO is not set (QUINTET_TEST_DJANGO=$(scripts/django))");
        return false;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspecting/django/make.py");
    let output =
        Command::new(python).arg(script).args(database).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

/// The models make tables like Django's; what they lack is told in a comment.
async fn comes_back(engine: Engine, name: &str, db: &Db) {
    let written = inspect(db, &managed()).await.unwrap();
    let Some(models) = kept::same(name, &written) else { return };
    let back = made(engine, "django", &models).await;
    are_read(db, &models).await;
    let (theirs, ours) = (normal::tables(db).await, normal::tables(&back).await);
    assert_eq!(ours.keys().collect::<BTreeSet<_>>(), theirs.keys().collect::<BTreeSet<_>>());
    for (table, mut theirs) in theirs {
        let ours = &ours[&table];
        // What is not there is told by name.
        theirs.columns.retain(|column, _| {
            let told = format!("The database computes `{column}`");
            ours.columns.contains_key(column) || !written.contains(&told)
        });
        theirs.indexes.retain(|index, name| {
            let told = format!("The index {name} is left out: ");
            ours.indexes.contains_key(index) || !written.contains(&told)
        });
        assert_eq!(ours.columns, theirs.columns, "{table}");
        assert_eq!(ours.references, theirs.references, "{table}");
        assert_eq!(
            ours.indexes.keys().collect::<Vec<_>>(),
            theirs.indexes.keys().collect::<Vec<_>>(),
            "{table}"
        );
        assert_eq!(ours.numbered, theirs.numbered, "{table}");
    }
}

/// The rows that `make.py` wrote are read.
async fn are_read(db: &Db, models: &[&'static ModelMeta]) {
    let find = |table: &str| *models.iter().find(|model| model.table == Some(table)).unwrap();
    for model in models {
        DynSet::new(model)
            .unrestricted()
            .all(db)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
    }
    let product = DynSet::new(find("shop_product")).unrestricted().all(db).await.unwrap().remove(0);
    for (field, shown) in [
        ("price", if db.dialect().name == "sqlite" { "12.5" } else { "12.50" }),
        ("positive", "2147483647"),
        ("day", "\"1950-02-01\""),
        ("data", r#"{"keys":[1,null,"é"]}"#),
        ("address", "\"2001:db8::1\""),
        ("type_", "\"typewriter\""),
    ] {
        let value = product.get(field).unwrap();
        assert_eq!(
            serde_json::to_string(&value).unwrap().trim_matches('"'),
            shown.trim_matches('"'),
            "{field}"
        );
    }
}

#[tokio::test]
async fn tables_of_django_on_sqlite_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("django.db");
    let path = path.to_str().unwrap();
    if !make(&["sqlite", path]) {
        return;
    }
    let db = Db::open(&format!("sqlite://{path}"), DbOptions::default()).await.unwrap();
    comes_back(Engine::Sqlite, "django_sqlite", &db).await;
    let options = InspectOptions {
        app: Some("shop".into()),
        tables: vec!["shop_*".into()],
        ..InspectOptions::default()
    };
    let written = inspect(&db, &options).await.unwrap();
    let Some(models) = kept::same("django_unmanaged", &written) else { return };
    // In Django's own app, joining tables are called as Quintet calls them, and need no model.
    assert!(
        written.contains("pub tags: ManyToMany<Tag>,") && !written.contains("struct ProductTag"),
        "{written}"
    );
    assert!(models.iter().all(|model| !model.options.managed && model.claim("shop").is_ok()));
    let state = ProjectState::of_models(&models).unwrap();
    assert!(state.models.is_empty(), "migrations leave them alone");
}

#[tokio::test]
async fn tables_of_django_on_postgres_come_back() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let db = Engine::Postgres.open().await;
    // postgres://user:password@host:port/name?options=-csearch_path%3Dschema
    let (address, schema) = db.url.split_once("?options=-csearch_path%3D").unwrap();
    let (user, place) = address.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, name) = place.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap_or((host, "5432"));
    if !make(&["postgres", host, port, user, password, name, schema]) {
        return;
    }
    comes_back(Engine::Postgres, "django_postgres", &db).await;
}
