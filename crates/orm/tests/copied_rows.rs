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
    assert_eq!((seen(&db).await.as_str(), Tag.count(&db).await.unwrap()), ("INSERT INSERT COPY COPY", 1200));
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

#[model(app = "bulk", table = "mixed")]
struct Mixed {
    n: i32,
    day: Option<String>,
}

const MIXED: &str = "CREATE TABLE mixed (id :key, n INTEGER NOT NULL, day DATE);";

#[tokio::test]
async fn rows_that_can_not_be_copied_stand_where_they_belong() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(&format!("{MIXED}{SEEN}{}", TRIGGER.replace("cinema_tag", "mixed"))).await;
    let draft = |n: i32| {
        let day = (n == 700 || n == 2500).then(|| "2001-02-03".to_owned());
        create!(Mixed { n, day })
    };
    assert_eq!(Mixed.bulk_insert((0..4000).map(draft), &db).await.unwrap(), 4000);
    let numbers: Vec<i32> = Mixed.order_by(Mixed.id).select(Mixed.n).all(&db).await.unwrap();
    assert!(numbers.iter().copied().eq(0..4000));
    assert_eq!(count(&db, "SELECT count(*) FROM mixed WHERE day = '2001-02-03'").await, 2);
    // The first 500, up to the one, the one with the 499 after it, and so on.
    assert_eq!(seen(&db).await, "COPY COPY INSERT COPY INSERT COPY");
    let wrong = |n: i32| create!(Mixed { n, day: (n == 3999).then(|| "no day".to_owned()) });
    let refused = Mixed.bulk_insert((0..4000).map(wrong), &db).await.unwrap_err();
    assert!(format!("{refused:?}").contains("no day"), "{refused:?}");
    assert_eq!(Mixed.count(&db).await.unwrap(), 4000);
}

#[tokio::test]
async fn nothing_of_the_transaction_comes_in_between() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(MIXED).await;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let draft = |n: i32| {
        asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        create!(Mixed { n })
    };
    let inserted = db
        .atomic(async |tx| {
            let change = async {
                while asked.load(std::sync::atomic::Ordering::SeqCst) < 2000 {
                    tokio::task::yield_now().await;
                }
                tx.batch("ALTER TABLE mixed ALTER n TYPE REAL".to_owned()).await
            };
            // The rest of the rows, written for integers, would be read as other numbers.
            let (inserted, changed) = tokio::join!(Mixed.bulk_insert((0..300_000).map(draft), tx), change);
            changed.and(inserted)
        })
        .await;
    assert_eq!(inserted.unwrap(), 300_000);
    let right = "SELECT count(*) FROM (SELECT DISTINCT n FROM mixed WHERE n BETWEEN 0 AND 299999) AS numbers";
    assert_eq!(count(&db, right).await, 300_000);
}
