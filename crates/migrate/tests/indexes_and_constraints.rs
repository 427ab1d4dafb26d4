//! Indexes over several fields, expressions or a part of the rows, and rules that the database checks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{
    Operation, ProjectState,
    detect::{Hints, Prepared, detect},
    file,
    run::Target,
    sql::plan,
    state::{CheckState, IndexState},
};
use quintet_orm::{
    Executor,
    dialect::{POSTGRES, SQLITE, TextIndex},
    search,
};

fn film() -> Vec<Operation> {
    vec![create(model(
        "shop.Film",
        vec![varchar("title", 40), field("released", Kind::Date), null(field("year", Kind::Int))],
    ))]
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

fn over(fields: &[&str]) -> IndexState {
    IndexState { fields: texts(fields), ..IndexState::default() }
}

fn index(index: IndexState) -> Operation {
    Operation::AddIndex { model: "shop.Film".into(), index, concurrently: false }
}

fn check(name: &str, sql: &str) -> Operation {
    let check = CheckState { name: name.into(), sql: sql.into() };
    Operation::AddConstraint { model: "shop.Film".into(), check }
}

async fn fill(db: &Bed) {
    db.batch(
        "INSERT INTO shop_film (id, title, released, year) VALUES (1, 'Alien', '1979-05-25', 1979), (2, 'ALIEN', \
         '2003-01-01', NULL), (3, 'Dune', '1984-12-14', 1984)"
            .into(),
    )
    .await
    .unwrap();
}

const ROWS: &str = "1|Alien|1979;2|ALIEN|NULL;3|Dune|1984";
const ALL: &str = "SELECT id, title, year FROM shop_film ORDER BY id";

#[tokio::test]
async fn indexes_and_rules_come_and_go_and_keep_the_rows() {
    let cases = vec![
        vec![index(over(&["title", "-released"]))],
        vec![index(IndexState { unique: true, ..over(&["title", "year"]) })],
        vec![index(IndexState { condition: Some("year > 1980".into()), ..over(&["title"]) })],
        vec![index(IndexState { expressions: texts(&["lower(title)", "year + 1"]), ..over(&[]) })],
        vec![index(IndexState {
            name: Some("titles".into()),
            unique: true,
            condition: Some("year IS NOT NULL".into()),
            expressions: texts(&["lower(title)"]),
            ..over(&[])
        })],
        vec![check("known_year", "year > 1900")],
        vec![index(IndexState { search: true, ..over(&["title"]) })],
        vec![
            index(over(&["title"])),
            check("known_year", "year > 1900"),
            // All of these are kept by a table that is built anew, and renamed with it.
            alter("shop.Film", varchar("title", 50)),
            Operation::RenameTable { model: "shop.Film".into(), table: "movie".into() },
            Operation::RenameField {
                model: "shop.Film".into(),
                from: "title".into(),
                to: "name".into(),
                column: None,
            },
            Operation::RenameField {
                model: "shop.Film".into(),
                from: "name".into(),
                to: "title".into(),
                column: None,
            },
            Operation::RenameTable { model: "shop.Film".into(), table: "shop_film".into() },
        ],
    ];
    for engine in engines() {
        for operations in &cases {
            let graph = chain("shop", vec![film(), operations.clone()]);
            let db = engine.open().await;
            up_to(&db, &graph, "shop", "0001").await.unwrap();
            fill(&db).await;
            go(&db, &graph, Target::Latest).await.unwrap_or_else(|e| panic!("{operations:?}: {e:?}"));
            assert_database(&db, &graph.state().unwrap()).await;
            assert_eq!(text(&db, ALL).await, ROWS);
            up_to(&db, &graph, "shop", "0001").await.unwrap();
            assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
            assert_eq!(text(&db, ALL).await, ROWS);
        }
    }
}

#[tokio::test]
async fn rows_in_the_way_of_a_rule_are_named() {
    let lower = IndexState { unique: true, expressions: texts(&["lower(title)"]), ..over(&[]) };
    let recent = IndexState {
        unique: true,
        condition: Some("id < 3".into()),
        expressions: texts(&["1"]),
        ..over(&[])
    };
    for engine in engines() {
        for (operation, words) in [
            (
                check("young", "year > 1980"),
                "1 row of `shop_film` break the rule `young` (for example id = 1)",
            ),
            (index(lower.clone()), "2 rows of `shop_film` share the values of (lower(title))"),
            (index(recent.clone()), "id = 1 and id = 2"),
        ] {
            let graph = chain("shop", vec![film(), vec![operation]]);
            let db = engine.open().await;
            up_to(&db, &graph, "shop", "0001").await.unwrap();
            fill(&db).await;
            let error = go(&db, &graph, Target::Latest).await.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
            assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_rule_is_kept_by_the_database() {
    let unique = IndexState { unique: true, condition: Some("year > 1980".into()), ..over(&["title"]) };
    let graph = chain("shop", vec![film(), vec![check("known", "year > 1900"), index(unique)]]);
    for engine in engines() {
        let db = engine.open().await;
        go(&db, &graph, Target::Latest).await.unwrap();
        let insert = async |title: &str, year: i64| {
            let sql = format!(
                "INSERT INTO shop_film (title, released, year) VALUES ('{title}', '1999-01-01', {year})"
            );
            db.batch(sql).await.is_ok()
        };
        assert!(insert("a", 1950).await && insert("a", 1951).await, "the part of the rows that may share");
        assert!(insert("a", 1990).await && !insert("a", 1991).await, "the part that may not");
        assert!(!insert("b", 1800).await);
    }
}

#[tokio::test]
async fn what_sql_mentions_can_not_be_renamed_away() {
    for operation in [
        check("known", "year > 1900"),
        index(IndexState { condition: Some("\"year\" > 1".into()), ..over(&["title"]) }),
    ] {
        let mut state = chain("shop", vec![film(), vec![operation]]).state().unwrap();
        for change in [
            Operation::RenameField {
                model: "shop.Film".into(),
                from: "year".into(),
                to: "made".into(),
                column: None,
            },
            remove("shop.Film", "year"),
        ] {
            let error = change.apply(&mut state).unwrap_err().to_string();
            assert!(error.contains("the column `year` is mentioned by"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_covering_index_is_refused_where_there_is_none() {
    let covering = [index(IndexState { include: texts(&["released"]), ..over(&["title"]) })];
    let before = chain("shop", vec![film()]).state().unwrap();
    let (at, error) = plan(&SQLITE, &mut before.clone(), &covering).unwrap_err();
    assert!(at == 0 && error.to_string().contains("SQLite has no `include`"), "{error}");
    let batches = plan(&POSTGRES, &mut before.clone(), &covering).unwrap();
    assert!(format!("{batches:?}").contains("INCLUDE"), "{batches:?}");
    if engines().contains(&Engine::Postgres) {
        let db = Engine::Postgres.open().await;
        let graph = chain("shop", vec![film(), covering.to_vec()]);
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
    }
}

#[tokio::test]
async fn a_concurrent_index_is_made_outside_of_a_transaction() {
    let concurrent = |index| Operation::AddIndex { model: "shop.Film".into(), index, concurrently: true };
    let operations =
        vec![concurrent(over(&["title"])), concurrent(IndexState { unique: true, ..over(&["released"]) })];
    let graph = chain("shop", vec![film(), operations.clone()]);
    for engine in engines() {
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
        // What a failure leaves behind does not hinder the next try.
        db.batch("INSERT INTO shop_film (id, title, released) VALUES (9, 'Dune', '1984-12-14')".into())
            .await
            .unwrap();
        let error = go(&db, &graph, Target::Latest).await.unwrap_err().to_string();
        assert!(error.contains("share the values of (released)"), "{error}");
        db.batch("DELETE FROM shop_film WHERE id = 9".into()).await.unwrap();
        go(&db, &graph, Target::Latest).await.unwrap();
        assert_database(&db, &graph.state().unwrap()).await;
    }
    // Nothing else stands beside it, on any database.
    let mixed = [operations, vec![check("known", "year > 1900")]].concat();
    for dialect in [&SQLITE, &POSTGRES] {
        let mut before = chain("shop", vec![film()]).state().unwrap();
        let (at, error) = plan(dialect, &mut before, &mixed).unwrap_err();
        assert!(at == 2 && error.to_string().contains("a migration of its own"), "{error}");
    }
}

#[test]
fn a_file_says_it_all() {
    let mut film = film();
    if let Operation::CreateModel { state, .. } = &mut film[0] {
        state.indexes = vec![IndexState {
            name: Some("n".into()),
            expressions: texts(&["lower(\"title\")"]),
            condition: Some("year > 1".into()),
            include: texts(&["year"]),
            unique: true,
            ..over(&["title", "-released"])
        }];
        state.checks = vec![CheckState { name: "known".into(), sql: "year > 1900".into() }];
    }
    let more = vec![
        Operation::AddIndex { model: "shop.Film".into(), index: over(&["year"]), concurrently: true },
        Operation::RemoveIndex { model: "shop.Film".into(), name: "n".into(), concurrently: true },
        check("long", "length(title) > 2"),
        Operation::RemoveConstraint { model: "shop.Film".into(), name: "known".into() },
    ];
    let migration = migration("shop.0001", &[], [film, more].concat());
    let text = file::render(&migration);
    let read = file::parse("shop", "0001", "m.toml", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(read.same_as(&migration), "{text}");
}

#[tokio::test]
async fn an_index_gets_another_name_without_being_made_anew() {
    for engine in engines() {
        let db = engine.open().await;
        let named = |name: Option<&str>| IndexState { name: name.map(str::to_owned), ..over(&["year"]) };
        let rename = |from: &str, to: Option<&str>| Operation::RenameIndex {
            model: "shop.Film".into(),
            from: from.into(),
            to: to.map(str::to_owned),
        };
        let graph = chain(
            "shop",
            vec![
                film(),
                vec![index(named(Some("first")))],
                vec![rename("first", Some("second"))],
                vec![rename("second", None)],
            ],
        );
        for name in ["0001", "0002", "0003", "0004", "0001"] {
            up_to(&db, &graph, "shop", name).await.unwrap();
            let state = graph.state_of(|key| key.name.as_str() <= name).unwrap();
            assert_database(&db, &state).await;
        }
        // The models say it, and it is seen.
        let with = |index: &IndexState| {
            let mut state = graph.state_of(|key| key.name == "0001").unwrap();
            state.models.get_mut("shop.Film").unwrap().indexes = vec![index.clone()];
            state
        };
        let (old, new) = (with(&named(Some("first"))), with(&named(Some("second"))));
        let found = detect(&old, &new, &Hints::default(), &mut Prepared::default()).unwrap();
        assert_eq!(found, [rename("first", Some("second"))]);
        let found = detect(&new, &with(&named(None)), &Hints::default(), &mut Prepared::default()).unwrap();
        assert_eq!(found, [rename("second", None)]);
        // Of another shape it is another one.
        let other = with(&IndexState { unique: true, ..named(Some("second")) });
        let found = detect(&old, &other, &Hints::default(), &mut Prepared::default()).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
    }
}

#[tokio::test]
async fn rows_exchange_values_that_are_unique_at_the_end() {
    let deferred = IndexState { unique: true, deferrable: true, ..over(&["title"]) };
    let graph = chain("shop", vec![film(), vec![index(deferred.clone())]]);
    let error =
        plan(&SQLITE, &mut graph.state_of(|key| key.name == "0001").unwrap(), &[index(deferred.clone())]);
    let error = error.unwrap_err().1.to_string();
    assert!(error.contains("can't be deferrable: SQLite checks each row at once"), "{error}");
    let concurrent =
        Operation::AddIndex { model: "shop.Film".into(), index: deferred.clone(), concurrently: true };
    let error = plan(&POSTGRES, &mut graph.state_of(|key| key.name == "0001").unwrap(), &[concurrent]);
    assert!(error.unwrap_err().1.to_string().contains("is a constraint"));
    let partly = IndexState { condition: Some("year > 1".into()), ..deferred.clone() };
    let mut state = graph.state_of(|key| key.name == "0001").unwrap();
    assert!(index(partly).apply(&mut state).unwrap_err().to_string().contains("can be `deferrable`"));
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let db = Engine::Postgres.open().await;
    go(&db, &graph, Target::Latest).await.unwrap();
    assert_database(&db, &graph.state().unwrap()).await;
    db.batch(
        "INSERT INTO shop_film (title, released) VALUES ('a', '2000-01-01'), ('b', '2000-01-01')".into(),
    )
    .await
    .unwrap();
    let swap = "UPDATE shop_film SET title = CASE title WHEN 'a' THEN 'b' ELSE 'a' END";
    db.batch(swap.into()).await.unwrap();
    assert_eq!(text(&db, "SELECT title FROM shop_film ORDER BY id").await, "b;a");
    assert!(db.batch("UPDATE shop_film SET title = 'a'".into()).await.is_err());
    // Renamed with its table, and taken back.
    let all = chain(
        "shop",
        vec![
            film(),
            vec![index(deferred)],
            vec![Operation::RenameTable { model: "shop.Film".into(), table: "movies".into() }],
        ],
    );
    go(&db, &all, Target::Latest).await.unwrap();
    assert_database(&db, &all.state().unwrap()).await;
    up_to(&db, &all, "shop", "0001").await.unwrap();
    assert_database(&db, &all.state_of(|key| key.name == "0001").unwrap()).await;
}

fn searched() -> Operation {
    index(IndexState { search: true, ..over(&["title"]) })
}

/// The titles that have this word, by the database's index of words.
async fn with_word(db: &Bed, table: &str, column: &str, word: &str) -> String {
    let condition = match db.dialect().text_index {
        TextIndex::Fts5 => {
            format!("id IN (SELECT rowid FROM {table}_search WHERE {table}_search MATCH '{word}')")
        }
        TextIndex::TsVector => {
            format!("{} @@ to_tsquery('simple', '{word}')", search::vector(&[format!("\"{column}\"")]))
        }
    };
    text(db, &format!("SELECT {column} FROM {table} WHERE {condition} ORDER BY id")).await
}

#[tokio::test]
async fn an_index_of_words_follows_rows_and_every_change_of_its_table() {
    let steps = [
        // Rows that are there are found, and those that come.
        (vec![searched()], "shop_film", "title"),
        // Built anew.
        (vec![alter("shop.Film", varchar("title", 60))], "shop_film", "title"),
        (vec![check("known_year", "year > 1900")], "shop_film", "title"),
        (vec![add("shop.Film", field("pages", Kind::Int), Some("1"))], "shop_film", "title"),
        (
            vec![Operation::RenameField {
                model: "shop.Film".into(),
                from: "title".into(),
                to: "name".into(),
                column: None,
            }],
            "shop_film",
            "name",
        ),
        (vec![Operation::RenameTable { model: "shop.Film".into(), table: "movie".into() }], "movie", "name"),
    ];
    for engine in engines() {
        let mut all = vec![film()];
        all.extend(steps.iter().map(|(operations, ..)| operations.clone()));
        all.push(vec![Operation::DeleteModel { model: "shop.Film".into() }]);
        let graph = chain("shop", all);
        let db = engine.open().await;
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        fill(&db).await;
        let mut ids = 10;
        let places: Vec<(String, &str, &str)> = steps
            .iter()
            .zip(2..)
            .map(|((_, table, column), number)| (format!("{number:04}"), *table, *column))
            .collect();
        for (name, table, column) in places.iter().chain(places.iter().rev()) {
            up_to(&db, &graph, "shop", name).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_database(&db, &graph.state_of(|key| key.name <= *name).unwrap()).await;
            assert_eq!(with_word(&db, table, column, "alien").await, "Alien;ALIEN", "{name}");
            ids += 1;
            // What is written is followed.
            let pages = if name.as_str() >= "0005" { ("pages, ", "1, ") } else { ("", "") };
            let insert = format!(
                "INSERT INTO {table} (id, {}{column}, released) VALUES ({ids}, {}'Nova {ids}', '2020-01-01')",
                pages.0, pages.1
            );
            db.batch(insert).await.unwrap();
            assert_eq!(with_word(&db, table, column, "nova").await, format!("Nova {ids}"), "{name}");
            db.batch(format!("UPDATE {table} SET {column} = 'Other' WHERE id = {ids}")).await.unwrap();
            assert_eq!(with_word(&db, table, column, "nova").await, "", "{name}");
            db.batch(format!("DELETE FROM {table} WHERE id = {ids}")).await.unwrap();
            assert_eq!(with_word(&db, table, column, "other").await, "", "{name}");
        }
        // Nothing of it is left.
        up_to(&db, &graph, "shop", "0001").await.unwrap();
        assert_database(&db, &graph.state_of(|key| key.name == "0001").unwrap()).await;
        assert_eq!(text(&db, ALL).await, ROWS);
        if db.dialect().text_index == TextIndex::Fts5 {
            let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%search%'";
            assert_eq!(text(&db, left).await, "");
            go(&db, &graph, Target::Latest).await.unwrap();
            assert_eq!(text(&db, left).await, "");
        }
    }
}

#[test]
fn what_cannot_be_searched_for_words_is_refused() {
    let number = index(IndexState { search: true, ..over(&["year"]) });
    for dialect in [&SQLITE, &POSTGRES] {
        let operations = [film(), vec![number.clone()]].concat();
        let (at, error) = plan(dialect, &mut ProjectState::default(), &operations).unwrap_err();
        let error = error.to_string();
        assert!(
            at == 1
                && error.contains("`year` of table `shop_film` can't be searched for words: it is no text"),
            "{at} {error}"
        );
    }
}
