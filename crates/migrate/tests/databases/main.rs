//! Several databases: each has the tables of its models, and its own history.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod bed;
#[path = "../common/mod.rs"]
mod common;

use std::sync::{Arc, Mutex};

use bed::*;
use common::*;
use quintet_core::{App, Result, Room, Services, command::Console, signal::Listen};
use quintet_migrate::{
    DataMigrating, MigrateRoom, Migrated, OldModels, ProjectState, create_tables, create_unmigrated, file,
    sources,
};
use quintet_orm::{DatabaseRouter, Databases, Db, DbOptions, Executor, Model, Models, Stmt, Tx};

/// A foreign key that leads across.
mod crossing {
    use quintet_orm::prelude::*;

    #[model(app = "shop")]
    pub struct Mark {
        pub entry: ForeignKey<super::today::Entry>,
    }
}

/// The operation that makes the table of entries, in the archive.
const ENTRY: &str = r#"
[[operation]]
op = "create_model"
model = "Entry"
table = "shop_entry"
database = "archive"
fields = [{ name = "id", kind = "big_int", primary_key = true, auto = true }]

"#;
const HERE: [&str; 1] = ["shop_customer"];
const THERE: [&str; 4] = ["shop_entry", "shop_entry_tags", "shop_label", "shop_mark"];

#[tokio::test]
async fn each_database_gets_the_tables_of_its_models() {
    for pair in pairs() {
        let two = Two::open(pair).await;
        let site = stage(&two.db, vec![today(two.root())]);
        let made = site.run("makemigrations").await.unwrap();
        assert!(
            made.contains("+ create model Customer\n") && made.contains("+ create model Entry on archive\n"),
            "{made}"
        );
        let text = std::fs::read_to_string(two.root().join("migrations/0001_initial.toml")).unwrap();
        assert_eq!(text.matches("database = \"archive\"").count(), 4, "{text}");
        let found = site.checks().await;
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(
            found[0].contains("(database default): shop.0001_initial")
                && found[1].contains("(database archive)"),
            "{found:#?}"
        );

        let plan = site.run("migrate --plan").await.unwrap();
        let (here, there) = plan.split_once("Database archive:").unwrap();
        assert!(
            here.contains("Database default:")
                && here.contains("create model Customer")
                && !here.contains("Entry"),
            "{plan}"
        );
        assert!(there.contains("create model Entry") && !there.contains("Customer"), "{plan}");
        let sql = site.run("sqlmigrate shop 0001").await.unwrap();
        let (here, there) = sql.split_once("-- database archive").unwrap();
        assert!(here.contains("shop_customer") && !here.contains("shop_entry"), "{sql}");
        assert!(there.contains("shop_entry") && !there.contains("shop_customer"), "{sql}");
        let only = site.run("sqlmigrate shop 0001 --database archive").await.unwrap();
        assert!(
            only.contains("shop_entry") && !only.contains("shop_customer") && !only.contains("-- database"),
            "{only}"
        );

        // One at a time.
        let done = site.run("migrate --database archive").await.unwrap();
        assert_eq!(done, "apply shop.0001_initial\n");
        assert_eq!(two.tables().await, [vec![], THERE.map(str::to_owned).to_vec()]);
        assert_eq!(site.checks().await.len(), 1);
        let error = site.run("migrate --check").await.unwrap_err().to_string();
        assert!(error.contains("apply shop.0001_initial (database default)"), "{error}");
        let done = site.run("migrate").await.unwrap();
        assert_eq!(done, "Database default:\napply shop.0001_initial\nDatabase archive:\nNothing to do.\n");
        assert_eq!(two.tables().await, [HERE.map(str::to_owned).to_vec(), THERE.map(str::to_owned).to_vec()]);
        assert!(site.checks().await.is_empty());
        assert_eq!(site.run("migrate --check").await.unwrap(), "Nothing to do.\n");
        assert_eq!(site.run("makemigrations").await.unwrap(), "No changes.\n");
        let shown = site.run("showmigrations").await.unwrap();
        assert_eq!(shown.matches("[x] 0001_initial").count(), 2, "{shown}");
        assert!(shown.contains("Database default:") && shown.contains("Database archive:"), "{shown}");
        let shown = site.run("showmigrations --database archive").await.unwrap();
        assert_eq!(shown.matches("[x] 0001_initial").count(), 1, "{shown}");
        assert!(!shown.contains("Database"), "{shown}");

        // And back, each by itself.
        site.run("migrate shop zero --database default").await.unwrap();
        assert_eq!(two.tables().await, [vec![], THERE.map(str::to_owned).to_vec()]);
        site.run("migrate shop zero").await.unwrap();
        assert_eq!(two.tables().await, [vec![], Vec::<String>::new()]);
        let error = site.run("migrate --database archvie").await.unwrap_err().to_string();
        assert!(error.contains("did you mean `archive`?"), "{error}");
    }
}

