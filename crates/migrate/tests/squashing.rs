//! Several migrations as one: what is folded, and which databases run what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{collections::BTreeMap, path::Path};

use common::{
    random::Random,
    schemas::{any_value, contents, fill, random_schema},
    *,
};
use quintet_core::{App, Result, value::Kind};
use quintet_migrate::{
    DataMigrating, Graph, MigrationKey, OldModels, Operation, ProjectState,
    detect::{Answers, Hints, Question, detect},
    file,
    run::Target,
    squash::{optimize, squash},
    state::{CheckState, FieldState, IndexState},
};
use quintet_orm::Tx;

fn rename(model: &str, from: &str, to: &str) -> Operation {
    Operation::RenameField { model: model.into(), from: from.into(), to: to.into(), column: None }
}

fn rename_model(from: &str, to: &str) -> Operation {
    Operation::RenameModel { model: from.into(), to: to.into() }
}

fn rename_table(model: &str, table: &str) -> Operation {
    Operation::RenameTable { model: model.into(), table: table.into() }
}

fn together(model: &str, sets: &[&[&str]]) -> Operation {
    let sets = sets.iter().map(|set| set.iter().map(|s| (*s).to_owned()).collect()).collect();
    Operation::AlterUniqueTogether { model: model.into(), sets }
}

fn delete(model: &str) -> Operation {
    Operation::DeleteModel { model: model.into() }
}

fn index(model: &str, name: &str, field: &str) -> Operation {
    let index = IndexState { name: Some(name.into()), fields: vec![field.into()], ..IndexState::default() };
    Operation::AddIndex { model: model.into(), index, concurrently: false }
}

fn drop_index(model: &str, name: &str) -> Operation {
    Operation::RemoveIndex { model: model.into(), name: name.into(), concurrently: false }
}

fn check(model: &str, name: &str, sql: &str) -> Operation {
    let check = CheckState { name: name.into(), sql: sql.into() };
    Operation::AddConstraint { model: model.into(), check }
}

/// What is left, in words.
fn left(before: &ProjectState, operations: Vec<Operation>) -> Vec<String> {
    let goal = |all: &[Operation]| {
        let mut state = before.clone();
        all.iter().for_each(|o| o.apply(&mut state).unwrap());
        state
    };
    let after = goal(&operations);
    let optimized = optimize(before, operations).unwrap();
    assert!(goal(&optimized).same_as(&after));
    optimized.iter().map(ToString::to_string).collect()
}

