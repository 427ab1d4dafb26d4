//! Columns that the database computes from others: made, changed, given up and built anew around, with their rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::{App, Result, Value, value::Kind};
use quintet_migrate::{
    DataMigrating, OldModels, Operation, ProjectState,
    detect::{Hints, Prepared, detect},
    file,
    run::Target,
    squash::optimize,
    state::{CheckState, FieldState, IndexState},
};
use quintet_orm::{Executor, Tx};

fn generated(field: FieldState, sql: &str) -> FieldState {
    FieldState { generated: Some(sql.into()), ..field }
}

fn total(sql: &str) -> FieldState {
    generated(field("total", Kind::BigInt), sql)
}

fn plain() -> Vec<FieldState> {
    vec![varchar("name", 40), field("price", Kind::Int), field("amount", Kind::Int)]
}

fn lines(fields: Vec<FieldState>) -> Operation {
    create(model("shop.Line", fields))
}

fn with_total() -> Vec<FieldState> {
    [plain(), vec![total("price * amount")]].concat()
}

async fn fill(db: &Bed) {
    let sql = "INSERT INTO shop_line (name, price, amount) VALUES ('Pen', 3, 5), ('Ink', 10, 2)";
    db.batch(sql.into()).await.unwrap();
}

const ALL: &str = "SELECT name, price, amount, total FROM shop_line ORDER BY id";
const COMPUTED: &str = "Pen|3|5|15;Ink|10|2|20";

fn index(fields: &[&str], unique: bool) -> Operation {
    let fields = fields.iter().map(|name| (*name).to_owned()).collect();
    let index = IndexState { fields, unique, ..IndexState::default() };
    Operation::AddIndex { model: "shop.Line".into(), index, concurrently: false }
}

fn check(name: &str, sql: &str) -> Operation {
    let check = CheckState { name: name.into(), sql: sql.into() };
    Operation::AddConstraint { model: "shop.Line".into(), check }
}

#[tokio::test]
async fn they_come_and_go_and_change_with_their_rows() {
    let line = "shop.Line";
    let renamed = Operation::RenameField {
        model: line.into(),
        from: "amount".into(),
        to: "pieces".into(),
        column: None,
    };
    // What is done, and the rows after it.
    let cases: Vec<(Vec<Operation>, &str, &str)> = vec![
        (vec![alter(line, total("price * amount + 1"))], ALL, "Pen|3|5|16;Ink|10|2|21"),
        (vec![alter(line, null(total("price * amount")))], ALL, COMPUTED),
        // Another type; the name's length builds the table anew on SQLite.
        (vec![alter(line, varchar("name", 50))], ALL, COMPUTED),
        (
            vec![alter(line, generated(field("total", Kind::Float), "price * amount"))],
            ALL,
            "Pen|3|5|15.0;Ink|10|2|20.0",
        ),
        // What it is computed from has another type, with an index and a rule on what is computed.
        (
            vec![
                index(&["total", "name"], true),
                check("not_too_dear", "total < 1000"),
                alter(line, FieldState { unique: true, ..total("price * amount") }),
                alter(line, field("price", Kind::BigInt)),
            ],
            ALL,
            COMPUTED,
        ),
        (
            vec![check("not_too_dear", "total < 1000"), alter(line, total("price * amount * 2"))],
            ALL,
            "Pen|3|5|30;Ink|10|2|40",
        ),
        // New columns, and new ones computed from them, at once.
        (
            vec![
                add(line, field("tax", Kind::Int), Some("7")),
                add(line, generated(field("gross", Kind::BigInt), "price + tax"), None),
                alter(line, total("price * amount + tax")),
            ],
            "SELECT total, gross, tax FROM shop_line ORDER BY id",
            "22|10|7;27|17|7",
        ),
        // The database renames what it is computed from by itself; on the way back, too.
        (vec![renamed.clone()], "SELECT name, price, pieces, total FROM shop_line ORDER BY id", COMPUTED),
        (
            vec![renamed.clone(), alter(line, varchar("name", 60))],
            "SELECT name, price, pieces, total FROM shop_line ORDER BY id",
            COMPUTED,
        ),
        (
            vec![renamed.clone(), alter(line, total("price * pieces"))],
            "SELECT name, price, pieces, total FROM shop_line ORDER BY id",
            COMPUTED,
        ),
        (vec![remove(line, "total")], "SELECT name, price FROM shop_line ORDER BY id", "Pen|3;Ink|10"),
        (
            vec![remove(line, "total"), remove(line, "amount")],
            "SELECT name, price FROM shop_line ORDER BY id",
            "Pen|3;Ink|10",
        ),
        // A plain column from now on: it keeps its values.
        (vec![alter(line, field("total", Kind::BigInt))], ALL, COMPUTED),
    ];
    for engine in engines() {
        for (operations, sql, after) in &cases {
            let graph = chain("shop", vec![vec![lines(with_total())], operations.clone()]);
            let db = engine.open().await;
            up_to(&db, &graph, "shop", "0001").await.unwrap();
            assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
            fill(&db).await;
            assert_eq!(text(&db, ALL).await, COMPUTED);
            go(&db, &graph, Target::Latest).await.unwrap_or_else(|e| panic!("{operations:?}: {e:?}"));
            assert_database(&db, &graph.state().unwrap()).await;
            assert_eq!(text(&db, sql).await, *after, "{operations:?}");
            // The way back, where no values are lost.
            if operations
                .iter()
                .any(|operation| matches!(operation, Operation::RemoveField { name, .. } if name == "amount"))
            {
                continue;
            }
            up_to(&db, &graph, "shop", "0001").await.unwrap();
            assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
            assert_eq!(text(&db, ALL).await, COMPUTED, "back from {operations:?}");
            db.batch("UPDATE shop_line SET amount = 1".into()).await.unwrap();
            assert_eq!(text(&db, "SELECT total FROM shop_line ORDER BY id").await, "3;10");
        }
    }
}

