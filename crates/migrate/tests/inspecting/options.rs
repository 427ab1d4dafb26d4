//! What `inspectdb` is told, and tables that nobody would have made today.

use quintet_core::{Value, meta::ModelMeta};
use quintet_migrate::inspect::{InspectOptions, inspect};
use quintet_orm::{Executor, dynamic::DynSet};

use crate::{
    common::*,
    kept,
    round_trip::{made, managed},
};

const ODD_SQLITE: &str = r#"
CREATE TABLE "Order Items" (
    "OrderId" INTEGER NOT NULL, "1st" VARCHAR(10) COLLATE NOCASE, "type" TEXT DEFAULT 'it''s', self TEXT,
    amount NUMERIC(10, 2), big INTEGER, mixed INTEGER, stamp DATETIME, unix DATETIME, thing, md5 CHAR(32), uid CHAR(32),
    loose TEXT CHECK (loose IN ('a', 'b')), twice INT GENERATED ALWAYS AS (big * 2) STORED,
    PRIMARY KEY ("OrderId", "1st"), CHECK (big <> 7)
);
INSERT INTO "Order Items" ("OrderId", "1st", amount, big, mixed, stamp, unix, thing, md5, uid, loose) VALUES
    (1, 'x', 12, 5000000000, 'seven', '2026-11-20 10:00:00', 1700000000, x'00', 'not hexadecimal', '0190b6a80000700080000000000000a1', 'a');
CREATE TABLE dates (date_id INTEGER PRIMARY KEY, id TEXT, "date" DATE NOT NULL DEFAULT CURRENT_DATE);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, boss_id INTEGER REFERENCES people ON DELETE SET NULL,
    boss TEXT);