#[test]
fn operations_are_folded() {
    let film = || create(model("a.Film", vec![field("title", Kind::Text)]));
    let person = || create(model("a.Person", vec![]));
    let empty = ProjectState::default();
    let rows = state(vec![
        model("a.Film", vec![field("title", Kind::Text), null(field("year", Kind::Int))]),
        model("a.Person", vec![]),
    ]);
    let year = |kind| null(field("year", kind));
    let n = |name: &str| null(field(name, Kind::Int));
    let from_one_to = |to: &str| Operation::AlterField {
        model: "a.Film".into(),
        field: field("title", Kind::Text),
        backfill: None,
        values: BTreeMap::from([("one".into(), to.into())]),
    };
    let cases: Vec<(&str, &ProjectState, Vec<Operation>, &[&str])> = vec![
        ("create, add", &empty, vec![film(), add("a.Film", n("x"), None)], &["create model Film"]),
        ("create, delete", &empty, vec![film(), delete("a.Film")], &[]),
        (
            "create, everything",
            &empty,
            vec![
                film(),
                add("a.Film", n("x"), None),
                alter("a.Film", field("x", Kind::BigInt)),
                rename("a.Film", "x", "y"),
                together("a.Film", &[&["title", "y"]]),
                index("a.Film", "i", "y"),
                check("a.Film", "c", "y > 1"),
                rename_table("a.Film", "films"),
                rename_model("a.Film", "a.Movie"),
                remove("a.Movie", "title"),
            ]
            .into_iter()
            .take(9)
            .collect(),
            &["create model Movie"],
        ),
        (
            "a key to a later model waits for it",
            &empty,
            vec![film(), person(), add("a.Film", null(fk("director", "a.Person")), None)],
            &["create model Person", "create model Film"],
        ),
        (
            "a model that was renamed after others pointed to it",
            &empty,
            vec![
                person(),
                create(model("a.Film", vec![fk("by", "a.Person")])),
                rename_model("a.Person", "a.Human"),
            ],
            &["create model Human", "create model Film"],
        ),
        ("add, remove", &rows, vec![add("a.Film", n("x"), None), remove("a.Film", "x")], &[]),
        (
            "add, rename, alter",
            &rows,
            vec![
                add("a.Film", field("x", Kind::Int), Some("1")),
                rename("a.Film", "x", "y"),
                alter("a.Film", unique(field("y", Kind::Int))),
            ],
            &["add field y to Film"],
        ),
        (
            "what is filled in is not converted twice",
            &rows,
            vec![add("a.Film", field("x", Kind::Int), Some("1")), alter("a.Film", field("x", Kind::Text))],
            &["add field x to Film", "alter field x of Film"],
        ),
        (
            "rename there and back",
            &rows,
            vec![rename("a.Film", "title", "t"), rename("a.Film", "t", "title")],
            &[],
        ),
        (
            "rename chain",
            &rows,
            vec![rename("a.Film", "title", "t"), rename("a.Film", "t", "u"), rename("a.Film", "u", "v")],
            &["rename field title of Film to v"],
        ),
        (
            "a name that is taken over stays apart",
            &rows,
            vec![rename("a.Film", "title", "t"), add("a.Film", n("title"), None), rename("a.Film", "t", "u")],
            &["rename field title of Film to t", "add field title to Film", "rename field t of Film to u"],
        ),
        (
            "alter chain",
            &rows,
            vec![from_one_to("two"), from_one_to("three")],
            &["alter field title of Film"],
        ),
        (
            "conversions stay apart",
            &rows,
            vec![alter("a.Film", year(Kind::Text)), alter("a.Film", year(Kind::Date))],
            &["alter field year of Film", "alter field year of Film"],
        ),
        (
            "there and back without a conversion",
            &rows,
            vec![
                alter("a.Film", FieldState { index: true, ..year(Kind::Int) }),
                alter("a.Film", year(Kind::Int)),
            ],
            &[],
        ),
        (
            "what was filled stays filled",
            &rows,
            vec![
                Operation::AlterField {
                    model: "a.Film".into(),
                    field: field("year", Kind::Int),
                    backfill: Some("1".into()),
                    values: BTreeMap::new(),
                },
                alter("a.Film", year(Kind::Int)),
            ],
            &["alter field year of Film", "alter field year of Film"],
        ),
        (
            "a field that comes again has no values",
            &rows,
            vec![remove("a.Film", "year"), add("a.Film", year(Kind::Int), None)],
            &["remove field year from Film", "add field year to Film"],
        ),
        (
            "before a deletion nothing counts",
            &rows,
            vec![
                rename_model("a.Film", "a.Movie"),
                rename_table("a.Movie", "m"),
                add("a.Movie", n("x"), None),
                index("a.Movie", "i", "x"),
                delete("a.Movie"),
            ],
            &["delete model Film"],
        ),
        (
            "indexes and rules",
            &rows,
            vec![
                index("a.Film", "i", "year"),
                Operation::RenameIndex { model: "a.Film".into(), from: "i".into(), to: Some("j".into()) },
                Operation::RenameIndex { model: "a.Film".into(), from: "j".into(), to: Some("k".into()) },
                check("a.Film", "c", "year > 1"),
                Operation::RemoveConstraint { model: "a.Film".into(), name: "c".into() },
                index("a.Film", "l", "year"),
                drop_index("a.Film", "l"),
            ],
            &["add index (year) to Film"],
        ),
        (
            "tables and sets",
            &rows,
            vec![
                rename_table("a.Film", "x"),
                together("a.Film", &[&["title", "year"]]),
                rename_table("a.Film", "y"),
                together("a.Film", &[]),
            ],
            &["rename the table of Film to y"],
        ),
        (
            "nothing crosses SQL",
            &empty,
            vec![film(), run_sql("SELECT 1"), add("a.Film", n("x"), None), remove("a.Film", "x")],
            &["create model Film", "run SQL"],
        ),
        (
            "an index waits for its column",
            &rows,
            vec![
                add("a.Film", n("x"), None),
                check("a.Film", "c", "x > 1"),
                alter("a.Film", FieldState { index: true, ..n("x") }),
            ],
            &["add field x to Film", "add constraint c to Film"],
        ),
    ];
    for (what, before, operations, expected) in cases {
        assert_eq!(left(before, operations), expected, "{what}");
    }
}

