//! Operations on a real database: the tables afterwards, the rows, and the way back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use quintet_core::{meta::OnDelete, value::Kind};
use quintet_migrate::{
    Graph, Operation, ProjectState,
    run::Target,
    state::{FieldState, Reference, ThroughOf},
};
use quintet_orm::{Db, Executor};

/// Two models with a table between them, and rows that point every way.
fn library() -> Vec<Operation> {
    let (label, mut between) = model("shop.Book_tags", vec![fk("book", "shop.Book"), fk("tag", "shop.Tag")]);
    between.through = Some(ThroughOf { model: "shop.Book".into(), field: "tags".into() });
    between.unique_together = vec![vec!["book".into(), "tag".into()]];
    let protect = Reference { model: "shop.Author".into(), on_delete: OnDelete::Protect };
    let author = FieldState { reference: Some(protect), ..fk("author", "shop.Author") };
    vec![
        create(model("shop.Author", vec![varchar("name", 40), null(fk("mentor", "shop.Author"))])),
        create(model("shop.Tag", vec![unique(varchar("name", 20)), null(fk("by", "shop.Author"))])),
        create(model("shop.Book", vec![varchar("title", 40), author, null(field("year", Kind::Int))])),
        create((label, between)),
    ]
}

async fn fill(db: &Db) {
    db.batch(
        "INSERT INTO shop_author (id, name, mentor_id) VALUES (1, 'Ann', NULL), (2, 'Bob', 1);
         INSERT INTO shop_tag (id, name) VALUES (1, 'sf'), (2, 'old');
         INSERT INTO shop_book (id, title, author_id, year) VALUES (1, 'Dune', 1, 1965), (2, 'Emma', 2, NULL);
         INSERT INTO shop_book_tags (book_id, tag_id) VALUES (1, 1), (1, 2), (2, 2)"
            .into(),
    )
    .await
    .unwrap();
}

const EVERYTHING: &str = "SELECT b.id, a.name, m.name, t.name FROM shop_book b \
    JOIN shop_author a ON a.id = b.author_id LEFT JOIN shop_author m ON m.id = a.mentor_id \
    JOIN shop_book_tags x ON x.book_id = b.id JOIN shop_tag t ON t.id = x.tag_id ORDER BY b.id, t.id";
const ROWS: &str = "1|Ann|NULL|sf;1|Ann|NULL|old;2|Bob|Ann|old";

async fn state_at(graph: &Graph, name: &str) -> ProjectState {
    graph.state_of(|key| key.name.as_str() <= name).unwrap()
}