#[tokio::test]
async fn changes_are_made_where_the_model_lives() {
    for pair in pairs() {
        let two = Two::open(pair).await;
        let site = stage(&two.db, vec![once(two.root())]);
        write(
            two.root(),
            "0001_initial",
            &(ENTRY.to_owned()
                + r#"[[operation]]
op = "create_model"
model = "Customer"
table = "shop_customer"
fields = [{ name = "id", kind = "big_int", primary_key = true, auto = true }]

[[operation]]
op = "add_field"
model = "Customer"
field = { name = "name", kind = "text", max_length = 40, unique = true }
backfill = ""

[[operation]]
op = "add_field"
model = "Entry"
field = { name = "text", kind = "text" }
backfill = ""

[[operation]]
op = "rename_table"
model = "Entry"
table = "old_entries"

[[operation]]
op = "add_index"
model = "Entry"
fields = ["text"]

[[operation]]
op = "separate"
database = [{ op = "remove_field", model = "Customer", name = "name" }, { op = "remove_field", model = "Entry", name = "text" }]
"#),
        );
        let error = site.run("migrate").await.unwrap_err().to_string();
        assert!(error.contains("in the index"), "{error}");
        let path = two.root().join("migrations/0001_initial.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.split("[[operation]]\nop = \"add_index\"").next().unwrap()).unwrap();
        site.run("migrate").await.unwrap();
        assert_eq!(two.tables().await, [vec!["shop_customer".to_owned()], vec!["old_entries".to_owned()]]);
        assert_eq!(text_of(&two.db, "SELECT count(name) FROM shop_customer").await, "0");
        assert_eq!(text_of(&two.archive(), "SELECT count(text) FROM old_entries").await, "0");
        // Tables of one name in both are no clash.
        write(
            two.root(),
            "0002_same",
            r#"
depends = ["0001_initial"]

[[operation]]
op = "create_model"
model = "Twin"
table = "shop_customer"
database = "archive"
fields = [{ name = "id", kind = "big_int", primary_key = true, auto = true }]

[[operation]]
op = "separate"
database = [{ op = "delete_model", model = "Customer" }]
state = []
"#,
        );
        site.run("migrate").await.unwrap();
        assert_eq!(two.tables().await, [vec![], vec!["old_entries".to_owned(), "shop_customer".to_owned()]]);
    }
}

async fn text_of(db: &Db, sql: &str) -> String {
    text(db, sql).await
}

async fn fill(tx: &Tx, old: &OldModels) -> Result {
    // Only the models of this database are there.
    assert!(old.model("Customer").is_err() && old.model("Entry").is_ok());
    old.set("Entry")?.create([("text", "filled".into())], tx).await.map(drop)
}

async fn count_customers(tx: &Tx, old: &OldModels) -> Result {
    old.set("Customer")?.create([("name", "filled".into())], tx).await.map(drop)
}

async fn everywhere(tx: &Tx, _: &OldModels) -> Result {
    let tx: &dyn Executor = tx;
    tx.execute(Stmt::write("INSERT INTO everywhere VALUES (7)", vec![])).await.map(drop)
}

