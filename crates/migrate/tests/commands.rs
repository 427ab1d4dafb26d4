//! The commands, from changed models to changed tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

use common::*;
use quintet_core::{
    App, EmbeddedFile, Folder, Result, Room, Services, Site, Value,
    command::{Args, Captured, Console, ProgressState, Terminal},
    meta::{Choice, Digits, FieldDefault, FieldMeta, ModelMeta, ModelRef, OnDelete, Relation, Through},
    settings::Settings,
    value::Kind,
};
use quintet_migrate::{Graph, MigrateRoom, ProjectState, create_tables, migrate, sources};
use quintet_orm::{Db, Executor, Models};

const ID: FieldMeta =
    FieldMeta { name: "id", column: "id", primary_key: true, auto: true, ..FieldMeta::BASE };
const NAME: FieldMeta =
    FieldMeta { name: "name", column: "name", kind: Kind::Text, max_length: Some(40), ..FieldMeta::BASE };

macro_rules! meta {
    ($name:literal, $fields:expr) => {
        meta!($name, $fields, &[])
    };
    ($name:literal, $fields:expr, $together:expr) => {
        ModelMeta {
            name: $name,
            app: None,
            table: None,
            module: "tests",
            verbose_name: "",
            verbose_name_plural: "",
            help_text: "",
            ordering: &[],
            unique_together: $together,
            indexes: &[],
            constraints: &[],
            fields: $fields,
            primary_key: &[0],
            renamed_from: None,
            typed: None,
            clean: None,
            options: quintet_core::meta::ModelOptions::BASE,
            identity: OnceLock::new(),
        }
    };
}

/// The shop as it was.
mod old {
    use super::*;

    pub(super) static CUSTOMER: ModelMeta = meta!("Customer", &[ID, NAME]);
    pub(super) static ORDER: ModelMeta = meta!(
        "Order",
        &[
            ID,
            FieldMeta {
                name: "customer",
                column: "customer_id",
                index: true,
                relation: Relation::ToOne { to: ModelRef::Type(|| &CUSTOMER), on_delete: OnDelete::Protect },
                ..FieldMeta::BASE
            }
        ]
    );
}

/// The shop as it is.
mod new {
    use super::*;

    pub(super) static CUSTOMER: ModelMeta = meta!(
        "Customer",
        &[
            ID,
            FieldMeta { name: "full_name", column: "full_name", renamed_from: Some("name"), ..NAME },
            FieldMeta { name: "city", column: "city", null: true, ..NAME },
        ]
    );
    pub(super) static ORDER: ModelMeta = meta!(
        "Order",
        &[
            ID,
            FieldMeta {
                name: "customer",
                column: "customer_id",
                null: true,
                relation: Relation::ToOne { to: ModelRef::Type(|| &CUSTOMER), on_delete: OnDelete::SetNull },
                ..FieldMeta::BASE
            },
            FieldMeta {
                name: "status",
                column: "status",
                kind: Kind::Text,
                choices: &[Choice { value: "open", label: "Open" }, Choice { value: "paid", label: "Paid" }],
                default: FieldDefault::Value(|| Value::Text("open".into())),
                ..FieldMeta::BASE
            },
            FieldMeta {
                name: "total",
                column: "total",
                kind: Kind::Decimal,
                digits: Some(Digits { max: 8, places: 2 }),
                ..FieldMeta::BASE
            },
            FieldMeta {
                name: "number",
                column: "number",
                kind: Kind::Int,
                default: FieldDefault::Database("7"),
                ..FieldMeta::BASE
            },
            FieldMeta {
                name: "gifts",
                relation: Relation::ManyToMany {
                    to: ModelRef::Type(|| &CUSTOMER),
                    through: Through { table: None, from: "order_id", to: "customer_id", ..Through::BASE },
                },
                ..FieldMeta::BASE
            },
        ],
        &[&[1, 4]]
    );
}

fn folder(root: &Path) -> Folder {
    Folder::on_disk(Box::leak(root.to_str().unwrap().to_owned().into_boxed_str()))
}

fn site(root: &Path, models: Vec<&'static ModelMeta>) -> Site {
    Site::new().install(App::new("shop").folder(folder(root)).models(models))
}

