//! `bulk_insert` copies rows on PostgreSQL only where that does what an insert does; elsewhere it inserts them.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{Draft, Executor, Stmt, prelude::*};

/// Which statements the server ran to fill a table, as its trigger saw them.
const SEEN: &str = r#"
CREATE TABLE seen (way TEXT NOT NULL);
CREATE FUNCTION see() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN INSERT INTO seen VALUES (split_part(current_query(), ' ', 1)); RETURN NULL; END $$;
"#;

const TRIGGER: &str =
    "CREATE TRIGGER see AFTER INSERT ON cinema_tag FOR EACH STATEMENT EXECUTE FUNCTION see();";

const TAGS: &str = "CREATE TABLE cinema_tag (id :key, name TEXT NOT NULL UNIQUE);";

fn tags(count: usize) -> impl Iterator<Item = Draft<Tag>> {
    (0..count).map(|n| create!(Tag { name: format!("{n:05}") }))
}

/// What was seen since the last time.
async fn seen(db: &dyn Executor) -> String {
    let sql =
        "WITH gone AS (DELETE FROM seen RETURNING way) SELECT coalesce(string_agg(way, ' '), '') FROM gone";
    db.rows(Stmt::write(sql, vec![])).await.unwrap()[0][0].as_text().unwrap().to_owned()
}

async fn count(db: &dyn Executor, sql: &str) -> i64 {
    db.rows(Stmt::read(sql, vec![])).await.unwrap()[0][0].as_int().unwrap()
}

#[tokio::test]
async fn a_policy_decides_row_by_row_for_whom_it_applies_to() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(&format!("{TAGS}{SEEN}{TRIGGER}")).await;
    let schema =
        (&db as &dyn Executor).rows(Stmt::read("SELECT current_schema()::text", vec![])).await.unwrap();
    let guest = format!("{}_guest", schema[0][0].as_text().unwrap());
    db.batch(format!(
        "DROP ROLE IF EXISTS {guest}; CREATE ROLE {guest}; GRANT USAGE ON SCHEMA {} TO {guest};
         GRANT SELECT, INSERT ON cinema_tag TO {guest};
         ALTER TABLE cinema_tag ENABLE ROW LEVEL SECURITY;
         CREATE POLICY most ON cinema_tag USING (true) WITH CHECK (name <> '00900')",
        schema[0][0].as_text().unwrap(),
    ))
    .await
    .unwrap();
    let as_guest = async |rows: usize| {
        db.atomic(async |tx| {
            tx.batch(format!("SET LOCAL ROLE {guest}")).await?;
            let written = Tag.bulk_insert(tags(rows), tx).await;
            tx.batch("RESET ROLE".to_owned()).await?;
            written
        })
        .await
    };
    assert_eq!(as_guest(800).await.unwrap(), 800);
    assert_eq!((seen(&db).await.as_str(), Tag.count(&db).await.unwrap()), ("INSERT INSERT", 800));
    let refused = db
        .atomic(async |tx| {
            tx.batch(format!("DELETE FROM cinema_tag; SET LOCAL ROLE {guest}")).await?;
            let part = tx.atomic(async |part| Tag.bulk_insert(tags(1200), part).await).await;
            // All of it is refused, and the transaction goes on.
            assert_eq!(Tag.count(tx).await?, 0);
            assert_eq!(Tag.bulk_insert(tags(600), tx).await?, 600);
            part
        })
        .await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("row-level security policy"));
    assert_eq!(Tag.count(&db).await.unwrap(), 800);
    seen(&db).await;
    // Whoever it does not apply to copies, also in the transaction in which somebody else could not.
    db.atomic(async |tx| {
        tx.batch("DELETE FROM cinema_tag".to_owned()).await?;
        tx.batch(format!("SET LOCAL ROLE {guest}")).await?;
        Tag.bulk_insert(tags(501), tx).await?;
        tx.batch("RESET ROLE; DELETE FROM cinema_tag".to_owned()).await?;
        Tag.bulk_insert(tags(1200), tx).await
    })
    .await
    .unwrap();
    assert_eq!(
        (seen(&db).await.as_str(), Tag.count(&db).await.unwrap()),
        ("INSERT INSERT COPY COPY COPY", 1200)
    );
    db.batch(format!("DROP OWNED BY {guest}; DROP ROLE {guest}")).await.unwrap();
}