#[tokio::test]
async fn every_change_keeps_the_rows_and_can_be_taken_back() {
    let cases: Vec<(&str, Vec<Operation>)> = vec![
        ("nullable column", vec![add("shop.Book", null(varchar("isbn", 13)), None)]),
        ("nullable key", vec![add("shop.Book", null(fk("next", "shop.Book")), None)]),
        ("required column", vec![add("shop.Author", varchar("country", 2), Some("FR"))]),
        ("required key", vec![add("shop.Tag", fk("second", "shop.Author"), Some("1"))]),
        (
            "default of the database",
            vec![add(
                "shop.Author",
                FieldState { db_default: Some("upper('x')".into()), ..field("grade", Kind::Text) },
                None,
            )],
        ),
        ("drop a column", vec![remove("shop.Book", "year")]),
        ("drop a key that may be null", vec![remove("shop.Tag", "by")]),
        ("widen", vec![alter("shop.Book", varchar("title", 80))]),
        ("unlimited", vec![alter("shop.Author", field("name", Kind::Text))]),
        ("make unique", vec![alter("shop.Author", unique(varchar("name", 40)))]),
        ("no longer unique", vec![alter("shop.Tag", varchar("name", 20))]),
        ("allow null", vec![alter("shop.Book", null(varchar("title", 40)))]),
        (
            "another rule",
            vec![alter(
                "shop.Author",
                FieldState {
                    reference: Some(Reference { model: "shop.Author".into(), on_delete: OnDelete::SetNull }),
                    ..null(fk("mentor", "shop.Author"))
                },
            )],
        ),
        (
            "rename a field",
            vec![Operation::RenameField {
                model: "shop.Book".into(),
                from: "year".into(),
                to: "published".into(),
                column: None,
            }],
        ),
        (
            "rename a unique field",
            vec![
                Operation::RenameField {
                    model: "shop.Tag".into(),
                    from: "name".into(),
                    to: "word".into(),
                    column: None,
                },
                Operation::RenameField {
                    model: "shop.Tag".into(),
                    from: "word".into(),
                    to: "name".into(),
                    column: None,
                },
            ],
        ),
        (
            "rename a model and back",
            vec![
                Operation::RenameModel { model: "shop.Author".into(), to: "shop.Writer".into() },
                Operation::RenameTable { model: "shop.Writer".into(), table: "shop_writer".into() },
                alter("shop.Writer", varchar("name", 50)),
                Operation::RenameTable { model: "shop.Writer".into(), table: "shop_author".into() },
            ],
        ),
        (
            "unique together",
            vec![Operation::AlterUniqueTogether {
                model: "shop.Book".into(),
                sets: vec![vec!["title".into(), "author".into()]],
            }],
        ),
        (
            "several at once",
            vec![
                remove("shop.Book", "year"),
                add("shop.Book", decimal("price", 8, 2), Some("9.90")),
                alter("shop.Book", varchar("title", 100)),
                Operation::AlterUniqueTogether {
                    model: "shop.Book".into(),
                    sets: vec![vec!["title".into(), "price".into()]],
                },
            ],
        ),
        ("a new model", vec![create(model("shop.Shelf", vec![fk("book", "shop.Book")]))]),
    ];
    let all = engines().into_iter().flat_map(|engine| cases.iter().map(move |case| (engine, case)));
    for (engine, (what, operations)) in all {
        let what = format!("{what} on {engine:?}");
        let graph = chain("shop", vec![library(), operations.clone()]);
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        let before = state_at(&graph, "0001").await;
        assert_database(&db, &before).await;
        fill(&db).await;
        let go_on = go(&db, &graph, Target::Latest).await;
        go_on.unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert_database(&db, &graph.state().unwrap()).await;
        assert_eq!(text(&db, EVERYTHING).await, ROWS, "{what}");
        up_to(&db, &graph, "shop", "0001").await.unwrap_or_else(|e| panic!("{what}, back: {e:?}"));
        assert_database(&db, &before).await;
        assert_eq!(text(&db, EVERYTHING).await, ROWS, "{what}, back");
        go(&db, &graph, Target::Zero("shop".into())).await.unwrap();
        assert_database(&db, &ProjectState::default()).await;
    }
}

#[tokio::test]
async fn a_change_deletes_no_row_that_points_to_the_table() {
    let graph = chain("shop", vec![library(), vec![alter("shop.Author", varchar("name", 41))]]);
    for engine in engines() {
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_eq!(text(&db, "SELECT COUNT(*) FROM shop_book").await, "2");
        assert_eq!(text(&db, "SELECT COUNT(*) FROM shop_book_tags").await, "3");
        // And the rules still hold: protect refuses, cascade follows.
        assert!(db.batch("DELETE FROM shop_author WHERE id = 2".into()).await.is_err());
        db.batch("DELETE FROM shop_book WHERE id = 1".into()).await.unwrap();
        assert_eq!(text(&db, "SELECT COUNT(*) FROM shop_book_tags").await, "1");
    }
}