/// A person at the terminal.
struct Person {
    answers: Mutex<Vec<&'static str>>,
    seen: Captured,
}

impl Terminal for Person {
    fn write(&self, text: &str) {
        self.seen.write(text);
    }
    fn write_error(&self, text: &str) {
        self.seen.write_error(text);
    }
    fn is_interactive(&self) -> bool {
        true
    }
    fn ask(&self, question: &str) -> Option<String> {
        self.seen.write(question);
        let mut answers = self.answers.lock().unwrap();
        (!answers.is_empty()).then(|| answers.remove(0).to_owned())
    }
    fn progress(&self, _: &ProgressState) {}
}

struct Shop {
    site: Arc<Site>,
    db: Db,
}

impl Shop {
    fn services(&self, console: Console) -> Services {
        let mut services = Services::builder();
        services.insert(self.site.clone());
        services.insert(self.db.clone());
        services.insert(console);
        services.build()
    }

    async fn run_on(&self, console: Console, line: &str) -> Result {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let commands = MigrateRoom.commands();
        let command = commands.iter().find(|c| c.name == name).unwrap();
        let mut args = Args::default();
        let mut places = command.args.iter().filter(|a| a.positional);
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(option) => {
                    let option = option.replace('-', "_");
                    let spec = command.args.iter().find(|a| a.name == option && !a.positional).unwrap();
                    let flag = spec.style == quintet_core::command::ArgStyle::Flag;
                    args.push(&option, if flag { "true" } else { words.next().unwrap() });
                }
                None => args.push(&places.next().unwrap().name, word),
            }
        }
        command.run(self.services(console), args).await
    }

    /// What a command writes where nobody answers.
    async fn run(&self, line: &str) -> Result<String> {
        let (console, out) = Console::captured();
        self.run_on(console, line).await.map(|()| out.text() + &out.errors())
    }

    async fn checks(&self) -> Vec<&'static str> {
        let (console, _) = Console::captured();
        let services = self.services(console);
        MigrateRoom.checks(&services).await.iter().map(|c| c.id).collect()
    }
}

async fn shop(root: &Path, models: Vec<&'static ModelMeta>) -> Shop {
    Shop { site: Arc::new(site(root, models)), db: memory().await }
}

fn file(root: &Path, name: &str) -> PathBuf {
    root.join("migrations").join(name)
}

