//! Models whose key has several columns: read, written, related and asked by name, with the SQL that is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::{Arc, Mutex};

use common::*;
use quintet_core::{
    ErrorKind, Services, Site,
    signal::{Listen, Signals},
};
use quintet_orm::{
    change::Notice,
    dialect::{POSTGRES, SQLITE},
    dynamic::DynSet,
    prelude::*,
};

scenarios!(
    rows_are_found_by_their_key,
    many_keys_are_one_condition,
    rows_are_written_by_their_key,
    new_rows_meet_old_ones_by_key,
    parts_and_pages_of_rows_go_by_all_columns,
    relations_start_and_end_at_rows_with_such_keys,
    keys_are_texts_by_name,
    keys_of_texts_and_dates,
    rows_that_go_along_are_told_in_parts,
    changes_and_events_have_the_whole_key,
);

const SALES: &str = r#"
CREATE TABLE sales_customer (id :key, name TEXT NOT NULL);
CREATE TABLE sales_order (id :key, customer_id :ref NOT NULL REFERENCES sales_customer (id));
CREATE TABLE sales_tag (id :key, name TEXT NOT NULL);
CREATE TABLE sales_line (order_id :ref NOT NULL REFERENCES sales_order (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, title TEXT NOT NULL, pieces INTEGER NOT NULL, price :money NOT NULL,
    gift_of_id :ref REFERENCES sales_customer (id), PRIMARY KEY (order_id, number));
CREATE TABLE sales_price (code TEXT NOT NULL, day :date NOT NULL, zone TEXT NOT NULL, cents INTEGER NOT NULL,
    PRIMARY KEY (code, day, zone));
"#;

#[model(app = "sales")]
#[derive(Debug, Clone)]
struct Customer {
    name: String,
    #[field(via = gift_of)]
    gifts: HasMany<Line>,
}

#[model(app = "sales")]
#[derive(Debug, Clone)]
struct Order {
    customer: ForeignKey<Customer>,
    #[field(via = order)]
    lines: HasMany<Line>,
}

#[model(app = "sales")]
#[derive(Debug, Clone, PartialEq)]
struct Line {
    #[field(primary_key)]
    order: ForeignKey<Order>,
    #[field(primary_key)]
    number: i32,
    title: String,
    #[field(default = 1)]
    pieces: i32,
    #[field(max_digits = 6, decimal_places = 2, default = 0)]
    price: Decimal,
    #[field(on_delete = set_null)]
    gift_of: Option<ForeignKey<Customer>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choices)]
enum Zone {
    Home,
    World,
}

#[model(app = "sales")]
#[derive(Debug, Clone)]
struct Price {
    #[field(primary_key)]
    code: String,
    #[field(primary_key)]
    day: Date,
    #[field(primary_key)]
    zone: Zone,
    cents: i32,
}

async fn filled(on: &On) -> (Db, Vec<Order>) {
    let db = on.with(SALES).await;
    let ann = create!(Customer { name: "Ann" }).insert(&db).await.unwrap();
    let bob = create!(Customer { name: "Bob" }).insert(&db).await.unwrap();
    let mut orders = Vec::new();
    for customer in [&ann, &bob, &ann] {
        orders.push(create!(Order { customer }).insert(&db).await.unwrap());
    }
    for (order, number, title) in [(0, 2, "Tea"), (0, 1, "Cup"), (1, 1, "Pot"), (2, 1, "Jar")] {
        create!(Line { order: &orders[order], number, title }).insert(&db).await.unwrap();
    }
    (db, orders)
}

fn titles(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.title.as_str()).collect()
}