#[tokio::test]
async fn views_and_rules_are_asked_as_an_insert_asks_them() {
    let Some(on) = On::postgres().await else { return };
    let db = on
        .with(
            "CREATE TABLE base (id :key, name TEXT NOT NULL, by TEXT NOT NULL DEFAULT 'view');
             CREATE VIEW cinema_tag AS SELECT id, name FROM base WHERE name < '01000' WITH CHECK OPTION",
        )
        .await;
    assert_eq!(Tag.bulk_insert(tags(1000), &db).await.unwrap(), 1000);
    assert_eq!(count(&db, "SELECT count(*) FROM base WHERE by = 'view'").await, 1000);
    let outside = Tag.bulk_insert(tags(1001), &db).await.unwrap_err();
    assert!(format!("{outside:?}").contains("check option"), "{outside:?}");
    assert_eq!(Tag.count(&db).await.unwrap(), 1000);

    db.batch(typed(
        db.dialect(),
        &format!(
            "DROP VIEW cinema_tag; DELETE FROM base; {TAGS}
             CREATE RULE also AS ON INSERT TO cinema_tag DO ALSO INSERT INTO base (name, by) VALUES (NEW.name, 'rule')"
        ),
    ))
    .await
    .unwrap();
    assert_eq!(Tag.bulk_insert(tags(700), &db).await.unwrap(), 700);
    assert_eq!(Tag.count(&db).await.unwrap(), 700);
    assert_eq!(count(&db, "SELECT count(*) FROM base WHERE by = 'rule'").await, 700);
}

#[tokio::test]
async fn keys_that_only_the_server_gives_stay_its_own() {
    let Some(on) = On::postgres().await else { return };
    let own =
        "CREATE TABLE cinema_tag (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL);";
    let db = on.with(&format!("{own}{SEEN}{TRIGGER}")).await;
    assert_eq!(Tag.bulk_insert(tags(700), &db).await.unwrap(), 700);
    assert_eq!(seen(&db).await, "COPY COPY");
    let given = |n: i64| create!(Tag { name: n.to_string() }).with(Tag.id.set(n + 5000));
    let refused = Tag.bulk_insert((0..700).map(given), &db).await.unwrap_err();
    assert!(format!("{refused:?}").contains("GENERATED ALWAYS"), "{refused:?}");
    db.batch("ALTER TABLE cinema_tag ALTER id SET GENERATED BY DEFAULT".to_owned()).await.unwrap();
    assert_eq!(Tag.bulk_insert((0..700).map(given), &db).await.unwrap(), 700);
    assert_eq!(seen(&db).await, "COPY COPY");
    assert_eq!(count(&db, "SELECT max(id) FROM cinema_tag").await, 5699);
}

#[tokio::test]
async fn partitions_get_their_rows() {
    let Some(on) = On::postgres().await else { return };
    let parts = "CREATE TABLE cinema_tag (id BIGINT GENERATED BY DEFAULT AS IDENTITY, name TEXT NOT NULL)
            PARTITION BY RANGE (name);
        CREATE TABLE early PARTITION OF cinema_tag FOR VALUES FROM ('0') TO ('005');
        CREATE TABLE late PARTITION OF cinema_tag FOR VALUES FROM ('005') TO ('9');";
    let db = on.with(&format!("{parts}{SEEN}{TRIGGER}")).await;
    assert_eq!(Tag.bulk_insert(tags(700), &db).await.unwrap(), 700);
    assert_eq!(seen(&db).await, "COPY COPY");
    assert_eq!(count(&db, "SELECT count(*) FROM late").await, 200);
}

#[tokio::test]
async fn what_has_to_be_read_as_text_is_inserted() {
    let Some(on) = On::postgres().await else { return };
    let db =
        on.with(&format!("CREATE TABLE cinema_tag (id :key, name DATE NOT NULL); {SEEN}{TRIGGER}")).await;
    let day = |n: usize| create!(Tag { name: format!("2001-02-{:02}", n % 28 + 1) });
    assert_eq!(Tag.bulk_insert((0..1100).map(day), &db).await.unwrap(), 1100);
    assert_eq!(seen(&db).await, "INSERT INSERT INSERT");
    assert_eq!(count(&db, "SELECT count(*) FROM cinema_tag WHERE name = '2001-02-28'").await, 39);
}