#[tokio::test]
async fn sql_and_functions_run_on_the_database_that_they_name() {
    for pair in pairs() {
        let two = Two::open(pair).await;
        let app = today(two.root())
            .data_migration("fill", fill)
            .data_migration("customers", count_customers)
            .data_migration("everywhere", everywhere);
        let site = stage(&two.db, vec![app]);
        site.run("makemigrations").await.unwrap();
        write(
            two.root(),
            "0002_data",
            r#"
depends = ["0001_initial"]

[[operation]]
op = "run_sql"
up = "CREATE TABLE here (n INTEGER)"
down = "DROP TABLE here"

[[operation]]
op = "run_sql"
up = "CREATE TABLE there (n INTEGER)"
down = "DROP TABLE there"
database = "archive"

[[operation]]
op = "run_sql"
up = "CREATE TABLE everywhere (n INTEGER)"
down = "DROP TABLE everywhere"
database = "*"
"#,
        );
        write(
            two.root(),
            "0003_rust",
            r#"
depends = ["0002_data"]
database = "archive"

[[operation]]
op = "run_rust"
name = "fill"
reverse = ""

[[operation]]
op = "run_rust"
name = "customers"
reverse = ""
database = "default"

[[operation]]
op = "run_rust"
name = "everywhere"
reverse = ""
database = "*"
"#,
        );
        let plan = site.run("migrate --plan --database archive").await.unwrap();
        assert!(
            plan.contains("run fill on archive") && plan.contains("run everywhere on all databases"),
            "{plan}"
        );
        assert!(!plan.contains("run customers"), "{plan}");
        site.run("migrate").await.unwrap();
        let [here, there] = two.tables().await;
        assert!(here.contains(&"here".to_owned()) && !here.contains(&"there".to_owned()), "{here:?}");
        assert!(there.contains(&"there".to_owned()) && !there.contains(&"here".to_owned()), "{there:?}");
        for db in [two.db.clone(), two.archive()] {
            assert_eq!(text(&db, "SELECT n FROM everywhere").await, "7");
        }
        assert_eq!(text(&two.archive(), "SELECT text FROM shop_entry").await, "filled");
        assert_eq!(text(&two.db, "SELECT name FROM shop_customer").await, "filled");
        site.run("migrate shop 0001").await.unwrap();
        let [here, there] = two.tables().await;
        assert!(
            !here.contains(&"here".to_owned()) && !there.contains(&"everywhere".to_owned()),
            "{here:?} {there:?}"
        );

        // A file says the same after it was read and written.
        let written = std::fs::read_to_string(two.root().join("migrations/0003_rust.toml")).unwrap();
        let read = file::parse("shop", "0003_rust", "0003_rust.toml", &written).unwrap();
        let again = file::parse("shop", "0003_rust", "0003_rust.toml", &file::render(&read)).unwrap();
        assert!(again.same_as(&read), "{}", file::render(&read));
        assert_eq!(file::render(&read).matches("database = \"archive\"").count(), 1);
    }
}

#[tokio::test]
async fn a_database_that_there_is_not_is_told() {
    let two = Two::open([Engine::Sqlite, Engine::Sqlite]).await;
    write(
        two.root(),
        "0001_sql",
        "[[operation]]\nop = \"run_sql\"\nup = \"SELECT 1\"\ndatabase = \"archvie\"\n",
    );
    let site = stage(&two.db, vec![App::new("shop").folder(folder(two.root()))]);
    site.run("migrate").await.unwrap();
    let found = site.checks().await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("migrate.W003") && found[0].contains("did you mean `archive`?"), "{found:#?}");
    for (name, said) in
        [("\"Old Films\"", "is no name of a database"), ("3", "text"), ("\"*\"", "is no name of a database")]
    {
        let text = format!(
            "[[operation]]\nop = \"create_model\"\nmodel = \"A\"\ntable = \"a\"\ndatabase = {name}\nfields = []\n"
        );
        let error = file::parse("shop", "0001", "0001.toml", &text).unwrap_err();
        assert!(error.to_string().contains(said) && error.place().unwrap().line == 5, "{error}");
    }
}