#[tokio::test]
async fn models_change_and_the_tables_follow() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let before = shop(root, vec![&old::CUSTOMER, &old::ORDER]).await;
    assert_eq!(before.checks().await, ["migrate.W002"]);
    assert!(
        before.run("makemigrations --check").await.unwrap_err().to_string().contains("create model Customer")
    );
    let shown = before.run("makemigrations --dry-run").await.unwrap();
    assert!(shown.contains("op = \"create_model\"") && !file(root, "0001_initial.toml").exists());

    let shown = before.run("makemigrations").await.unwrap();
    assert!(
        shown.contains("0001_initial.toml:\n  + create model Customer\n  + create model Order"),
        "{shown}"
    );
    assert!(file(root, "0001_initial.toml").is_file());
    assert_eq!(before.checks().await, ["migrate.W001"]);
    assert_eq!(before.run("makemigrations").await.unwrap(), "No changes.\n");
    assert_eq!(before.run("makemigrations --check").await.unwrap(), "No changes.\n");
    assert_eq!(before.run("showmigrations").await.unwrap(), "shop\n  [ ] 0001_initial\n");
    assert!(
        before
            .run("migrate --plan")
            .await
            .unwrap()
            .starts_with("apply shop.0001_initial\n    create model Customer\n")
    );
    assert!(introspect(&before.db).await.is_empty());
    assert_eq!(before.run("migrate").await.unwrap(), "apply shop.0001_initial\n");
    assert_eq!(before.run("migrate").await.unwrap(), "Nothing to do.\n");
    assert!(before.checks().await.is_empty());
    assert!(before.run("showmigrations shop").await.unwrap().starts_with("shop\n  [x] 0001_initial  20"));
    before
        .db
        .batch("INSERT INTO shop_customer (name) VALUES ('Ann'); INSERT INTO shop_order (customer_id) VALUES (1)".into())
        .await
        .unwrap();

    let after = Shop { site: Arc::new(site(root, vec![&new::CUSTOMER, &new::ORDER])), db: before.db.clone() };
    let shown = after.run("migrate").await.unwrap();
    assert!(shown.starts_with("Nothing to do.\nmodels have changes that no migration has: "), "{shown}");
    assert!(
        shown.contains("add field city to Customer") && shown.contains("run `makemigrations`"),
        "{shown}"
    );
    let error = after.run("makemigrations").await.unwrap_err().to_string();
    assert!(error.contains("--answer 'fill:shop.Order.total=VALUE'") && !error.contains("status"), "{error}");
    let shown = after.run("makemigrations --name second --answer fill:shop.Order.total=9.50").await.unwrap();
    for line in [
        "0002_second.toml:",
        "+ rename field name of Customer to full_name",
        "+ add field city to Customer",
        "+ add field status to Order",
        "+ alter field customer of Order: null false → true, index true → false, to shop.Customer (Protect) → \
         shop.Customer (SetNull)",
        "+ make (customer, number) unique together in Order",
        "+ create the table of Order.gifts",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    after.run("migrate").await.unwrap();
    assert_eq!(text(&after.db, "SELECT full_name, city FROM shop_customer").await, "Ann|NULL");
    assert_eq!(
        text(&after.db, "SELECT customer_id, status, total, number FROM shop_order").await,
        "1|open|950|7"
    );
    let goal = ProjectState::of_models(&[&new::CUSTOMER, &new::ORDER]).unwrap();
    assert_database(&after.db, &goal).await;
    assert_eq!(goal.models["shop.Order_gifts"].table, "shop_order_gifts");
    assert!(after.checks().await.is_empty());

    assert_eq!(after.run("migrate shop 0001").await.unwrap(), "reverse shop.0002_second\n");
    assert_eq!(text(&after.db, "SELECT name FROM shop_customer").await, "Ann");
    assert_eq!(
        after.run("migrate shop zero --fake").await.unwrap(),
        "reverse shop.0001_initial (only written down)\n"
    );
    assert_eq!(introspect(&after.db).await.len(), 2);
    let error = after.run("migrate shop 0001").await.unwrap_err().to_string();
    assert!(error.contains("already exists"), "{error}");
    after.run("migrate shop 0001 --fake").await.unwrap();
    after.run("migrate shop zero").await.unwrap();
    assert!(introspect(&after.db).await.is_empty());
}

#[tokio::test]
async fn a_person_is_asked_until_the_answer_is_good() {
    static PEOPLE: ModelMeta = meta!("Customer", &[ID, FieldMeta { name: "label", column: "label", ..NAME }]);
    static WITH_CODE: ModelMeta =
        meta!("Order", &[ID, FieldMeta { name: "code", column: "code", kind: Kind::Int, ..FieldMeta::BASE }]);
    static BARE: ModelMeta = meta!("Order", &[ID]);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    shop(root, vec![&old::CUSTOMER, &BARE]).await.run("makemigrations").await.unwrap();
    let after = shop(root, vec![&PEOPLE, &WITH_CODE]).await;
    let seen = Captured::default();
    let person = Person { answers: Mutex::new(vec!["labl", "1", "", "many", "12"]), seen: seen.clone() };
    after.run_on(Console::new(person), "makemigrations").await.unwrap();
    let text = seen.text();
    assert!(
        text.contains("? shop.Customer.label is new, and name vanished") && text.contains("    1) name"),
        "{text}"
    );
    assert!(text.contains("`labl` is no answer") && text.contains("`many` is not a whole number"), "{text}");
    let written = std::fs::read_to_string(file(root, "0002_rename_customer_label_order_code.toml")).unwrap();
    assert!(written.contains("op = \"rename_field\"") && written.contains("backfill = 12"), "{written}");
    // Nobody left to answer: told, not guessed.
    let hung_up = Person { answers: Mutex::new(vec![]), seen: Captured::default() };
    let again = shop(root, vec![&old::CUSTOMER, &BARE]).await;
    assert!(
        again
            .run_on(Console::new(hung_up), "makemigrations")
            .await
            .unwrap_err()
            .to_string()
            .contains("--answer")
    );
}