#[test]
fn what_is_elidable_is_left_out_where_there_can_be_no_rows() {
    let elidable = Operation::RunSql {
        up: BTreeMap::from([("all".into(), "UPDATE a_film SET title = ''".into())]),
        down: BTreeMap::new(),
        database: None,
        elidable: true,
    };
    let n = |name: &str| add("a.Film", null(field(name, Kind::Int)), None);
    let film = create(model("a.Film", vec![field("title", Kind::Text)]));
    let graph = chain("a", vec![vec![film], vec![elidable], vec![n("x")]]);
    let of = |from: Option<&str>| {
        let from = from.map(|name| MigrationKey::new("a", name));
        let squashed = squash(&graph, "a", from.as_ref(), &MigrationKey::new("a", "0003"), None).unwrap();
        squashed.migration.operations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of(None), ["create model Film"]);
    assert_eq!(of(Some("0002")), ["run SQL", "add field x to Film"]);
}

/// Renames whatever could be one, now and then.
struct Renaming(Random);

impl Answers for Renaming {
    fn answer(&mut self, question: &Question) -> Result<Option<String>> {
        Ok(match question {
            Question::Backfill { field, .. } => Some(any_value(field)),
            Question::RenamedField { candidates, .. } | Question::RenamedModel { candidates, .. } => {
                if self.0.one_in(2) { None } else { Some(self.0.pick(candidates)) }
            }
            Question::LostChoice { .. } | Question::MovedModel { .. } => None,
        })
    }
}

fn graph_of(parts: &[&[Operation]]) -> Graph {
    chain("one", parts.iter().map(|part| part.to_vec()).collect())
}

async fn one_history(engine: Engine, seed: u64) -> (usize, usize) {
    let mut random = Random(seed);
    let mut states: Vec<ProjectState> = vec![ProjectState::default()];
    let mut parts: Vec<Vec<Operation>> = Vec::new();
    for _ in 0..4 {
        let goal = random_schema(&mut random);
        let now = states.last().unwrap();
        parts.push(detect(now, &goal, &Hints::default(), &mut Renaming(Random(random.next()))).unwrap());
        states.push(goal);
    }
    // A new database.
    let all: Vec<Operation> = parts.concat();
    let short = optimize(&states[0], all.clone()).unwrap();
    let db = engine.open().await;
    go(&db, &graph_of(&[&short]), Target::Latest).await.unwrap();
    assert_database(&db, &states[4]).await;
    // One that has the first part, and rows: what is folded does to them what the whole history did.
    let rest: Vec<Operation> = parts[1..].concat();
    let folded = optimize(&states[1], rest.clone()).unwrap();
    let mut found = Vec::new();
    for rest in [&rest, &folded] {
        let db = engine.open().await;
        go(&db, &graph_of(&[&parts[0]]), Target::Latest).await.unwrap();
        fill(&db, &states[1], &mut Random(seed)).await;
        match go(&db, &graph_of(&[&parts[0], rest]), Target::Latest).await {
            Ok(_) => {
                assert_database(&db, &states[4]).await;
                found.push(Ok(contents(&db, &states[4]).await));
            }
            Err(error) => found.push(Err(error.to_string())),
        }
    }
    // What the whole history refuses (a value that can't be converted on the way) may go well in one step.
    match (&found[0], &found[1]) {
        (Ok(long), Ok(short)) => assert_eq!(long, short),
        (Ok(_), Err(error)) => panic!("only the folded one is refused: {error}\n{folded:#?}"),
        (Err(_), _) => {}
    }
    (all.len(), short.len())
}

