//! `[databases.NAME]`: how databases are opened in a site, and what is said when something is wrong with them.

use std::sync::Arc;

use quintet_core::{
    App, Boot, Error, Result, Room, Service, Services, Site,
    settings::{Settings, Sources},
};
use quintet_orm::{Access, DatabaseSettings, Executor, OrmRoom, RouteDatabases, Stmt, prelude::*};

use super::support::*;

fn load(toml: &str, env: &[(&str, &str)], root: &std::path::Path) -> Result<Settings> {
    let sources = Sources {
        root: root.to_owned(),
        toml: Some(("quintet.toml".into(), toml.into())),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Sources::default()
    };
    Settings::load(sources, &OrmRoom.sections())
}

async fn start(site: Site, settings: Settings) -> Result<Services> {
    let mut boot = Boot::new(Arc::new(site), settings, Services::builder()).unwrap();
    boot.services.insert(boot.site.clone());
    OrmRoom.start(&mut boot).await?;
    Ok(boot.services.build())
}

fn wrong(toml: &str) -> Error {
    load(toml, &[], ".".as_ref()).map(drop).unwrap_err()
}

#[tokio::test]
async fn each_section_is_a_database_and_its_variables_go_before() {
    let folder = tempfile::tempdir().unwrap();
    let toml = "
[database]
url = \"sqlite://main.db\"

[databases.archive]
url = \"sqlite://elsewhere.db\"
slow_query = \"7s\"

[databases.logs]
lanes = 3
";
    let env = [
        ("DATABASE_ARCHIVE_URL", "sqlite://archive.db"),
        ("QUINTET_DATABASES_LOGS_URL", "sqlite://logs.db?mode=rwc&password=hunter2"),
        ("QUINTET_DATABASES_LOGS_READERS", "1"),
    ];
    let settings = load(toml, &env, folder.path()).unwrap();
    let shown: Vec<String> = settings
        .rows()
        .into_iter()
        .filter(|row| row.section.starts_with("databases.") && row.origin.to_string() != "default")
        .map(|row| format!("{}.{} = {}", row.section, row.key, row.value))
        .collect();
    assert!(shown.contains(&"databases.archive.url = sqlite://archive.db".to_owned()), "{shown:?}");
    assert!(shown.contains(&"databases.archive.slow_query = 7s".to_owned()), "{shown:?}");
    assert!(shown.contains(&"databases.logs.lanes = 3".to_owned()), "{shown:?}");
    assert!(!shown.iter().any(|line| line.contains("hunter2")), "{shown:?}");

    let env = &env[..1];
    let toml = toml.replace("[databases.logs]", "[databases.logs]\nurl = \"sqlite://logs.db\"");
    let services = start(Site::new(), load(&toml, env, folder.path()).unwrap()).await.unwrap();
    let db = Db::of(&services).unwrap();
    assert_eq!(db.names(), ["default", "archive", "logs"]);
    let urls = ["default", "archive", "logs"].map(|name| db.using(name).unwrap().url().to_owned());
    assert_eq!(urls, ["sqlite://main.db", "sqlite://archive.db", "sqlite://logs.db"]);
    assert!(folder.path().join("archive.db").is_file() && !folder.path().join("elsewhere.db").exists());
    OrmRoom.stop(&services).await;
    for name in ["default", "archive", "logs"] {
        let closed = db.using(name).unwrap();
        let closed: &dyn Executor = &closed;
        assert!(closed.rows(Stmt::read("SELECT 1", vec![])).await.is_err(), "{name} is still open");
    }
}