#[tokio::test]
async fn sql_is_shown_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let shop = shop(directory.path(), vec![&old::CUSTOMER, &old::ORDER]).await;
    shop.run("makemigrations").await.unwrap();
    let sql = shop.run("sqlmigrate shop 0001").await.unwrap();
    assert_eq!(
        sql,
        r#"-- create model Customer
CREATE TABLE "shop_customer" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" VARCHAR(40) NOT NULL
);
-- create model Order
CREATE TABLE "shop_order" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "customer_id" BIGINT NOT NULL REFERENCES "shop_customer" ("id") ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "shop_order__customer_id_idx" ON "shop_order" ("customer_id");
"#
    );
    let back = shop.run("sqlmigrate shop 0001 --backwards").await.unwrap();
    assert_eq!(
        back,
        "-- delete model Order\nDROP TABLE \"shop_order\";\n-- delete model Customer\nDROP TABLE \"shop_customer\";\n"
    );
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let shop = shop(root, vec![&old::CUSTOMER, &old::ORDER]).await;
    shop.run("makemigrations").await.unwrap();
    for (line, words) in [
        ("migrate shpo", "no app `shpo` is installed; did you mean `shop`?"),
        ("migrate shop 0009", "app `shop` has no migration `0009`"),
        ("sqlmigrate shop 0001_inital", "did you mean `0001_initial`?"),
        ("makemigrations --empty", "makemigrations APP --empty"),
        ("makemigrations --name ../x", "no name of a migration"),
        ("makemigrations --answer x=1", "nothing asks for the answer `x`"),
    ] {
        let error = shop.run(line).await.unwrap_err().to_string();
        assert!(error.contains(words), "{line}: {error}");
    }
    std::fs::write(file(root, "0002_wrong.toml"), "depends = [\"0001_initial\"]\noperations = []\n").unwrap();
    let error = shop.run("migrate").await.unwrap_err();
    assert!(error.to_string().contains("did you mean `operation`?"), "{error}");
    assert!(error.place().unwrap().file.ends_with("migrations/0002_wrong.toml"));
    assert_eq!(shop.checks().await, ["migrate.E001"]);
}

#[tokio::test]
async fn an_empty_migration_is_a_place_for_sql() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let shop = shop(root, vec![&old::CUSTOMER]).await;
    shop.run("makemigrations").await.unwrap();
    shop.run("makemigrations shop --empty --name fill").await.unwrap();
    let path = file(root, "0002_fill.toml");
    let text_of = std::fs::read_to_string(&path).unwrap();
    assert!(text_of.contains("depends = [\"0001_initial\"]"), "{text_of}");
    // The example in it works once it is no comment any more.
    let sql = text_of.split("# A function of the program").next().unwrap();
    let real = sql
        .replace("\n# [[", "\n[[")
        .replace("\n# op", "\nop")
        .replace("\n# up", "\nup")
        .replace("\n# down", "\ndown");
    std::fs::write(&path, real.replace("UPDATE …", "INSERT INTO shop_customer (name) VALUES ('Bob')"))
        .unwrap();
    shop.run("migrate").await.unwrap();
    assert_eq!(text(&shop.db, "SELECT name FROM shop_customer").await, "Bob");
    shop.run("migrate shop 0001").await.unwrap();
}

#[tokio::test]
async fn the_database_is_named_that_knows_more_than_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let shop = shop(root, vec![&old::CUSTOMER]).await;
    shop.run("makemigrations").await.unwrap();
    shop.run("makemigrations shop --empty").await.unwrap();
    shop.run("migrate").await.unwrap();
    std::fs::remove_file(file(root, "0002_data.toml")).unwrap();
    assert!(shop.run("migrate").await.unwrap().contains("shop.0002_data was applied on"));
    assert!(shop.run("showmigrations").await.unwrap().contains("[?] 0002_data"));
}