#[tokio::test]
async fn a_column_can_begin_to_be_computed() {
    let before = [plain(), vec![null(field("total", Kind::BigInt))]].concat();
    for engine in engines() {
        let steps = vec![vec![lines(before.clone())], vec![alter("shop.Line", total("price * amount"))]];
        let graph = chain("shop", steps);
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        assert_eq!(text(&db, ALL).await, "Pen|3|5|NULL;Ink|10|2|NULL");
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
        assert_eq!(text(&db, ALL).await, COMPUTED);
        let written = db.batch("UPDATE shop_line SET total = 1".into()).await;
        assert!(written.unwrap_err().to_string().contains("total"));
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_eq!(text(&db, ALL).await, COMPUTED);
    }
}

fn found(before: Vec<FieldState>, after: Vec<FieldState>) -> Vec<Operation> {
    let (before, after) = (state(vec![model("shop.Line", before)]), state(vec![model("shop.Line", after)]));
    let mut answers = Prepared::default();
    detect(&before, &after, &Hints::default(), &mut answers).unwrap()
}

#[test]
fn changes_are_found_in_an_order_that_works() {
    let line = "shop.Line";
    // No value is asked for: there is one.
    assert_eq!(found(plain(), with_total()), [add(line, total("price * amount"), None)]);
    let other = [plain(), vec![total("price + amount")]].concat();
    assert_eq!(found(with_total(), other), [alter(line, total("price + amount"))]);
    // What it is computed from comes before it, and goes behind it.
    let before = [with_total(), vec![generated(field("twice", Kind::BigInt), "amount * 2")]].concat();
    let after = vec![
        generated(field("half", Kind::BigInt), "tax / 2"),
        varchar("name", 40),
        field("price", Kind::BigInt),
        null(field("tax", Kind::Int)),
        total("price + tax"),
    ];
    assert_eq!(
        found(before, after),
        [
            remove(line, "twice"),
            add(line, null(field("tax", Kind::Int)), None),
            alter(line, field("price", Kind::BigInt)),
            alter(line, total("price + tax")),
            add(line, generated(field("half", Kind::BigInt), "tax / 2"), None),
            remove(line, "amount"),
        ]
    );
}