async fn rows_are_found_by_their_key(on: &On) {
    let (db, orders) = filled(on).await;
    let log = db.record();
    let line = Line.get((orders[0].id, 2), &db).await.unwrap();
    assert_eq!((line.title.as_str(), line.pk()), ("Tea", (orders[0].id, 2)));
    assert_eq!(
        marked(&log.queries()[0].sql),
        r#"SELECT "order_id", "number", "title", "pieces", "price", "gift_of_id" FROM "sales_line" WHERE "order_id" = ?1 AND "number" = ?2"#
    );
    // The object stands for its part, a row for itself.
    assert_eq!(Line.get((&orders[1], 1), &db).await.unwrap().title, "Pot");
    assert_eq!(line.refresh(&db).await.unwrap(), line);
    let error = Line.get((&orders[1], 2), &db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.to_string()), (404, "Line (2, 2) not found".to_owned()));
    assert!(Line.filter(Line.order.eq(&orders[0]) & Line.number.eq(2)).exists(&db).await.unwrap());
    // Without an order, the key decides: all of it.
    assert_eq!(Line.first(&db).await.unwrap().unwrap().title, "Cup");
    assert_eq!(Line.last(&db).await.unwrap().unwrap().title, "Jar");
    assert!(log.queries().last().unwrap().sql.contains(r#"ORDER BY "order_id" DESC, "number" DESC"#));
    assert_eq!(titles(&Line.query().reverse().all(&db).await.unwrap()), ["Jar", "Pot", "Tea", "Cup"]);
}

async fn many_keys_are_one_condition(on: &On) {
    let (db, orders) = filled(on).await;
    let log = db.record();
    let (first, second) = (orders[0].id, orders[1].id);
    let found = Line.in_bulk([(first, 1), (second, 1), (second, 9)], &db).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[&(second, 1)].title, "Pot");
    let sql = marked(&log.queries()[0].sql);
    let first_row = match db.dialect().typed_values {
        true => "(CAST(?1 AS BIGINT), CAST(?2 AS INTEGER))",
        false => "(?1, ?2)",
    };
    let list = format!(r#"WHERE ("order_id", "number") IN (VALUES {first_row}, (?3, ?4), (?5, ?6))"#);
    assert!(sql.ends_with(&list), "{sql}");
    let one = Line.in_bulk([(first, 2)], &db).await.unwrap();
    assert_eq!(one.into_values().next().unwrap().title, "Tea");
    assert!(Line.in_bulk(Vec::<(i64, i32)>::new(), &db).await.unwrap().is_empty());
    // More keys than one statement takes.
    let many = (0..40_000).map(|number| (first, number));
    assert_eq!(Line.in_bulk(many, &db).await.unwrap().len(), 2);
}

async fn rows_are_written_by_their_key(on: &On) {
    let (db, orders) = filled(on).await;
    let log = db.record();
    let mut line = Line.get((&orders[0], 1), &db).await.unwrap().edit();
    line.title = "Mug".into();
    line.price = dec("2.50");
    let line = line.save(&db).await.unwrap();
    assert_eq!(
        marked(&log.queries()[1].sql),
        r#"UPDATE "sales_line" SET "title" = ?1, "price" = ?2 WHERE "order_id" = ?3 AND "number" = ?4"#
    );
    line.update(Line.pieces.set(Line.pieces + 4)).exec(&db).await.unwrap();
    assert_eq!(line.refresh(&db).await.unwrap().pieces, 5);
    // A part of the key changes: the row is still found by what it was.
    let mut moved = line.edit();
    moved.number = 7;
    let moved = moved.save(&db).await.unwrap();
    assert_eq!(Line.get((&orders[0], 7), &db).await.unwrap().price, dec("2.50"));
    // All or none of several.
    let mut lines = Line.filter(Line.order.eq(&orders[0])).all(&db).await.unwrap();
    for line in &mut lines {
        line.title = format!("{}!", line.title);
        line.price = dec("1.25");
    }
    assert_eq!(Line.bulk_update(&lines, (Line.title, Line.price), &db).await.unwrap(), 2);
    let sql = marked(&log.queries().last().unwrap().sql);
    assert!(
        sql.contains(r#""title" = v.column3, "price" = v.column4"#)
            && sql.ends_with(
                r#"WHERE "sales_line"."order_id" = v.column1 AND "sales_line"."number" = v.column2"#
            ),
        "{sql}"
    );
    assert_eq!(titles(&Line.order_by(Line.title).all(&db).await.unwrap()), ["Jar", "Mug!", "Pot", "Tea!"]);
    assert_eq!(moved.refresh(&db).await.unwrap().price, dec("1.25"));
    assert_eq!(moved.delete(&db).await.unwrap(), 1);
    assert_eq!(
        marked(&log.queries().last().unwrap().sql),
        r#"DELETE FROM "sales_line" WHERE "order_id" = ?1 AND "number" = ?2"#
    );
    assert_eq!(moved.delete(&db).await.unwrap(), 0);
    assert_eq!(Line.count(&db).await.unwrap(), 3);
    assert_eq!(moved.refresh(&db).await.unwrap_err().status(), 404);
}

async fn new_rows_meet_old_ones_by_key(on: &On) {
    let (db, orders) = filled(on).await;
    let key = (Line.order, Line.number);
    let draft = |title: &str| create!(Line { order: &orders[0], number: 1, title });
    let error = draft("Again").insert(&db).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Conflict { constraint } if constraint == "order, number"),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "there is already a line with this order and number");
    let (same, created) = draft("Again").or_get(key, &db).await.unwrap();
    assert_eq!((same.title.as_str(), created), ("Cup", false));
    let new = create!(Line { order: &orders[1], number: 5, title: "New" });
    assert!(new.or_get(key, &db).await.unwrap().1);
    let updated = draft("Saucer").or_update(key, Line.title, &db).await.unwrap();
    assert_eq!((updated.title.as_str(), updated.number), ("Saucer", 1));
    let drafts = (2..5).map(|number| create!(Line { order: &orders[2], number, title: "Lid" }));
    let all = Line.bulk_create(drafts, &db).await.unwrap();
    assert_eq!(all.iter().map(Line::pk_of).collect::<Vec<_>>(), [2, 3, 4]);
    // A part is required, and never numbered by the database.
    let error = draft("x").with(Line.order.set(99)).insert(&db).await.unwrap_err();
    assert!(error.to_string().contains("Line.order"), "{error}");
}

