//! Functions of the program in migrations, and what they see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use common::*;
use quintet_core::{App, Error, Result, Room, Services, Value, command::Console, signal::Listen};
use quintet_migrate::{
    DataMigrating, MigrateRoom, Migrated, Migrating, OldModels,
    run::{Direction, Mode},
};
use quintet_orm::{Db, Executor, Stmt, Tx};

const TABLES: &str = r#"
depends = []

[[operation]]
op = "create_model"
model = "Shelf"
table = "shop_shelf"
fields = [
    { name = "id", kind = "big_int", primary_key = true, auto = true },
    { name = "room", kind = "text" },
]

[[operation]]
op = "create_model"
model = "Item"
table = "shop_item"
fields = [
    { name = "id", kind = "big_int", primary_key = true, auto = true },
    { name = "title", kind = "text" },
    { name = "price", kind = "decimal", max_digits = 8, decimal_places = 2, null = true },
    { name = "shelf", kind = "big_int", to = "Shelf", on_delete = "cascade", null = true },
]

[[operation]]
op = "create_model"
model = "Item_near"
table = "shop_item_near"
through = "Item.near"
fields = [
    { name = "id", kind = "big_int", primary_key = true, auto = true },
    { name = "item", column = "item_id", kind = "big_int", to = "Item", on_delete = "cascade" },
    { name = "shelf", column = "shelf_id", kind = "big_int", to = "Shelf", on_delete = "cascade" },
]

[[operation]]
op = "add_field"
model = "Item"
field = { name = "slug", kind = "text", null = true }
"#;

fn write(root: &Path, name: &str, text: &str) {
    let directory = root.join("migrations");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(format!("{name}.toml")), text).unwrap();
}

fn rust(before: &str, rest: &str) -> String {
    format!("depends = [\"{before}\"]\n\n[[operation]]\nop = \"run_rust\"\n{rest}\n")
}

static SEEN: AtomicU64 = AtomicU64::new(0);

async fn fill_slugs(tx: &Tx, old: &OldModels) -> Result {
    let items = old.set("Item")?;
    let mut parts = old.batches("Item", 100, tx).await?;
    while let Some(part) = parts.next(tx).await? {
        assert!(part.len() <= 100);
        SEEN.fetch_add(1, Ordering::Relaxed);
        for item in &part {
            assert!(item.get("later").is_none(), "the column comes with the next migration");
            let slug = item.get("title").and_then(Value::as_text).unwrap().replace(' ', "-");
            items.clone().only(item)?.update_all([("slug", slug.into())], tx).await?;
        }
    }
    Ok(())
}

async fn clear_slugs(tx: &Tx, old: &OldModels) -> Result {
    let rows = old.set("Item")?.filter("slug__isnull", "false")?;
    rows.update_all([("slug", Value::Null)], tx).await.map(|_| ())
}

async fn fill_later(tx: &Tx, old: &OldModels) -> Result {
    let all = old.set("Item")?.order_by("-title")?.all(tx).await?;
    assert!(all.iter().all(|item| item.get("later") == Some(&Value::Null)));
    let made = old
        .set("Item")?
        .create(
            [
                ("title", "new".into()),
                ("later", 7.into()),
                ("price", Value::Decimal("2.50".parse().unwrap())),
            ],
            tx,
        )
        .await?;
    assert_eq!(made.get("slug"), Some(&Value::Null));
    old.set("shop.Shelf")?.filter("room", "cellar")?.delete_all(tx).await?;
    Ok(())
}

fn shop(root: &Path) -> App {
    App::new("shop")
        .folder(folder(root))
        .data_migration("fill_slugs", fill_slugs)
        .data_migration("clear_slugs", clear_slugs)
        .data_migration("fill_later", fill_later)
}

async fn fill(db: &Db) {
    db.batch(
        "INSERT INTO shop_shelf (id, room) VALUES (1, 'attic'), (2, 'cellar'); INSERT INTO shop_item (id, title, shelf_id) \
         VALUES (1, 'a b', 1), (2, 'c', 2); INSERT INTO shop_item_near (item_id, shelf_id) VALUES (1, 2)"
            .into(),
    )
    .await
    .unwrap();
    for id in 3..=250 {
        let sql = format!("INSERT INTO shop_item (id, title) VALUES ({id}, 'item {id}')");
        db.execute(Stmt::write(sql, vec![])).await.unwrap();
    }
    if db.dialect().name == "postgres" {
        db.batch("SELECT setval('shop_item__id_seq', 250)".into()).await.unwrap();
    }
}