#[tokio::test]
async fn consecutive_changes_of_a_table_are_one_rebuild() {
    let operations = vec![
        alter("shop.Book", varchar("title", 50)),
        add("shop.Book", field("stars", Kind::SmallInt), Some("0")),
        remove("shop.Book", "author"),
        alter("shop.Book", field("year", Kind::Int)),
    ];
    let mut before = chain("shop", vec![library()]).state().unwrap();
    let batches =
        quintet_migrate::sql::plan(&quintet_orm::dialect::SQLITE, &mut before, &operations).unwrap();
    assert_eq!(batches.len(), 1);
    let drops = batches[0].steps.iter().filter(|step| format!("{step:?}").contains("DROP TABLE"));
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn what_alter_can_do_is_no_rebuild() {
    for operation in [
        add("shop.Book", null(field("stars", Kind::Int)), None),
        alter("shop.Author", unique(varchar("name", 40))),
        remove("shop.Book", "year"),
    ] {
        let mut before = chain("shop", vec![library()]).state().unwrap();
        let batches = quintet_migrate::sql::plan(
            &quintet_orm::dialect::SQLITE,
            &mut before,
            std::slice::from_ref(&operation),
        )
        .unwrap();
        assert!(!format!("{batches:?}").contains("DROP TABLE"), "{operation}");
    }
}

#[tokio::test]
async fn a_number_that_was_given_once_is_not_given_again_after_a_rebuild() {
    let graph = chain("shop", vec![library(), vec![alter("shop.Tag", varchar("name", 30))]]);
    let db = memory().await;
    up_to(&db, &graph, "shop", "0001").await.unwrap();
    db.batch(
        "INSERT INTO shop_tag (name) VALUES ('a'), ('b'), ('c'); DELETE FROM shop_tag WHERE id > 1".into(),
    )
    .await
    .unwrap();
    go(&db, &graph, Target::Latest).await.unwrap();
    db.batch("INSERT INTO shop_tag (name) VALUES ('d')".into()).await.unwrap();
    assert_eq!(text(&db, "SELECT id FROM shop_tag ORDER BY id").await, "1;4");
    // An empty table remembers too.
    db.batch("DELETE FROM shop_tag".into()).await.unwrap();
    up_to(&db, &graph, "shop", "0001").await.unwrap();
    db.batch("INSERT INTO shop_tag (name) VALUES ('e')".into()).await.unwrap();
    assert_eq!(text(&db, "SELECT id FROM shop_tag").await, "5");
}

#[tokio::test]
async fn indexes_triggers_and_views_made_by_hand_survive_a_rebuild() {
    let graph = chain("shop", vec![library(), vec![alter("shop.Book", varchar("title", 50))]]);
    let db = memory().await;
    up_to(&db, &graph, "shop", "0001").await.unwrap();
    db.batch(
        "CREATE INDEX by_hand ON shop_book (year) WHERE year > 1900;
         CREATE VIEW titles AS SELECT title FROM shop_book;
         CREATE TRIGGER shout AFTER INSERT ON shop_book BEGIN UPDATE shop_book SET title = upper(title) WHERE id = NEW.id; END"
            .into(),
    )
    .await
    .unwrap();
    fill(&db).await;
    go(&db, &graph, Target::Latest).await.unwrap();
    db.batch("INSERT INTO shop_book (title, author_id) VALUES ('ulysses', 1)".into()).await.unwrap();
    assert_eq!(text(&db, "SELECT title FROM titles ORDER BY title").await, "DUNE;EMMA;ULYSSES");
    assert_eq!(text(&db, "SELECT name FROM sqlite_schema WHERE name = 'by_hand'").await, "by_hand");
}

#[tokio::test]
async fn a_column_made_by_hand_is_not_lost_in_a_rebuild() {
    let graph = chain("shop", vec![library(), vec![alter("shop.Book", varchar("title", 50))]]);
    let db = memory().await;
    up_to(&db, &graph, "shop", "0001").await.unwrap();
    fill(&db).await;
    db.batch("ALTER TABLE shop_book ADD COLUMN note TEXT DEFAULT 'kept'".into()).await.unwrap();
    let error = go(&db, &graph, Target::Latest).await.unwrap_err().to_string();
    assert!(
        error.contains(
            "1 column of `shop_book` would be lost, which no migration has made (for example note)"
        ),
        "{error}"
    );
    assert_eq!(text(&db, "SELECT note FROM shop_book").await, "kept;kept");
    db.batch("ALTER TABLE shop_book DROP COLUMN note".into()).await.unwrap();
    go(&db, &graph, Target::Latest).await.unwrap();
}

#[tokio::test]
async fn an_index_made_by_hand_on_a_dropped_column_stops_the_migration() {
    let operations = vec![remove("shop.Book", "year"), alter("shop.Book", varchar("title", 50))];
    let graph = chain("shop", vec![library(), operations]);
    let db = memory().await;
    up_to(&db, &graph, "shop", "0001").await.unwrap();
    db.batch("CREATE INDEX by_hand ON shop_book (year)".into()).await.unwrap();
    fill(&db).await;
    let error = go(&db, &graph, Target::Latest).await.unwrap_err();
    assert!(error.to_string().contains("made by hand"), "{error}");
    assert!(format!("{error:?}").contains("by_hand"), "{error:?}");
    assert_eq!(text(&db, EVERYTHING).await, ROWS);
}

#[tokio::test]
async fn the_key_of_a_table_can_change_with_all_that_points_to_it() {
    let author = FieldState { kind: Kind::Text, ..fk("author", "shop.Author") };
    let operations = vec![
        alter("shop.Author", FieldState { primary_key: true, ..field("id", Kind::Text) }),
        alter("shop.Author", FieldState { kind: Kind::Text, ..null(fk("mentor", "shop.Author")) }),
        alter("shop.Book", author),
        alter("shop.Tag", FieldState { kind: Kind::Text, ..null(fk("by", "shop.Author")) }),
    ];
    let graph = chain("shop", vec![library(), operations]);
    for engine in engines() {
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_eq!(text(&db, EVERYTHING).await, ROWS);
        assert_eq!(text(&db, "SELECT id, mentor_id FROM shop_author WHERE id = '2'").await, "2|1");
        assert_database(&db, &graph.state().unwrap()).await;
        // And the rules still hold.
        assert!(
            db.batch("INSERT INTO shop_book (id, title, author_id) VALUES (9, '', '7')".into())
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn run_sql_runs_both_ways_and_needs_a_way_back() {
    let sql = |text: &str| BTreeMap::from([("all".to_owned(), text.to_owned())]);
    let there = Operation::RunSql {
        up: sql(
            "UPDATE shop_book SET title = upper(title), author_id = author_id; UPDATE shop_book SET year = 0 WHERE year IS NULL",
        ),
        down: sql("UPDATE shop_book SET title = lower(title)"),
        database: None,
        elidable: false,
    };
    let only_up =
        Operation::RunSql { up: sql("SELECT 1"), down: BTreeMap::new(), database: None, elidable: false };
    let graph = chain("shop", vec![library(), vec![there], vec![only_up]]);
    for engine in engines() {
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        up_to(&db, &graph, "shop", "0002").await.unwrap();
        assert_eq!(text(&db, "SELECT title, year FROM shop_book ORDER BY id").await, "DUNE|1965;EMMA|0");
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_eq!(text(&db, "SELECT title FROM shop_book ORDER BY id").await, "dune;emma");
        go(&db, &graph, Target::Latest).await.unwrap();
        let error = up_to(&db, &graph, "shop", "0001").await.unwrap_err().to_string();
        assert!(error.contains("shop.0003") && error.contains("`down`"), "{error}");
    }
}

#[tokio::test]
async fn a_removed_column_without_a_value_comes_back_only_into_an_empty_table() {
    let graph = chain("shop", vec![library(), vec![remove("shop.Book", "title")]]);
    for engine in engines() {
        let graph = &graph;
        let db = engine.open().await;
        up_to(&db, graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, graph, Target::Latest).await.unwrap();
        let error = up_to(&db, graph, "shop", "0001").await.unwrap_err().to_string();
        assert!(
            error.contains("2 rows of `shop_book` would have no `title`") && error.contains("id = 1"),
            "{error}"
        );
        let given = Operation::RemoveField {
            model: "shop.Book".into(),
            name: "title".into(),
            backfill: Some("?".into()),
        };
        let graph = chain("shop", vec![library(), vec![given]]);
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_eq!(text(&db, "SELECT title FROM shop_book").await, "?;?");
    }
}

#[tokio::test]
async fn what_is_separate_changes_the_files_and_the_database_apart() {
    // The database has the index already, by hand; and a table is handed from one model to another.
    let by_hand = Operation::RunSql {
        up: BTreeMap::from([("all".into(), "CREATE INDEX shop_book__year_idx ON shop_book (year)".into())]),
        down: BTreeMap::from([("all".into(), "DROP INDEX shop_book__year_idx".into())]),
        database: None,
        elidable: false,
    };
    let indexed = FieldState { index: true, ..null(field("year", Kind::Int)) };
    let adopt = Operation::Separate { state: vec![alter("shop.Book", indexed)], database: vec![] };
    let both = Operation::Separate {
        state: vec![add("shop.Tag", null(field("n", Kind::Int)), None)],
        database: vec![add("shop.Tag", null(field("n", Kind::Int)), None)],
    };
    let graph = chain("shop", vec![library(), vec![by_hand, adopt, both]]);
    let migration = graph.iter().last().unwrap();
    let text_of = quintet_migrate::file::render(migration);
    let read = quintet_migrate::file::parse("shop", "0002", "m.toml", &text_of)
        .unwrap_or_else(|e| panic!("{e}\n{text_of}"));
    assert!(read.same_as(migration), "{text_of}");
    for engine in engines() {
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_database(&db, &state_at(&graph, "0001").await).await;
        assert_eq!(text(&db, EVERYTHING).await, ROWS);
    }
}