#[tokio::test]
async fn apps_of_one_crate_have_a_directory_each() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    static NOTE: ModelMeta = meta!("Note", &[ID]);
    static PAGE: ModelMeta = meta!(
        "Page",
        &[
            ID,
            FieldMeta {
                name: "note",
                column: "note_id",
                relation: Relation::ToOne { to: ModelRef::Type(|| &NOTE), on_delete: OnDelete::Cascade },
                ..FieldMeta::BASE
            }
        ]
    );
    let site = Site::new()
        .install(App::new("wiki").folder(folder(root)).models(vec![&PAGE]))
        .install(App::new("notes").folder(folder(root)).models(vec![&NOTE]))
        .folder(folder(root));
    let both = Shop { site: Arc::new(site), db: memory().await };
    let error = both.run("makemigrations wiki").await.unwrap_err().to_string();
    assert!(error.contains("notes.Note, which has no migration yet"), "{error}");
    both.run("makemigrations").await.unwrap();
    assert!(
        file(root, "wiki/0001_initial.toml").is_file() && file(root, "notes/0001_initial.toml").is_file()
    );
    assert_eq!(both.run("migrate").await.unwrap(), "apply notes.0001_initial\napply wiki.0001_initial\n");
    std::fs::write(file(root, "0001_lost.toml"), "depends = []\n").unwrap();
    let error = both.run("migrate").await.unwrap_err().to_string();
    assert!(error.contains("(notes, wiki)") && error.contains("0001_lost.toml"), "{error}");
}

#[tokio::test]
async fn an_app_without_models_takes_no_files_from_the_one_beside_it() {
    static ONLY: ModelMeta = meta!("Only", &[ID]);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let site = Site::new()
        .install(App::new("plain").folder(folder(root)))
        .install(App::new("modelled").folder(folder(root)).models(vec![&ONLY]))
        .folder(folder(root));
    let shop = Shop { site: Arc::new(site), db: memory().await };
    shop.run("makemigrations").await.unwrap();
    assert!(file(root, "0001_initial.toml").is_file());
    assert_eq!(shop.run("migrate").await.unwrap(), "apply modelled.0001_initial\n");
    assert_eq!(shop.run("makemigrations").await.unwrap(), "No changes.\n");
}

#[tokio::test]
async fn without_its_source_an_app_is_migrated_but_not_written() {
    const TEXT: &str = "[[operation]]\nop = \"create_model\"\nmodel = \"Customer\"\ntable = \"shop_customer\"\nfields = [{ name \
                        = \"id\", kind = \"big_int\", primary_key = true, auto = true }]\n";
    static FILES: [EmbeddedFile; 1] =
        [EmbeddedFile { path: "migrations/0001_initial.toml", bytes: TEXT.as_bytes() }];
    let folder = Folder::embedded("/nowhere/shop", &FILES);
    let site = Site::new().install(App::new("shop").folder(folder).models(vec![&old::CUSTOMER]));
    let shop = Shop { site: Arc::new(site), db: memory().await };
    let shown = shop.run("migrate").await.unwrap();
    assert!(shown.starts_with("apply shop.0001_initial\nmodels have changes"), "{shown}");
    let error = shop.run("makemigrations --answer fill:shop.Customer.name=x").await.unwrap_err().to_string();
    assert!(error.contains("not on this machine"), "{error}");
}

#[tokio::test]
async fn a_site_can_migrate_before_it_works() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = shop(root, vec![&old::CUSTOMER]).await;
    made.run("makemigrations").await.unwrap();
    for (on, tables) in [("false", 0), ("true", 1)] {
        let settings = Settings::for_tests(root, [("migrations.on_start", on)]);
        let mut services = Services::builder();
        services.insert(settings);
        services.insert(made.site.clone());
        services.insert(made.db.clone());
        MigrateRoom.ready(&services.build()).await.unwrap();
        assert_eq!(introspect(&made.db).await.len(), tables);
    }
    let settings = Settings::for_tests(root, [("migrations.on_start", "true")]);
    let mut without = Services::builder();
    without.insert(settings);
    assert!(MigrateRoom.ready(&without.build()).await.unwrap_err().to_string().contains("needs a database"));
}

#[tokio::test]
async fn a_test_can_make_tables_without_files() {
    static AUTHOR: ModelMeta = meta!("Author", &[ID, NAME]);
    AUTHOR.claim("books").unwrap();
    let db = memory().await;
    create_tables(&db, &[&AUTHOR]).await.unwrap();
    assert_database(&db, &ProjectState::of_models(&[&AUTHOR]).unwrap()).await;
    assert!(migrate(&db, &Graph::default()).await.unwrap().is_empty());
    assert!(create_tables(&db, &[&AUTHOR]).await.is_err());
    assert!(sources::load(&Site::new()).unwrap().apps().is_empty());
}