#[tokio::test]
async fn any_history_is_the_same_when_it_is_folded() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    for engine in engines() {
        let cases = match engine {
            Engine::Sqlite => number("QUINTET_CASES").unwrap_or(30),
            Engine::Postgres => number("QUINTET_CASES").map_or(3, |cases| cases / 20),
        };
        let seeds = number("QUINTET_SEED").map_or(0..cases, |seed| seed..seed + 1);
        let (mut before, mut after) = (0, 0);
        for seed in seeds.clone() {
            match tokio::spawn(one_history(engine, seed)).await {
                Ok((long, short)) => (before, after) = (before + long, after + short),
                Err(error) => panic!("QUINTET_SEED={seed} on {engine:?}: {error}"),
            }
        }
        println!("{} histories on {engine:?}: {before} operations became {after}", seeds.end - seeds.start);
        assert!(after * 3 < before, "{before} → {after}");
    }
}

/// A shop of three migrations, and an app that builds on the second.
fn two_apps() -> Vec<quintet_migrate::Migration> {
    vec![
        migration("shop.0001_initial", &[], vec![create(model("shop.Item", vec![]))]),
        migration(
            "shop.0002_title",
            &["shop.0001_initial"],
            vec![add("shop.Item", null(field("title", Kind::Text)), None)],
        ),
        migration(
            "shop.0003_price",
            &["shop.0002_title"],
            vec![add("shop.Item", null(decimal("price", 8, 2)), None)],
        ),
        migration(
            "news.0001_initial",
            &["shop.0002_title"],
            vec![create(model("news.Post", vec![fk("item", "shop.Item")]))],
        ),
    ]
}

fn key(name: &str) -> MigrationKey {
    let (app, name) = name.split_once('.').unwrap();
    MigrationKey::new(app, name)
}

fn names(graph: &Graph) -> Vec<String> {
    graph.iter().map(|m| m.key.to_string()).collect()
}