#[tokio::test]
async fn functions_see_the_models_of_their_moment() {
    for engine in engines() {
        let (bed, directory) = (engine.open().await, tempfile::tempdir().unwrap());
        let root = directory.path();
        write(root, "0001_initial", TABLES);
        stage(&bed, vec![shop(root)]).run("migrate").await.unwrap();
        fill(&bed).await;
        write(root, "0002_slugs", &rust("0001_initial", "name = \"fill_slugs\"\nreverse = \"clear_slugs\""));
        write(
            root,
            "0003_later",
            "depends = [\"0002_slugs\"]\n\n[[operation]]\nop = \"add_field\"\nmodel = \"Item\"\nfield = { name = \"later\", \
             kind = \"int\", null = true }\n",
        );
        write(root, "0004_fill", &rust("0003_later", "name = \"fill_later\"\nreverse = \"\""));
        let site = stage(&bed, vec![shop(root)]);
        SEEN.store(0, Ordering::Relaxed);
        let shown = site.run("migrate").await.unwrap();
        assert!(
            shown.contains("apply shop.0002_slugs\napply shop.0003_later\napply shop.0004_fill"),
            "{shown}"
        );
        assert_eq!(SEEN.load(Ordering::Relaxed), 3);
        let some = "SELECT id, slug FROM shop_item WHERE id IN (1, 3, 250, 251) ORDER BY id";
        assert_eq!(text(&bed, some).await, "1|a-b;3|item-3;250|item-250;251|NULL");
        // A deletion takes along what it should, on SQLite too.
        assert_eq!(text(&bed, "SELECT COUNT(*) FROM shop_item WHERE id = 2").await, "0");
        assert_eq!(text(&bed, "SELECT COUNT(*) FROM shop_item_near").await, "0");
        assert_eq!(
            text(&bed, "SELECT later, CAST(price AS TEXT) FROM shop_item WHERE id = 251")
                .await
                .split('|')
                .next(),
            Some("7")
        );

        let plan = site.run("migrate shop 0001 --plan").await.unwrap();
        assert!(plan.contains("undo: run fill_slugs"), "{plan}");
        site.run("migrate shop 0001").await.unwrap();
        assert_eq!(text(&bed, "SELECT COUNT(*) FROM shop_item WHERE slug IS NOT NULL").await, "0");
        let sql = site.run("sqlmigrate shop 0002").await.unwrap();
        assert!(sql.contains("-- runs the function shop.fill_slugs"), "{sql}");
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_is_found_before_anything_runs() {
    let (db, directory) = (memory().await, tempfile::tempdir().unwrap());
    let root = directory.path();
    write(root, "0001_initial", TABLES);
    write(root, "0002_slugs", &rust("0001_initial", "name = \"fill_slug\""));
    let site = stage(&db, vec![shop(root)]);
    for line in ["migrate", "migrate --plan", "makemigrations", "makemigrations --check"] {
        let error = site.run(line).await.unwrap_err().to_string();
        assert!(
            error.contains("shop.0002_slugs, operation 1 (run fill_slug): app `shop` has no data migration `fill_slug`; did \
                            you mean `fill_slugs`?")
                && error.contains("0002_slugs.toml:3:1"),
            "{line}: {error}"
        );
    }
    assert!(introspect(&db).await.is_empty());
    let checks = site.checks().await.join("\n");
    assert!(checks.contains("migrate.E003") && checks.contains("0002_slugs.toml:3:1"), "{checks}");
    // The function of the way back is looked for, too.
    write(root, "0002_slugs", &rust("0001_initial", "name = \"fill_slugs\"\nreverse = \"auth.clear\""));
    let error = site.run("migrate").await.unwrap_err().to_string();
    assert!(error.contains("app `auth` has no data migration `clear`"), "{error}");
    let twice = shop(root).data_migration("fill_slugs", clear_slugs);
    let error = stage(&db, vec![twice]).run("migrate").await.unwrap_err().to_string();
    assert!(error.contains("two data migrations `fill_slugs`"), "{error}");
}

async fn fail_half_way(tx: &Tx, old: &OldModels) -> Result {
    let error = old.set("Itm").unwrap_err().to_string();
    assert!(error.contains("no model `shop.Itm` at this point") && error.contains("shop.Item"), "{error}");
    old.set("Item")?.create([("title", "half".into())], tx).await?;
    let error = old.set("Item")?.create([("titel", "half".into())], tx).await.unwrap_err().to_string();
    assert!(error.contains("did you mean `title`?"), "{error}");
    Err(Error::bad_request("the shelves are full"))
}

#[tokio::test]
async fn a_function_that_fails_leaves_nothing_behind() {
    for engine in engines() {
        let (bed, directory) = (engine.open().await, tempfile::tempdir().unwrap());
        let root = directory.path();
        write(root, "0001_initial", TABLES);
        write(root, "0002_fill", &rust("0001_initial", "name = \"fail\""));
        let app = App::new("shop").folder(folder(root)).data_migration("fail", fail_half_way);
        let error = stage(&bed, vec![app]).run("migrate").await.unwrap_err().to_string();
        assert!(
            error.contains(
                "shop.0002_fill was not applied, and nothing of it was kept: run fail: the shelves are full"
            ) && error.contains("0002_fill.toml:3:1"),
            "{error}"
        );
        assert_eq!(text(&bed, "SELECT COUNT(*) FROM shop_item").await, "0");
    }
}

#[tokio::test]
async fn one_without_a_way_back_says_so() {
    let (db, directory) = (memory().await, tempfile::tempdir().unwrap());
    let root = directory.path();
    write(root, "0001_initial", TABLES);
    write(root, "0002_slugs", &rust("0001_initial", "name = \"fill_slugs\""));
    let site = stage(&db, vec![shop(root)]);
    site.run("migrate").await.unwrap();
    let error = site.run("migrate shop 0001").await.unwrap_err().to_string();
    assert!(error.contains("`shop.fill_slugs` has no `reverse`") && error.contains(".toml:3:1"), "{error}");
    let plan = site.run("migrate shop 0001 --plan").await.unwrap();
    assert!(plan.contains("! ") && plan.contains("has no `reverse`"), "{plan}");
}

#[tokio::test]
async fn an_empty_migration_shows_how_it_is_filled() {
    let (db, directory) = (memory().await, tempfile::tempdir().unwrap());
    let root = directory.path();
    write(root, "0001_initial", TABLES);
    let site = stage(&db, vec![shop(root)]);
    site.run("makemigrations shop --empty --name fill_slugs").await.unwrap();
    let path = root.join("migrations/0002_fill_slugs.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written.contains("# name = \"fill_slugs\"") && written.contains(".data_migration(\"fill_slugs\""),
        "{written}"
    );
    // Without the marks it is a migration.
    let from = written.find("# [[operation]]\n# op = \"run_rust\"").unwrap();
    let plain: String =
        written[from..].lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect();
    let filled = format!("depends = [\"0001_initial\"]\n{plain}");
    let read = quintet_migrate::file::parse("shop", "0002_fill_slugs", "m.toml", &filled);
    let read = read.unwrap_or_else(|error| panic!("{error}\n{filled}"));
    assert_eq!(read.operations[0].describe(), "run fill_slugs");
}

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn told(plan: &str) {
    HEARD.lock().unwrap().push(plan.to_owned());
}

#[tokio::test]
async fn a_site_is_told_before_and_after() {
    let (db, directory) = (memory().await, tempfile::tempdir().unwrap());
    let root = directory.path();
    write(root, "0001_initial", TABLES);
    let app = shop(root)
        .on(async |_: Services, event: Arc<Migrating>| -> Result {
            told(&format!("before {}", event.plan.steps.len()));
            Ok(())
        })
        .on(async |services: Services, event: Arc<Migrated>| -> Result {
            assert!(services.get::<Db>().is_some());
            let forwards = event.done.iter().all(|step| step.direction == Direction::Forwards);
            assert_eq!(event.is_backwards(), !forwards);
            let fake = if event.mode == Mode::Fake { ", fake" } else { "" };
            told(&format!("after {:?} {}{fake}", event.apps(), event.plan.steps.len()));
            Ok(())
        });
    let site = stage(&db, vec![app]);
    for line in ["migrate", "migrate", "migrate shop zero", "migrate --plan", "migrate --fake"] {
        site.run(line).await.unwrap();
    }
    // At a start, too.
    MigrateRoom.ready(&site.services(Console::captured().0)).await.unwrap();
    assert_eq!(
        *HEARD.lock().unwrap(),
        [
            "before 1",
            "after {\"shop\"} 1",
            "before 0",
            "after {} 0",
            "before 1",
            "after {\"shop\"} 1",
            "before 1",
            "after {\"shop\"} 1, fake",
            "before 0",
            "after {} 0",
        ]
    );
    let refusing = shop(root)
        .on(async |_: Services, _: Arc<Migrating>| -> Result { Err(Error::bad_request("not now")) });
    site.run("migrate shop zero --fake").await.unwrap();
    let error = stage(&db, vec![refusing]).run("migrate").await.unwrap_err().to_string();
    assert!(error.contains("not now"), "{error}");
    assert!(introspect(&db).await.is_empty());
}