#[tokio::test]
async fn what_is_found_can_be_done() {
    let before = [with_total(), vec![generated(field("twice", Kind::BigInt), "amount * 2")]].concat();
    let after = vec![
        generated(field("half", Kind::BigInt), "price / 2"),
        varchar("name", 40),
        field("price", Kind::BigInt),
        null(field("tax", Kind::Int)),
        total("price + COALESCE(tax, 1)"),
    ];
    for engine in engines() {
        let graph = chain("shop", vec![vec![lines(before.clone())], found(before.clone(), after.clone())]);
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
        assert_eq!(text(&db, "SELECT half, price, total FROM shop_line ORDER BY id").await, "1|3|4;5|10|11");
    }
}

#[test]
fn files_say_what_computes_them() {
    let migration = migration("shop.0001_initial", &[], vec![lines(with_total())]);
    let text = file::render(&migration);
    assert!(text.contains(r#"{ name = "total", kind = "big_int", generated = "price * amount" }"#), "{text}");
    let back = file::parse("shop", "0001_initial", "0001_initial.toml", &text).unwrap();
    assert_eq!(back.operations, migration.operations);
    let wrong = text.replace("generated = ", "db_default = \"1\", generated = ");
    let error = file::parse("shop", "0001_initial", "0001_initial.toml", &wrong).unwrap_err().to_string();
    assert!(error.contains("`total` is computed by the database"), "{error}");
}

#[test]
fn squashing_keeps_what_they_need() {
    let line = "shop.Line";
    let before = state(vec![model(line, plain())]);
    // `tax` could be left out, if nothing were computed from it meanwhile.
    let needed = vec![
        add(line, null(field("tax", Kind::Int)), None),
        add(line, total("price + tax"), None),
        alter(line, total("price * amount")),
        remove(line, "tax"),
    ];
    assert_eq!(optimize(&before, needed.clone()).unwrap(), needed);
    // In a table that is made with them there are no rows yet.
    let made =
        vec![lines(plain()), add(line, total("price * amount"), None), alter(line, varchar("name", 50))];
    let short = optimize(&ProjectState::default(), made.clone()).unwrap();
    assert_eq!(short.len(), 1, "{short:?}");
    // What comes and goes is nothing.
    let nothing = vec![add(line, total("price"), None), remove(line, "total")];
    assert_eq!(optimize(&before, nothing).unwrap(), []);
}

async fn more_lines(tx: &Tx, old: &OldModels) -> Result {
    let set = old.set("Line")?;
    let made = set.create([("name", "Cap".into()), ("price", 2.into()), ("amount", 4.into())], tx).await?;
    assert_eq!(made.get("total"), Some(&Value::Int(8)));
    let refused = set
        .create([("name", "Cap".into()), ("price", 2.into()), ("amount", 4.into()), ("total", 1.into())], tx);
    assert!(refused.await.unwrap_err().to_string().contains("total"));
    set.update_all([("amount", 3.into())], tx).await?;
    Ok(())
}

#[tokio::test]
async fn a_migration_in_rust_writes_around_them() {
    for engine in engines() {
        let (db, directory) = (engine.open().await, tempfile::tempdir().unwrap());
        let folder_of = directory.path().join("migrations");
        std::fs::create_dir_all(&folder_of).unwrap();
        let tables = file::render(&migration("shop.0001_initial", &[], vec![lines(with_total())]));
        let rows = "depends = [\"0001_initial\"]\n\n[[operation]]\nop = \"run_rust\"\nname = \"more_lines\"\nreverse = \"\"\n";
        std::fs::write(folder_of.join("0001_initial.toml"), tables).unwrap();
        std::fs::write(folder_of.join("0002_rows.toml"), rows).unwrap();
        let app = App::new("shop").folder(folder(directory.path())).data_migration("more_lines", more_lines);
        stage(&db, vec![app]).run("migrate").await.unwrap();
        assert_eq!(text(&db, ALL).await, "Cap|2|3|6");
    }
}