#[tokio::test]
async fn each_database_goes_its_own_way_to_the_same_tables() {
    for engine in engines() {
        let old = Graph::new(two_apps()).unwrap();
        let to = key("shop.0003_price");
        let squashed = squash(&old, "shop", None, &to, None).unwrap().migration;
        assert_eq!(squashed.key.name, "0001_squashed_0003_price");
        assert_eq!(squashed.operations.len(), 1);
        // Through a file.
        let text_of = file::render(&squashed);
        let read = file::parse("shop", &squashed.key.name, "m.toml", &text_of).unwrap();
        assert!(read.same_as(&squashed), "{text_of}");
        let with = |but: &[&str]| {
            let kept =
                two_apps().into_iter().filter(|m| !but.contains(&m.key.name.as_str()) || m.key.app == "news");
            Graph::new(kept.chain([read.clone()]).collect()).unwrap()
        };
        let both = with(&[]);
        assert_eq!(names(&both), ["shop.0001_squashed_0003_price", "news.0001_initial"]);
        assert_eq!(both.leaf("shop").unwrap(), Some(&squashed.key));
        assert_eq!(both.next_number("shop"), 4);
        assert!(
            both.find("shop", "0002").unwrap_err().to_string().contains("part of 0001_squashed_0003_price")
        );
        let goal = old.state().unwrap();
        assert!(both.state().unwrap().same_as(&goal));
        let recorded = |db: &Bed| {
            let sql = "SELECT app, name FROM quintet_migrations ORDER BY app, name";
            let db = db.db.clone();
            async move { text(&db, sql).await }
        };
        let whole = "news|0001_initial;shop|0001_initial;shop|0001_squashed_0003_price;shop|0002_title;shop|0003_price";

        // A new one runs the squashed migration alone.
        let fresh = engine.open().await;
        assert_eq!(go(&fresh, &both, Target::Latest).await.unwrap(), 2);
        assert_database(&fresh, &goal).await;
        assert_eq!(recorded(&fresh).await, whole);
        // One that has all counts it as applied, and writes it down.
        let all = engine.open().await;
        go(&all, &old, Target::Latest).await.unwrap();
        assert_eq!(go(&all, &both, Target::Latest).await.unwrap(), 0);
        assert_eq!(recorded(&all).await, whole);
        // One that has some goes on with the old files.
        let some = engine.open().await;
        up_to(&some, &old, "shop", "0002_title").await.unwrap();
        let error = go(&some, &with(&["0003_price"]), Target::Latest).await.unwrap_err().to_string();
        assert!(error.contains("has 0001_initial, 0002_title of them and not 0003_price"), "{error}");
        assert_eq!(go(&some, &both, Target::Latest).await.unwrap(), 2);
        assert_database(&some, &goal).await;
        assert_eq!(recorded(&some).await, whole);
        // The old files go, then `replaces` too.
        let bare = with(&["0001_initial", "0002_title", "0003_price"]);
        for db in [&fresh, &all, &some] {
            assert_eq!(go(db, &bare, Target::Latest).await.unwrap(), 0);
            let error =
                quintet_migrate::Migrator::new(db, &bare).prune("shop").await.unwrap_err().to_string();
            assert!(error.contains("take `replaces` out"), "{error}");
            let settled = read.clone().with_replaces(vec![]);
            let news = migration(
                "news.0001_initial",
                &["shop.0001_squashed_0003_price"],
                two_apps().pop().unwrap().operations,
            );
            let last = Graph::new(vec![settled, news]).unwrap();
            assert_eq!(go(db, &last, Target::Latest).await.unwrap(), 0);
            let pruned = quintet_migrate::Migrator::new(db, &last).prune("shop").await.unwrap();
            assert_eq!(pruned.len(), 3);
            assert_eq!(recorded(db).await, "news|0001_initial;shop|0001_squashed_0003_price");
        }
        // Back, and with it what it stands for.
        let back = engine.open().await;
        go(&back, &old, Target::Latest).await.unwrap();
        go(&back, &both, Target::Zero("shop".into())).await.unwrap();
        assert_eq!(recorded(&back).await, "");
        assert!(introspect(&back).await.is_empty());
    }
}

#[test]
fn what_can_not_be_one_is_refused() {
    let mut all = two_apps();
    all.push(migration(
        "shop.0004_post",
        &["shop.0003_price", "news.0001_initial"],
        vec![add("shop.Item", null(fk("post", "news.Post")), None)],
    ));
    let graph = Graph::new(all.clone()).unwrap();
    let error = squash(&graph, "shop", None, &key("shop.0004_post"), None).unwrap_err().to_string();
    assert!(
        error.contains("news.0001_initial comes between them: it needs 0002_title")
            && error.contains("Squash up to"),
        "{error}"
    );
    let first = squash(&graph, "shop", None, &key("shop.0002_title"), Some("shop")).unwrap().migration;
    assert_eq!(first.key.name, "0001_squashed_0002_shop");
    let rest = squash(&graph, "shop", Some(&key("shop.0003_price")), &key("shop.0004_post"), None).unwrap();
    assert_eq!(rest.migration.key.name, "0003_squashed_0004_post");
    all.extend([first.clone(), rest.migration]);
    let graph = Graph::new(all.clone()).unwrap();
    assert_eq!(
        names(&graph),
        ["shop.0001_squashed_0002_shop", "news.0001_initial", "shop.0003_squashed_0004_post"]
    );
    let error =
        squash(&graph, "shop", None, &key("shop.0003_squashed_0004_post"), None).unwrap_err().to_string();
    assert!(error.contains("was squashed itself"), "{error}");
    let alone = Graph::new(two_apps()).unwrap();
    let error = squash(&alone, "shop", None, &key("shop.0001_initial"), None).unwrap_err().to_string();
    assert!(error.contains("nothing to squash"), "{error}");
    let (from, to) = (key("shop.0003_price"), key("shop.0002_title"));
    let error = squash(&alone, "shop", Some(&from), &to, None).unwrap_err().to_string();
    assert!(error.contains("does not come before"), "{error}");
    let twice = migration("shop.0009_x", &[], vec![]).with_replaces(vec![key("shop.0001_initial")]);
    all.push(twice);
    assert!(Graph::new(all).unwrap_err().to_string().contains("both stand for shop.0001_initial"));
}