#[tokio::test]
async fn tables_that_were_there_before_are_not_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let shop = shop(root, vec![&old::CUSTOMER, &old::ORDER]).await;
    shop.run("makemigrations").await.unwrap();
    let error = shop.run("migrate --check").await.unwrap_err().to_string();
    assert!(error.contains("run `migrate`: apply shop.0001_initial"), "{error}");
    assert!(introspect(&shop.db).await.is_empty());
    // Half of them is neither.
    shop.db.batch("CREATE TABLE shop_customer (id INTEGER PRIMARY KEY)".into()).await.unwrap();
    let error = shop.run("migrate --fake-initial").await.unwrap_err().to_string();
    assert!(
        error.contains(
            "has `shop_customer`, but not the column `name` of `shop_customer`, the table `shop_order`"
        ),
        "{error}"
    );
    shop.db
        .batch("ALTER TABLE shop_customer ADD COLUMN NAME TEXT; CREATE TABLE shop_order (id INTEGER, customer_id INTEGER)".into())
        .await
        .unwrap();
    let both = shop.run("migrate --fake --fake-initial").await.unwrap_err().to_string();
    assert!(both.contains("leave --fake-initial out"), "{both}");
    let told = shop.run("migrate --fake-initial").await.unwrap();
    assert!(told.contains("apply shop.0001_initial (only written down)"), "{told}");
    assert_eq!(shop.run("migrate --check").await.unwrap(), "Nothing to do.\n");
    // Where nothing is there it is run, and what comes later in any case.
    let fresh = Shop { site: shop.site.clone(), db: memory().await };
    fresh.run("makemigrations shop --empty").await.unwrap();
    let told = fresh.run("migrate --fake-initial").await.unwrap();
    assert!(told.contains("apply shop.0001_initial\napply shop.0002_data\n"), "{told}");
    assert_eq!(introspect(&fresh.db).await.len(), 2);
    let told = shop.run("migrate --fake-initial").await.unwrap();
    assert!(told.contains("apply shop.0002_data\n"), "{told}");
}

#[tokio::test]
async fn a_model_in_no_list_and_a_file_that_is_gone_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let both = shop(root, vec![&old::CUSTOMER, &old::ORDER]).await;
    both.run("makemigrations").await.unwrap();
    both.run("migrate").await.unwrap();

    let one = Shop { site: Arc::new(site(root, vec![&old::CUSTOMER])), db: both.db.clone() };
    let hint = "if Order still exists in the code, add it to `.models((..))` of its app";
    assert!(one.run("migrate").await.unwrap().contains(hint));
    let (console, _) = Console::captured();
    let found = MigrateRoom.checks(&one.services(console)).await;
    assert!(found.len() == 1 && found[0].hint.as_deref().unwrap().contains(hint), "{found:?}");
    let checked = one.run("makemigrations --check").await.unwrap_err().to_string();
    assert!(checked.contains("delete model Order") && checked.contains(hint), "{checked}");
    let shown = one.run("makemigrations --dry-run").await.unwrap();
    assert!(shown.contains(hint), "{shown}");
    let none = Shop { site: Arc::new(site(root, vec![])), db: both.db.clone() };
    let shown = none.run("makemigrations --dry-run").await.unwrap();
    assert!(shown.contains("Customer") && shown.contains("still exist in the code"), "{shown}");

    one.run("makemigrations --name gone").await.unwrap();
    one.run("migrate").await.unwrap();
    assert_eq!(one.checks().await, [""; 0]);
    std::fs::remove_file(file(root, "0002_gone.toml")).unwrap();
    let (console, _) = Console::captured();
    let found = MigrateRoom.checks(&both.services(console)).await;
    assert_eq!(found.iter().map(|c| c.id).collect::<Vec<_>>(), ["migrate.W004"], "{found:?}");
    assert!(found[0].message.contains("shop.0002_gone"), "{found:?}");
    assert!(found[0].hint.as_deref().unwrap().contains("`migrate shop --prune`"), "{found:?}");
    both.run("migrate shop --prune").await.unwrap();
    assert_eq!(both.checks().await, [""; 0]);
}
