//! What each operation costs a site that is in use, as `migrate --plan` tells it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{
    Operation,
    state::{CheckState, FieldState, IndexState},
};
use quintet_orm::dialect::{POSTGRES, SQLITE};

const NOTHING: &str = "";

#[test]
fn a_plan_names_what_locks_or_loses_and_the_way_around_it() {
    let film = model(
        "app.Film",
        vec![
            varchar("title", 40),
            null(field("year", Kind::Int)),
            null(fk("director", "app.Person")),
            FieldState { column: "elsewhere".into(), ..field("odd", Kind::Int) },
        ],
    );
    let before = state(vec![film, model("app.Person", vec![])]);
    let label = || "app.Film".to_owned();
    let index = |index: IndexState, concurrently| Operation::AddIndex { model: label(), index, concurrently };
    let over = |unique, deferrable| IndexState {
        fields: vec!["year".into()],
        unique,
        deferrable,
        ..IndexState::default()
    };
    let rename = |from: &str| Operation::RenameField {
        model: label(),
        from: from.into(),
        to: "new".into(),
        column: None,
    };
    let sets = |sets: Vec<Vec<String>>| Operation::AlterUniqueTogether { model: label(), sets };
    let check = CheckState { name: "c".into(), sql: "year > 1".into() };
    let anew = "builds the table anew";
    let year = |kind| null(field("year", kind));
    let choices = FieldState { choices: vec!["a".into()], ..varchar("title", 40) };
    for (operation, sqlite, postgres) in [
        (create(model("app.New", vec![])), NOTHING, NOTHING),
        (Operation::DeleteModel { model: "app.Film".into() }, "loses all rows", "loses all rows"),
        (Operation::RenameModel { model: label(), to: "app.Movie".into() }, NOTHING, NOTHING),
        (Operation::RenameTable { model: label(), table: "x".into() }, "`table = ", "`table = "),
        (rename("year"), "only the old name", "only the old name"),
        (rename("odd"), NOTHING, NOTHING),
        (remove("app.Film", "year"), "loses the values of `year`", "loses the values of `year`"),
        (remove("app.Film", "director"), anew, "loses the values"),
        (add("app.Film", null(field("x", Kind::Int)), None), NOTHING, NOTHING),
        (add("app.Film", field("x", Kind::Int), Some("1")), anew, NOTHING),
        (add("app.Film", null(unique(field("x", Kind::Int))), None), NOTHING, "makes an index"),
        (
            add(
                "app.Film",
                FieldState { db_default: Some("now()".into()), ..field("x", Kind::DateTime) },
                None,
            ),
            anew,
            "let the field be null first",
        ),
        (add("app.Film", null(fk("x", "app.Person")), None), NOTHING, "adds a foreign key"),
        (alter("app.Film", year(Kind::BigInt)), anew, "fill it with run_sql in parts"),
        (alter("app.Film", field("year", Kind::Int)), anew, "fill the empty values in a migration before"),
        (alter("app.Film", varchar("title", 20)), anew, "reads the whole table"),
        (alter("app.Film", varchar("title", 80)), anew, NOTHING),
        (alter("app.Film", choices), "reads the whole table", "reads the whole table"),
        (alter("app.Film", unique(year(Kind::Int))), NOTHING, "makes an index"),
        (
            alter("app.Film", FieldState { column: "x".into(), ..year(Kind::Int) }),
            "the old column",
            "the old column",
        ),
        (
            alter("app.Film", FieldState { primary_key: true, ..field("year", Kind::Int) }),
            anew,
            "makes the key's index anew",
        ),
        (sets(vec![vec!["title".into(), "year".into()]]), "reads the whole table", "makes an index"),
        (sets(vec![]), NOTHING, NOTHING),
        (index(over(false, false), false), NOTHING, "`concurrently = true`"),
        (index(over(false, false), true), NOTHING, NOTHING),
        (index(over(true, true), false), NOTHING, "index of a constraint"),
        (
            Operation::RemoveIndex { model: label(), name: "i".into(), concurrently: false },
            NOTHING,
            "`concurrently = true`",
        ),
        (Operation::RemoveIndex { model: label(), name: "i".into(), concurrently: true }, NOTHING, NOTHING),
        (Operation::RenameIndex { model: label(), from: "i".into(), to: None }, NOTHING, NOTHING),
        (Operation::AddConstraint { model: label(), check }, anew, "reads the whole table"),
        (Operation::RemoveConstraint { model: label(), name: "c".into() }, anew, NOTHING),
        (run_sql("SELECT 1"), "SQL of your own", "SQL of your own"),
        (
            Operation::RunRust { function: "app.f".into(), reverse: None, database: None, elidable: false },
            "nobody else can write",
            "are locked until it is done",
        ),
        (
            Operation::Separate { state: vec![], database: vec![remove("app.Film", "year")] },
            "remove field year from Film: loses the values",
            "remove field year from Film: loses the values",
        ),
        (Operation::Separate { state: vec![remove("app.Film", "year")], database: vec![] }, NOTHING, NOTHING),
    ] {
        for (dialect, wanted) in [(&SQLITE, sqlite), (&POSTGRES, postgres)] {
            let advice = operation.advice(&before, dialect);
            match wanted {
                NOTHING => assert_eq!(advice, None, "{operation} on {}", dialect.name),
                wanted => {
                    let advice = advice.unwrap_or_else(|| panic!("{operation} on {}: nothing", dialect.name));
                    assert!(advice.contains(wanted), "{operation} on {}: {advice}", dialect.name);
                }
            }
        }
    }
}