async fn fill_titles(tx: &Tx, old: &OldModels) -> Result {
    old.set("Item")?.update_all([("title", "none".into())], tx).await.map(|_| ())
}

fn write(root: &Path, graph: &[quintet_migrate::Migration]) {
    for m in graph {
        let directory = root.join("migrations");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{}.toml", m.key.name)), file::render(m)).unwrap();
    }
}

#[tokio::test]
async fn the_command_writes_a_file_that_the_others_can_be_deleted_for() {
    let (db, directory) = (memory().await, tempfile::tempdir().unwrap());
    let root = directory.path();
    let mut all: Vec<_> = two_apps().into_iter().filter(|m| m.key.app == "shop").collect();
    let function = Operation::RunRust {
        function: "shop.fill_titles".into(),
        reverse: Some(String::new()),
        database: None,
        elidable: false,
    };
    all.push(migration("shop.0004_fill", &["shop.0003_price"], vec![function]));
    write(root, &all);
    let app = || App::new("shop").folder(folder(root)).data_migration("fill_titles", fill_titles);
    let site = stage(&db, vec![app()]);
    site.run("migrate").await.unwrap();
    let shown = site.run("squashmigrations shop 0004 --dry-run").await.unwrap();
    assert!(shown.contains("replaces = [\n    \"0001_initial\",\n"), "{shown}");
    let told = site.run("squashmigrations shop 0004").await.unwrap();
    assert!(
        told.contains("0001_squashed_0004_fill.toml: 4 migrations with 4 operations are one with 2."),
        "{told}"
    );
    assert!(told.contains("nothing was folded across `run fill_titles`"), "{told}");
    let shown = site.run("showmigrations").await.unwrap();
    assert!(shown.contains("[x] 0001_squashed_0004_fill  (4 squashed migrations)"), "{shown}");
    assert!(!shown.contains("[?]") && site.run("migrate").await.unwrap().contains("Nothing to do."));
    for m in &all {
        std::fs::remove_file(root.join("migrations").join(format!("{}.toml", m.key.name))).unwrap();
    }
    assert_eq!(site.run("migrate --check").await.unwrap(), "Nothing to do.\n");
    let file = root.join("migrations/0001_squashed_0004_fill.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (head, tail) = (text.find("replaces").unwrap(), text.find("]\n\n").unwrap());
    std::fs::write(&file, format!("{}{}", &text[..head], &text[tail + 2..])).unwrap();
    let warned = site.run("migrate --plan").await.unwrap();
    assert!(warned.contains("shop.0001_initial was applied on") && warned.contains("--prune"), "{warned}");
    let pruned = site.run("migrate shop --prune").await.unwrap();
    assert_eq!(pruned.lines().count(), 4, "{pruned}");
    assert_eq!(site.run("migrate shop --prune").await.unwrap(), "Nothing to do.\n");
    assert!(site.run("migrate --prune").await.unwrap_err().to_string().contains("name the app"));
    assert!(site.run("migrate").await.unwrap().contains("Nothing to do."));
    // A new database has the same.
    let fresh = memory().await;
    stage(&fresh, vec![app()]).run("migrate").await.unwrap();
    assert_eq!(introspect(&fresh).await, introspect(&db).await);
}