#[tokio::test]
async fn a_model_that_moves_is_made_anew_and_its_rows_are_asked_about() {
    for pair in pairs() {
        for keep in [false, true] {
            let two = Two::open(pair).await;
            let before = stage(&two.db, vec![once(two.root())]);
            before.run("makemigrations").await.unwrap();
            before.run("migrate").await.unwrap();
            let both = [HERE.to_vec(), THERE.to_vec()].concat();
            assert_eq!(two.tables().await[0], both);
            rows_in(&two.db).await;

            let after = stage(&two.db, vec![today(two.root())]);
            let error = after.run("makemigrations").await.unwrap_err().to_string();
            for model in ["Entry", "Mark", "Label"] {
                assert!(error.contains(&format!("--answer 'moved:shop.{model}=keep'")), "{error}");
            }
            assert!(error.contains("its rows are not taken along"), "{error}");
            assert!(!error.contains("Entry_tags"), "{error}");
            let found = after.checks().await;
            assert!(found.iter().any(|check| check.contains("migrate.W002")), "{found:#?}");

            let answer = if keep { "keep" } else { "-" };
            let line =
                ["Entry", "Mark", "Label"].map(|model| format!("--answer moved:shop.{model}={answer}"));
            let made = after.run(&format!("makemigrations --name moved {}", line.join(" "))).await.unwrap();
            assert!(made.contains("shop.Entry moves from the database `default` to `archive`"), "{made}");
            let plan = after.run("migrate --plan").await.unwrap();
            assert!(plan.contains("create model Entry on archive"), "{plan}");
            after.run("migrate").await.unwrap();
            let left = if keep { both.clone() } else { HERE.to_vec() };
            assert_eq!(two.tables().await, [left, THERE.to_vec()]);
            assert_eq!(text(&two.archive(), "SELECT count(*) FROM shop_entry").await, "0");
            if keep {
                assert_eq!(text(&two.db, "SELECT text FROM shop_entry").await, "old");
            }
            assert!(after.checks().await.is_empty(), "{:#?}", after.checks().await);
            assert_eq!(after.run("makemigrations").await.unwrap(), "No changes.\n");
            // The way back makes what it was.
            if !keep {
                after.run("migrate shop 0001").await.unwrap();
                assert_eq!(two.tables().await, [both, vec![]]);
            }
            assert_eq!(two.engines, pair);
        }
    }
}

async fn rows_in(db: &Db) {
    let db: &dyn Executor = db;
    db.execute(Stmt::write("INSERT INTO shop_entry (text) VALUES ('old')", vec![])).await.unwrap();
}