impl Line {
    fn pk_of(&self) -> i32 {
        self.pk().1
    }
}

async fn parts_and_pages_of_rows_go_by_all_columns(on: &On) {
    let (db, orders) = filled(on).await;
    let log = db.record();
    let page = Line.query().page(2, 2, &db).await.unwrap();
    assert_eq!((titles(&page.items), page.total), (vec!["Pot", "Jar"], 4));
    // Over a part of the rows, and changes of a part of them: those with its keys.
    let sum =
        Line.order_by((Line.order, Line.number)).limit(3).aggregate(Line.number.sum(), &db).await.unwrap();
    assert_eq!(sum, Some(4));
    assert!(log.queries().last().unwrap().sql.contains(r#"(t0."order_id", t0."number") IN (SELECT "#));
    let changed = Line
        .filter(Line.order.customer.name.eq("Ann"))
        .update(Line.title.set(Line.order.customer.name))
        .exec(&db)
        .await
        .unwrap();
    assert_eq!(changed, 3);
    let sql = marked(&log.queries().last().unwrap().sql);
    assert!(
        sql.contains(r#""order_id" = t0."order_id" AND t1."number" = t0."number")"#)
            || sql.contains(r#"."number" = "#),
        "{sql}"
    );
    assert_eq!(titles(&Line.order_by(Line.title).all(&db).await.unwrap()), ["Ann", "Ann", "Ann", "Pot"]);
    let gone = Line.order_by((Line.order, Line.number)).limit(1).delete(&db).await.unwrap();
    assert_eq!(gone, 1);
    assert_eq!(Line.first(&db).await.unwrap().unwrap().pk(), (orders[0].id, 2));
}

async fn relations_start_and_end_at_rows_with_such_keys(on: &On) {
    let (db, orders) = filled(on).await;
    let ann = Customer.filter(Customer.name.eq("Ann")).one(&db).await.unwrap();
    // The rows of an owner, loaded, counted, tested.
    let all =
        Order.order_by(Order.id).prefetch_related(Order.lines.order_by(Line.number)).all(&db).await.unwrap();
    let numbers: Vec<Vec<&str>> = all.iter().map(|order| titles(order.lines.get().unwrap())).collect();
    assert_eq!(numbers, [vec!["Cup", "Tea"], vec!["Pot"], vec!["Jar"]]);
    assert_eq!(Order.filter(Order.lines.count().gt(1)).count(&db).await.unwrap(), 1);
    let tea = Line.get((&orders[0], 2), &db).await.unwrap();
    let of_tea = Order.filter(Order.lines.contains(&tea)).one(&db).await.unwrap();
    assert_eq!(of_tea.id, orders[0].id);
    assert_eq!(Line.order.reverse().load(&orders, &db).await.unwrap()[&orders[0].id].len(), 2);
    // A row's own keys lead on.
    let line = Line.select_related(Line.order.customer).get((&orders[1], 1), &db).await.unwrap();
    assert_eq!(line.order.get().unwrap().customer.get().unwrap().name, "Bob");
    let lines =
        Line.order_by((Line.order, Line.number)).prefetch_related(Line.order.lines).all(&db).await.unwrap();
    assert_eq!(lines[0].order.get().unwrap().lines.get().unwrap().len(), 2);
    assert_eq!(line.order.fetch(&db).await.unwrap().id, orders[1].id);
    // Their key, which is no part of theirs, is moved by key.
    ann.related(Customer.gifts).add([&tea, &line], &db).await.unwrap();
    assert_eq!(ann.related(Customer.gifts).count(&db).await.unwrap(), 2);
    ann.related(Customer.gifts).set([&tea], &db).await.unwrap();
    assert_eq!(titles(&ann.related(Customer.gifts).all(&db).await.unwrap()), ["Tea"]);
    ann.related(Customer.gifts).remove([(orders[0].id, 2)], &db).await.unwrap();
    assert_eq!(ann.related(Customer.gifts).count(&db).await.unwrap(), 0);
}

async fn keys_are_texts_by_name(on: &On) {
    let (db, orders) = filled(on).await;
    let key = format!("{}~2", orders[0].id);
    let lines = || DynSet::new(Line.meta()).writable(["order", "number", "title"]).unwrap();
    let line = lines().get(&key, &db).await.unwrap();
    assert_eq!(line.get("title"), Some(&Value::from("Tea")));
    assert_eq!((line.key_text().unwrap(), line.key()), (key.clone(), (orders[0].id, 2).into_key()));
    assert_eq!(lines().get(line.key(), &db).await.unwrap(), line);
    assert_eq!(Line.meta().parse_key(&key).unwrap(), line.key());
    assert_eq!(Line.meta().key_text(&(7, 8).into_key()).unwrap(), "7~8");
    for wrong in ["", "1", "1~2~3", "a~b", "~"] {
        assert_eq!(lines().get(wrong, &db).await.unwrap_err().status(), 404, "{wrong}");
    }
    let order = orders[1].id.to_string();
    let new =
        lines().insert([("order", order.as_str()), ("number", "3"), ("title", "Can")], &db).await.unwrap();
    assert_eq!(new.key_text().unwrap(), format!("{order}~3"));
    let new = lines().update(&new.key_text().unwrap(), [("title", "Box")], &db).await.unwrap();
    assert_eq!(new.get("title"), Some(&Value::from("Box")));
    lines().delete(new.key(), &db).await.unwrap();
    assert_eq!(lines().delete(new.key(), &db).await.unwrap_err().status(), 404);
    // Pages go by the whole key.
    let log = db.record();
    let page = lines().page(2, 1).all(&db).await.unwrap();
    assert_eq!(
        page.iter().map(|row| row.key_text().unwrap()).collect::<Vec<_>>(),
        [key, format!("{order}~1")]
    );
    assert!(log.queries()[0].sql.contains(r#"ORDER BY "order_id", "number" LIMIT"#));
    // A large table goes by in parts, each after the last key of the one before.
    let all = lines().all(&db).await.unwrap().len();
    let (mut last, mut seen) = (None, Vec::new());
    loop {
        let part = lines().after(last.as_ref(), 3, &db).await.unwrap();
        let Some(end) = part.last() else { break };
        last = Some(end.key());
        seen.extend(part.iter().map(|row| row.key_text().unwrap()));
    }
    assert_eq!(
        (seen.len(), seen.iter().collect::<std::collections::HashSet<_>>().len()),
        (all, all),
        "{seen:?}"
    );
    let one = lines().unrestricted().only(&page[0]).unwrap();
    assert_eq!(one.update_all([("title", "Only".into())], &db).await.unwrap(), 1);
    assert!(
        lines()
            .after(Some(&Value::Int(1)), 3, &db)
            .await
            .unwrap_err()
            .to_string()
            .contains("a key of 2 parts")
    );
    // The rows of an owner can be there or not; which one it is, its columns say.
    let orders = || DynSet::new(Order.meta()).allow(["lines", "lines__number"]).unwrap();
    assert_eq!(orders().filter("lines__isnull", "false").unwrap().count(&db).await.unwrap(), 3);
    assert_eq!(orders().filter("lines__number", "2").unwrap().count(&db).await.unwrap(), 1);
    let error = orders().filter("lines", "2").unwrap_err();
    assert_eq!(error.status(), 400);
    assert!(
        error.to_string().ends_with("the key of a line has several columns, name one of them: order, number"),
        "{error}"
    );
}

/// As a value.
trait IntoKey {
    fn into_key(self) -> Value;
}

impl IntoKey for (i64, i64) {
    fn into_key(self) -> Value {
        Value::List(vec![Value::Int(self.0), Value::Int(self.1)])
    }
}

async fn keys_of_texts_and_dates(on: &On) {
    let db = on.with(SALES).await;
    let day = date("2024-02-29");
    for (code, zone, cents) in [("a/b", Zone::Home, 1), ("a/b", Zone::World, 2), ("", Zone::Home, 3)] {
        create!(Price { code, day, zone, cents }).insert(&db).await.unwrap();
    }
    assert_eq!(Price.get(("a/b", day, Zone::World), &db).await.unwrap().cents, 2);
    let found = Price.in_bulk([("a/b", day, Zone::Home), ("", day, Zone::Home)], &db).await.unwrap();
    assert_eq!(found[&(String::new(), day, Zone::Home)].cents, 3);
    let row = DynSet::new(Price.meta()).get("a_2Fb~2024-02-29~world", &db).await.unwrap();
    assert_eq!(row.get("cents"), Some(&Value::Int(2)));
    assert_eq!(row.key_text().unwrap(), "a_2Fb~2024-02-29~world");
    let mut rows = Price.order_by(Price.cents).all(&db).await.unwrap();
    rows.iter_mut().for_each(|row| row.cents *= 10);
    assert_eq!(Price.bulk_update(&rows, Price.cents, &db).await.unwrap(), 3);
    assert_eq!(Price.order_by(Price.cents).select(Price.cents).all(&db).await.unwrap(), [10, 20, 30]);
}

fn listening(db: &Db, receivers: impl FnOnce(Site) -> Site) -> Services {
    db.know([Customer.meta(), Order.meta(), Line.meta()]);
    let services = Services::builder().build();
    db.listen(Signals::of(&receivers(Site::new())), &services);
    services
}

async fn rows_that_go_along_are_told_in_parts(on: &On) {
    let (db, orders) = filled(on).await;
    let drafts = (10..1210).map(|number| create!(Line { order: &orders[0], number, title: "Nail" }));
    Line.bulk_create(drafts, &db).await.unwrap();
    let gone = Arc::new(Mutex::new(Vec::new()));
    let told = gone.clone();
    let _services = listening(&db, |site| {
        site.on(move |_: Services, line: Arc<Deleting<Line>>| {
            told.lock().unwrap().push(line.pk());
            async { Ok(()) }
        })
    });
    orders[0].delete(&db).await.unwrap();
    let gone: Vec<(i64, i32)> = std::mem::take(&mut *gone.lock().unwrap());
    let different: std::collections::HashSet<_> = gone.iter().collect();
    assert_eq!((gone.len(), different.len(), Line.count(&db).await.unwrap()), (1202, 1202, 2));
}

async fn changes_and_events_have_the_whole_key(on: &On) {
    let (db, orders) = filled(on).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let saving = told.clone();
    let _services = listening(&db, |site| {
        site.on(move |_: Services, line: Arc<Saving<Line>>| {
            saving.lock().unwrap().push(line.pk().unwrap());
            async { Ok(()) }
        })
    });
    let mut changes = db.changes();
    let mut next = || match changes.try_next() {
        Some(Notice::Changes(batch)) => batch.changes()[0].keys.known().unwrap().to_vec(),
        other => panic!("{other:?}"),
    };
    let line = create!(Line { order: &orders[1], number: 4, title: "Lid" }).insert(&db).await.unwrap();
    let key = (orders[1].id, 4).into_key();
    assert_eq!(next(), std::slice::from_ref(&key));
    let mut line = line.edit();
    line.title = "Cap".into();
    let line = line.save(&db).await.unwrap();
    assert_eq!(next(), std::slice::from_ref(&key));
    assert_eq!(*told.lock().unwrap(), [None, Some((orders[1].id, 4))]);
    // A copy: what is not given is the old row's.
    let copy = create!(Line { number: 5, ..&line }).insert(&db).await.unwrap();
    assert_eq!((copy.pk(), copy.title.as_str()), ((orders[1].id, 5), "Cap"));
    assert_eq!(next(), [(orders[1].id, 5).into_key()]);
    line.delete(&db).await.unwrap();
    assert_eq!(next(), [key]);
}

#[test]
fn metadata_has_all_parts() {
    let meta = Line.meta();
    assert_eq!((meta.primary_key, meta.key()), (&[0u16, 1][..], None));
    assert!(meta.key_fields().all(|field| field.primary_key && !field.auto));
    assert!(meta.field("id").is_none());
    assert!(
        meta.fields
            .iter()
            .filter(|field| field.name != "order" && field.name != "number")
            .all(|f| !f.primary_key)
    );
    let in_bulk = Line.filter(Line.order.is_in([1, 2]));
    for dialect in [&SQLITE, &POSTGRES] {
        assert!(in_bulk.to_sql(dialect).is_ok());
    }
}