CREATE TABLE groups (id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE group_people (group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE, PRIMARY KEY (group_id, person_id)) WITHOUT ROWID;
CREATE TABLE passports (person_id INTEGER PRIMARY KEY REFERENCES people ON DELETE RESTRICT, number TEXT);
CREATE TABLE log (at TEXT, line TEXT NOT NULL);
CREATE TABLE stock (place TEXT NOT NULL, item INTEGER NOT NULL, FOREIGN KEY (place, item) REFERENCES "Order Items" ("1st", "OrderId"));
CREATE INDEX by_line ON log (line COLLATE NOCASE);
CREATE INDEX newest ON people (name DESC, lower(boss)) WHERE boss_id > 1;
CREATE TRIGGER t AFTER INSERT ON log BEGIN SELECT 1; END;
CREATE VIEW bosses AS SELECT id, name FROM people WHERE boss_id IS NULL;
INSERT INTO people VALUES (1, 'Ann', NULL, NULL), (2, 'Bob', 1, 'Ann');
INSERT INTO log VALUES ('now', 'a line');
"#;

const ODD_POSTGRES: &str = r#"
CREATE TYPE mood AS ENUM ('good', 'it''s bad');
CREATE DOMAIN zip AS varchar(5) CHECK (VALUE ~ '^[0-9]+$');
CREATE TABLE people (id serial PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, mood mood DEFAULT 'good',
    zip zip, tags text[], price numeric, wide numeric(40, 3), short char(3), born timestamp, doc json, net cidr,
    number bigint GENERATED ALWAYS AS IDENTITY, boss integer REFERENCES people ON DELETE SET DEFAULT,
    state text CHECK (state IN ('on', 'off')), twice integer GENERATED ALWAYS AS (1 + 1) STORED,
    size double precision DEFAULT 1.5, small smallint DEFAULT 3 CHECK (small >= 0), title text COLLATE "C");
COMMENT ON TABLE people IS 'Who works here.';
COMMENT ON COLUMN people.name IS E'As on the door.\nNo titles.';
CREATE INDEX people_words ON people USING gin (to_tsvector('simple', name));
CREATE INDEX people_pattern ON people (name text_pattern_ops);
CREATE INDEX people_carrying ON people (name) INCLUDE (zip);
CREATE INDEX people_nulls ON people (born DESC NULLS LAST);
CREATE TABLE seats (room integer, place integer, guest text, PRIMARY KEY (room, place),
    CONSTRAINT seats_guest UNIQUE (guest, room) DEFERRABLE INITIALLY DEFERRED, EXCLUDE (guest WITH =));
CREATE TABLE plan (room integer, place integer, person_id bigint REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (room, place) REFERENCES seats);
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, max(name) AS last FROM people;
INSERT INTO people (name, zip, tags, price, short, born, doc, net, mood)
    VALUES ('Ann', '12345', '{a,b}', 1.25, 'x', '2026-11-20 10:00', '{"a": 1}', '10.0.0.0/8', 'it''s bad');
REFRESH MATERIALIZED VIEW totals;
"#;

fn unmanaged() -> InspectOptions {
    InspectOptions { views: true, ..InspectOptions::default() }
}

/// All rows of all models.
async fn read(db: &Bed, models: &[&'static ModelMeta]) {
    for model in models {
        DynSet::new(model)
            .unrestricted()
            .all(&**db)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
    }
}

#[tokio::test]
async fn odd_tables_of_sqlite_have_models_that_read_them() {
    let db = Engine::Sqlite.open().await;
    db.batch(ODD_SQLITE.to_owned()).await.unwrap();
    let written = inspect(&db, &unmanaged()).await.unwrap();
    for said in [
        "A decimal of another program's",
        "It holds larger numbers than its type has elsewhere",
        "It holds values of several types",
        "It holds numbers: seconds or milliseconds since 1970, or days?",
        "It holds more than UUIDs",
        "The column has no type",
        "It is compared by COLLATE NOCASE",
        "A rule lists its values",
        "generated = \"big * 2\"",
        "A foreign key of several columns, (place, item), leads to Order Items(1st, OrderId): no field can say so.",
        "The index by_line is left out: it goes by COLLATE NOCASE",
        "It is a table without a key: (line) is taken for its key",
        "It is a view: (id) is taken for its key",
        "It has triggers: t",
        "It is WITHOUT ROWID",
        "pub struct DateRow {",
        "    #[field(column = \"date_id\")]\n    pub id: i64,\n    #[field(column = \"id\")]\n    pub id_2: Option<String>,",
        "pub boss_id: Option<ForeignKey<Person>>",
        "pub person: OneToOne<Person>",
        "#[field(through = GroupPerson)]\n    pub people: ManyToMany<Person>",
        "managed = false",
    ] {
        assert!(written.contains(said), "{said} is not in\n{written}");
    }
    let Some(models) = kept::same("odd_unmanaged", &written) else { return };
    for model in &models {
        model.claim("odd").unwrap();
    }
    read(&db, &models).await;
    let items = DynSet::new(models.iter().find(|m| m.name == "OrderItem").unwrap()).unrestricted();
    let item = items.all(&*db).await.unwrap().remove(0);
    assert_eq!(item.get("big").unwrap(), &Value::Int(5_000_000_000));
    assert_eq!(item.get("amount").unwrap(), &Value::Float(12.0));
    assert_eq!(item.get("mixed").unwrap(), &Value::Text("seven".into()));
}

#[tokio::test]
async fn odd_tables_come_back_as_far_as_they_can() {
    let db = Engine::Sqlite.open().await;
    db.batch(ODD_SQLITE.to_owned()).await.unwrap();
    let written = inspect(&db, &managed()).await.unwrap();
    if let Some(models) = kept::same("odd_sqlite", &written) {
        // What has no key has no migrations, even if all others have.
        let kept: Vec<&str> = models.iter().filter(|m| !m.options.managed).map(|m| m.name).collect();
        assert_eq!(kept, ["Log", "Stock"]);
        let back = made(Engine::Sqlite, "odd", &models).await;
        let tables = introspect(&back).await;
        assert_eq!(
            tables["Order Items"].named.iter().collect::<Vec<_>>(),
            ["Order Items_check1", "Order Items_check2"]
        );
        assert_eq!(
            tables["people"].indexes["newest"],
            (vec!["name".to_owned(), "an expression".to_owned()], false)
        );
        assert_eq!(tables["passports"].references, introspect_references(&db, "passports").await);
    }
    if engines().contains(&Engine::Postgres) {
        let db = Engine::Postgres.open().await;
        db.batch(ODD_POSTGRES.to_owned()).await.unwrap();
        let options = InspectOptions { views: true, ..managed() };
        let written = inspect(&db, &options).await.unwrap();
        for said in [
            "/// Who works here.",
            "    /// As on the door.\n    /// No titles.\n",
            "Its type is the enum mood: 'good', 'it''s bad'",
            "Its type is the domain zip",
            "Its type is text[], which no field has",
            "Its type is numeric: the digits are a guess",
            "Its type is numeric(40,3): the digits are a guess",
            "Its type is character(3): shorter values have spaces behind",
            "Its type has no time zone: it is read as UTC",
            "Its type is json, not jsonb",
            "Its type is cidr",
            "The database numbers it, but only a key of one whole number called `id` can say so",
            "ON DELETE sets it to its default, which it can't be",
            "A rule lists its values",
            "generated = \"(1 + 1)\"",
            "The index people_words is left out: USING gin ",
            "The index people_pattern is left out: USING btree (name text_pattern_ops)",
            "The index people_nulls is left out: ",
            "It is compared by COLLATE C",
            "It has the constraint `seats_guest_excl`, which no model can say",
            "index(fields(name), include(zip), name = \"people_carrying\")",
            "unique(fields(guest, room), name = \"seats_guest\", deferrable)",
            "It is a view: (n) is taken for its key",
            "A foreign key of several columns, (room, place), leads to seats(room, place)",
            "#[field(min = 0, db_default = \"3\")]",
        ] {
            assert!(written.contains(said), "{said} is not in\n{written}");
        }
        let Some(models) = kept::same("odd_postgres", &written) else { return };
        let managed: Vec<&'static ModelMeta> = models.iter().copied().filter(|m| m.options.managed).collect();
        let back = made(Engine::Postgres, "odd", &managed).await;
        for model in &models {
            model.claim("odd").unwrap();
        }
        read(&db, &models).await;
        assert!(introspect(&back).await["people"].indexes.contains_key("people_carrying"));
    }
}

async fn introspect_references(
    db: &Bed,
    table: &str,
) -> std::collections::BTreeSet<(String, String, String, String)> {
    let sql = format!(
        "SELECT \"from\", \"table\", COALESCE(\"to\", 'id'), on_delete FROM pragma_foreign_key_list('{table}')"
    );
    let part = |value: &Value| value.as_text().unwrap().to_owned();
    rows(db, &sql)
        .await
        .iter()
        .map(|row| (part(&row[0]), part(&row[1]), part(&row[2]), part(&row[3])))
        .collect()
}

#[tokio::test]
async fn tables_are_chosen_by_name() {
    let db = memory().await;
    let sql = "CREATE TABLE shop_order (id INTEGER PRIMARY KEY, user_id BIGINT REFERENCES auth_user, tag_id BIGINT REFERENCES shop_tag); \
               CREATE TABLE shop_tag (id INTEGER PRIMARY KEY); CREATE TABLE auth_user (id INTEGER PRIMARY KEY); \
               CREATE VIEW shop_view AS SELECT 1 AS id; CREATE VIRTUAL TABLE words USING fts5(word)";
    db.batch(sql.to_owned()).await.unwrap();
    let stage = stage(&db, vec![]);
    let structs = |written: &str| -> String {
        let names = written.lines().filter_map(|line| line.strip_prefix("pub struct "));
        names.map(|name| name.split(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
    };
    let run = async |line: &str| stage.run(line).await;
    let all = run("inspectdb").await.unwrap();
    assert_eq!(structs(&all), "AuthUser ShopOrder ShopTag");
    assert_eq!(all.matches("managed = false").count(), 3);
    assert!(all.contains("// Without a model, for they are virtual tables: words."), "{all}");
    assert_eq!(
        structs(&run("inspectdb --include-views").await.unwrap()),
        "AuthUser ShopOrder ShopTag ShopView"
    );
    let some = run("inspectdb --table shop_tag,shop_o* --app shop --managed").await.unwrap();
    assert_eq!(structs(&some), "Order Tag");
    assert!(!some.contains("managed") && some.contains("app!(\"shop\").models((Order, Tag))"), "{some}");
    assert!(some.contains(
        "// It is a foreign key to auth_user, which is not among these models.\n    pub user_id: Option<i64>,"
    ));
    assert!(some.contains("#[model]\n#[derive(Debug, Clone)]\npub struct Tag {"), "{some}");
    assert_eq!(structs(&run("inspectdb --table shop_view").await.unwrap()), "ShopView");
    let error = run("inspectdb --table shop_tags").await.unwrap_err().to_string();
    assert!(error.contains("`shop_tags`") && error.contains("shop_tag`"), "{error}");
    let error = run("inspectdb --app Shop").await.unwrap_err();
    assert_eq!(error.status(), 400, "{error}");
}