#[tokio::test]
async fn a_relation_across_databases_is_refused() {
    let two = Two::open([Engine::Sqlite, Engine::Sqlite]).await;
    let app =
        App::new("shop").folder(folder(two.root())).models((crossing::Mark, today::Entry, today::Label));
    let error = stage(&two.db, vec![app]).run("makemigrations").await.unwrap_err().to_string();
    assert!(
        error.contains("shop.Mark.entry (in the database `default`) leads to shop.Entry (in `archive`)"),
        "{error}"
    );
    write(
        two.root(),
        "0001_initial",
        &(ENTRY.to_owned()
            + r#"[[operation]]
op = "create_model"
model = "Mark"
table = "shop_mark"
fields = [
    { name = "id", kind = "big_int", primary_key = true, auto = true },
    { name = "entry", kind = "big_int", to = "Entry", on_delete = "cascade" },
]
"#),
    );
    let site = stage(&two.db, vec![App::new("shop").folder(folder(two.root()))]);
    let error = site.run("migrate").await.unwrap_err().to_string();
    assert!(
        error.contains("shop.Mark.entry (in the database `default`) leads to shop.Entry (in `archive`)"),
        "{error}"
    );
}

#[tokio::test]
async fn others_look_after_a_database_that_says_so() {
    let files = tempfile::tempdir().unwrap();
    let options = DbOptions { name: "legacy".into(), migrate: false, ..DbOptions::default() };
    let legacy = Db::open("sqlite::memory:", options).await.unwrap();
    legacy
        .batch("CREATE TABLE old_films (id INTEGER PRIMARY KEY, title TEXT NOT NULL)".into())
        .await
        .unwrap();
    let db = Databases::new(memory().await).with(legacy).build().unwrap();
    write(
        files.path(),
        "0001_sql",
        "[[operation]]\nop = \"run_sql\"\nup = \"CREATE TABLE t (n INTEGER)\"\ndatabase = \"*\"\n",
    );
    let site = stage(&db, vec![App::new("shop").folder(folder(files.path()))]);
    assert_eq!(site.run("migrate").await.unwrap(), "apply shop.0001_sql\n");
    assert_eq!(tables(&db.using("legacy").unwrap()).await, ["old_films"]);
    assert!(introspect(&db.using("legacy").unwrap()).await.keys().all(|name| name != "quintet_migrations"));
    assert!(!site.run("showmigrations").await.unwrap().contains("Database"));
    let error = site.run("migrate --database legacy").await.unwrap_err().to_string();
    assert!(error.contains("`migrate = false`"), "{error}");
    // Its models can be read off it all the same.
    let models = site.run("inspectdb --database legacy").await.unwrap();
    assert!(models.contains("database = \"legacy\"") && models.contains("pub struct OldFilm"), "{models}");
    assert!(!site.run("inspectdb").await.unwrap().contains("database ="));
}

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn a_start_brings_all_up_to_date_and_tells_of_each() {
    let two = Two::open([Engine::Sqlite, Engine::Sqlite]).await;
    let app = today(two.root()).on(async |_: Services, event: Arc<Migrated>| -> Result {
        HEARD.lock().unwrap().push(format!("{} {}", event.database, event.done.len()));
        Ok(())
    });
    let site = stage(&two.db, vec![app]);
    site.run("makemigrations").await.unwrap();
    MigrateRoom.ready(&site.services(Console::captured().0)).await.unwrap();
    assert_eq!(*HEARD.lock().unwrap(), ["default 1", "archive 1"]);
    assert_eq!(two.tables().await, [HERE.to_vec(), THERE.to_vec()]);
    // What no file has any more is struck out of each history.
    std::fs::remove_file(two.root().join("migrations/0001_initial.toml")).unwrap();
    let pruned = site.run("migrate shop --prune").await.unwrap();
    assert_eq!(pruned.matches("is struck out (database").count(), 2, "{pruned}");
}

/// A database for each tenant: all tables but one are in each.
struct Tenants;

impl DatabaseRouter for Tenants {
    fn route(&self, _: &'static quintet_core::meta::ModelMeta, _: quintet_orm::Access) -> Option<String> {
        None
    }

    fn lives_in(&self, label: &str, _: Option<&str>, database: &str) -> Option<bool> {
        Some(label != "shop.Customer" || database == "default")
    }
}

#[tokio::test]
async fn a_router_says_in_which_databases_a_table_is() {
    for pair in pairs() {
        let two = Two::routed(pair, Some(Arc::new(Tenants))).await;
        let site = stage(&two.db, vec![once(two.root())]);
        site.run("makemigrations").await.unwrap();
        site.run("migrate").await.unwrap();
        assert_eq!(two.tables().await, [[HERE.to_vec(), THERE.to_vec()].concat(), THERE.to_vec()]);
    }
}

#[tokio::test]
async fn tables_without_files_are_made_where_they_belong() {
    let models = [today::Customer::meta(), today::Entry::meta(), today::Mark::meta(), today::Label::meta()];
    let two = Two::open([Engine::Sqlite, Engine::Sqlite]).await;
    let app = today(two.root());
    let site = stage(&two.db, vec![app]);
    let graph = sources::load(&site.site).unwrap();
    for name in ["default", "archive"] {
        create_unmigrated(&two.db.using(name).unwrap(), &graph, &models).await.unwrap();
    }
    assert_eq!(two.tables().await, [HERE.to_vec(), THERE.to_vec()]);
    // A handle that is none of several has all.
    let alone = memory().await;
    create_tables(&alone, &models).await.unwrap();
    assert_eq!(tables(&alone).await, [HERE.to_vec(), THERE.to_vec()].concat());
    let state = ProjectState::of_models(&models).unwrap();
    assert_eq!(state.models["shop.Entry_tags"].database_name(), "archive");
    assert_eq!(state.models["shop.Customer"].database_name(), "default");
}