#[tokio::test]
async fn replicas_are_urls_that_are_masked() {
    let folder = tempfile::tempdir().unwrap();
    let toml = "
[database]
url = \"sqlite://main.db\"
replicas = [\"sqlite://one.db\", \"postgres://ann:hunter2@db/site\"]

[databases.archive]
url = \"sqlite://archive.db\"
";
    let env = [
        ("DATABASE_REPLICAS", "sqlite://one.db, sqlite://two.db"),
        ("DATABASE_ARCHIVE_REPLICAS", "postgres://ann:hunter2@db/one,postgres://ann:hunter2@db/two"),
    ];
    let settings = load(toml, &env[..0], folder.path()).unwrap();
    let row = |settings: &Settings, section: &str| {
        let mut rows = settings.rows().into_iter();
        rows.find(|row| row.section == section && row.key == "replicas").unwrap().value
    };
    assert_eq!(row(&settings, "database"), "sqlite://one.db, postgres://ann:***@db/site");
    let settings = load(toml, &env, folder.path()).unwrap();
    assert_eq!(row(&settings, "databases.archive"), "postgres://ann:***@db/one, postgres://ann:***@db/two");
    let section = settings.get::<DatabaseSettings>().unwrap();
    assert_eq!(section.replicas, ["sqlite://one.db", "sqlite://two.db"]);

    // They are opened, and asked.
    let services = start(Site::new(), load(toml, &env[..1], folder.path()).unwrap()).await.unwrap();
    let db = Db::of(&services).unwrap();
    for (url, text) in [("one.db", "1"), ("two.db", "2"), ("main.db", "0")] {
        let file = open(&format!("sqlite://{}", folder.path().join(url).display()), "default").await;
        file.batch(format!("CREATE TABLE here (number INTEGER); INSERT INTO here VALUES ({text})"))
            .await
            .unwrap();
    }
    let db: &dyn Executor = &db;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let rows = db.rows(Stmt::read("SELECT number FROM here", vec![])).await.unwrap();
        seen.push(rows[0][0].as_int().unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
}

#[tokio::test]
async fn what_is_wrong_names_section_and_key() {
    let missing = wrong("[databases.archive]\nreaders = 1").to_string();
    assert!(
        missing.contains("`url` of `[databases.archive]`") && missing.contains("DATABASE_ARCHIVE_URL"),
        "{missing}"
    );
    let typo = wrong("[databases.archive]\nurl = \"sqlite://a.db\"\nreplica = []").to_string();
    assert!(
        typo.contains("unknown key `replica` in `[databases.archive]`; did you mean `replicas`?"),
        "{typo}"
    );
    let kind = wrong("[databases.archive]\nurl = \"sqlite://a.db\"\nreplicas = 3");
    let text = format!("{kind} {:?}", kind.place());
    assert!(
        text.contains("`replicas` of `[databases.archive]`") && kind.place().unwrap().line == 3,
        "{text}"
    );
    let outside = wrong("[databases]\narchive = \"sqlite://a.db\"").to_string();
    assert!(outside.contains("write `[databases.archive]`"), "{outside}");

    let cases = [
        (
            "[databases.archive]\nurl = \"oracle://ann:hunter2@db/x\"",
            "`url` of `[databases.archive]`",
            Some(2),
        ),
        (
            "[databases.archive]\nurl = \"sqlite::memory:\"\nreplicas = [\"oracle://ann:hunter2@db/x\"]",
            "`replicas` of `[databases.archive]`",
            Some(3),
        ),
        (
            "[database]\nreplicas = [\"oracle://x\"]\nurl = \"sqlite::memory:\"",
            "`replicas` of `[database]`",
            Some(2),
        ),
        (
            "[databases.default]\nurl = \"sqlite::memory:\"",
            "`default` is the database of the section `[database]`",
            None,
        ),
    ];
    for (toml, said, line) in cases {
        let folder = tempfile::tempdir().unwrap();
        let error = start(Site::new(), load(toml, &[], folder.path()).unwrap()).await.map(drop).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.place().map(|place| place.line), line, "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn checks_find_databases_that_are_not_there_and_relations_that_cross() {
    let site =
        || Site::new().install(App::new("shop").models((Customer, Purchase, Entry, Mark, Label, Crossing)));
    let settings = Settings::for_tests(".", [("database.url", "sqlite::memory:")]);
    let services = start(site(), settings).await.unwrap();
    let found = OrmRoom.checks(&services).await;
    let ids: Vec<_> = found.iter().map(|check| check.id).collect();
    assert_eq!(ids, ["orm.E007", "orm.E007", "orm.E007", "orm.E008"], "{found:#?}");
    let text = found[0].to_string();
    assert!(
        text.contains("shop.Entry lives in the database `archive`") && text.contains("[databases.archive]"),
        "{text}"
    );
    let text = found[3].to_string();
    assert!(
        text.contains(
            "shop.Crossing.entry (in the database `default`) leads to shop.Entry.id (in `archive`)"
        ),
        "{text}"
    );
    // And a query for a model without a database does not go elsewhere.
    let db = Db::of(&services).unwrap();
    let error = Entry.query().count(&db).await.unwrap_err().to_string();
    assert!(error.contains("no database `archive`"), "{error}");

    let given = [("database.url", "sqlite::memory:"), ("databases.archive.url", "sqlite::memory:")];
    let services = start(site(), Settings::for_tests(".", given)).await.unwrap();
    let ids: Vec<_> = OrmRoom.checks(&services).await.iter().map(|check| check.id).collect();
    assert_eq!(ids, ["orm.E008"]);
}

#[tokio::test]
async fn a_sites_router_is_asked() {
    let router = |model: &'static quintet_core::meta::ModelMeta, access: Access| {
        (model.name == "Customer" && access == Access::Read).then(|| "archive".to_owned())
    };
    let given = [("database.url", "sqlite::memory:"), ("databases.archive.url", "sqlite::memory:")];
    let site = Site::new().route_databases(router);
    let services = start(site, Settings::for_tests(".", given)).await.unwrap();
    let db = Db::of(&services).unwrap();
    let table =
        "CREATE TABLE shop_customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, visits INTEGER NOT NULL)";
    for name in ["default", "archive"] {
        db.using(name).unwrap().batch(table.into()).await.unwrap();
    }
    create!(Customer { name: "Ann", visits: 1 }).insert(&db).await.unwrap();
    assert_eq!(Customer.query().count(&db).await.unwrap(), 0);
    assert_eq!(Customer.using("default").count(&db).await.unwrap(), 1);
}
