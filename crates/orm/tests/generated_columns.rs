//! `#[field(generated = "SQL")]`: columns that the database computes are never written, and read like any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(missing_docs, reason = "models of the test")]
mod common;

use std::sync::Arc;

use common::{On, dec, marked, said, scenarios};
use quintet_core::{
    App, ErrorKind, Services, Site, Value,
    signal::{Listen, Signals},
};
use quintet_orm::{dynamic::DynSet, prelude::*};

scenarios!(
    new_rows_come_back_with_them,
    changes_come_back_with_them,
    nobody_writes_them,
    they_are_asked_for_like_others,
    receivers_see_them,
);

const TABLES: &str = r#"
CREATE TABLE shop_line (id :key, name TEXT NOT NULL, price :money NOT NULL, amount INTEGER NOT NULL,
    total :money NOT NULL GENERATED ALWAYS AS (price * amount) STORED,
    slug TEXT GENERATED ALWAYS AS (lower(name)) STORED UNIQUE);
"#;

#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Line {
    #[field(max_length = 40)]
    pub name: String,
    #[field(max_digits = 8, decimal_places = 2)]
    pub price: Decimal,
    #[field(default = 1)]
    pub amount: i32,
    #[field(generated = "price * amount", max_digits = 8, decimal_places = 2)]
    pub total: Decimal,
    #[field(generated = "lower(name)", unique)]
    pub slug: Option<String>,
}

async fn pen(db: &Db) -> Line {
    create!(Line { name: "Pen", price: dec("1.25"), amount: 4 }).insert(db).await.unwrap()
}

async fn new_rows_come_back_with_them(on: &On) {
    let db = on.with(TABLES).await;
    let log = db.record();
    let pen = pen(&db).await;
    assert_eq!((pen.total, pen.slug.as_deref()), (dec("5.00"), Some("pen")));
    let sql = marked(&log.queries()[0].sql);
    assert!(sql.starts_with(r#"INSERT INTO "shop_line" ("name", "price", "amount") VALUES"#), "{sql}");
    let new = |name: &str| create!(Line { name, price: 2 });
    let two = Line.bulk_create([new("Ink"), new("Cap")], &db).await.unwrap();
    assert_eq!((two[1].total, two[1].slug.as_deref()), (dec("2"), Some("cap")));
    assert_eq!(Line.bulk_insert([new("Nib")], &db).await.unwrap(), 1);
    assert_eq!(Line.filter(Line.slug.eq("nib")).one(&db).await.unwrap().total, dec("2"));
    // A copy is computed anew.
    let copy = create!(Line { name: "Pen, again", ..&pen }).insert(&db).await.unwrap();
    assert_eq!((copy.amount, copy.slug.as_deref()), (4, Some("pen, again")));
    // By name, and over one that is there.
    let set = || DynSet::new(Line.meta()).writable(["name", "price"]).unwrap();
    let row = set().insert([("name", "Box"), ("price", "3")], &db).await.unwrap();
    assert_eq!(row.get("total"), Some(&Value::Decimal(dec("3.00"))));
    assert!(Line.meta().fields.iter().filter(|field| field.is_generated()).all(|field| !field.editable));
}

async fn changes_come_back_with_them(on: &On) {
    let db = on.with(TABLES).await;
    let pen = pen(&db).await;
    let mut edit = pen.clone().edit();
    edit.amount = 10;
    let log = db.record();
    let pen = edit.save(&db).await.unwrap();
    assert_eq!((pen.total, log.count()), (dec("12.50"), 1));
    let sql = marked(&log.queries()[0].sql);
    assert!(sql.starts_with(r#"UPDATE "shop_line" SET "amount" = ?1 WHERE "id" = ?2 RETURNING"#), "{sql}");
    let all = Line.query().update(Line.name.set("Quill")).returning(&db).await.unwrap();
    assert_eq!(all[0].slug.as_deref(), Some("quill"));
    let row = DynSet::new(Line.meta())
        .writable(["amount"])
        .unwrap()
        .update("1", [("amount", "2")], &db)
        .await
        .unwrap();
    assert_eq!(row.get("total"), Some(&Value::Decimal(dec("2.50"))));
    let mut rows = Line.all(&db).await.unwrap();
    rows[0].price = dec("3");
    assert_eq!(Line.bulk_update(&rows, Line.price, &db).await.unwrap(), 1);
    assert_eq!(pen.refresh(&db).await.unwrap().total, dec("6"));
}

/// What is told of a field.
fn codes(error: &Error, field: &str) -> Vec<String> {
    let errors = error.field_errors().unwrap_or_else(|| panic!("{error:?}"));
    errors.codes(field).map(str::to_owned).collect()
}

async fn nobody_writes_them(on: &On) {
    let db = on.with(TABLES).await;
    let pen = pen(&db).await;
    let log = db.record();
    let mut errors = Vec::new();
    let new = || create!(Line { name: "Ink", price: 2 });
    errors.push(new().with(Line.total.set(3)).insert(&db).await.unwrap_err());
    errors.push(new().with(Line.total.set(Line.total)).validate().unwrap_err());
    errors.push(Line.bulk_create([new().with(Line.total.set(3))], &db).await.unwrap_err());
    errors.push(new().or_update(Line.id, Line.total, &db).await.unwrap_err());
    errors.push(Line.bulk_upsert([new()], Line.id, Line.total, &db).await.unwrap_err());
    errors.push(Line.query().update(Line.total.set(3)).exec(&db).await.unwrap_err());
    errors.push(Line.query().update(Line.total.set(Line.price)).exec(&db).await.unwrap_err());
    errors.push(pen.update(Line.total.set(3)).exec(&db).await.unwrap_err());
    errors.push(Line.bulk_update(std::slice::from_ref(&pen), Line.total, &db).await.unwrap_err());
    let mut edit = pen.clone().edit();
    edit.total = dec("3");
    errors.push(edit.save(&db).await.unwrap_err());
    for error in &errors {
        assert_eq!(
            (codes(error, "total"), error.status().as_u16()),
            (vec!["computed".to_owned()], 422),
            "{error}"
        );
    }
    assert_eq!(log.count(), 0, "{:?}", log.queries());
    let by_name = DynSet::new(Line.meta()).writable(["total"]).unwrap_err().to_string();
    assert!(by_name.contains("Line.total is computed by the database"), "{by_name}");
    let mut row = pen.clone();
    assert!(row.set_field("total", 3).is_err());
    // What it will be is told by the database alone; a conflict names it.
    let same = create!(Line { name: "PEN", price: 1 });
    same.full_clean(&db).await.unwrap();
    let error = same.insert(&db).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conflict { .. }), "{error:?}");
    assert_eq!(codes(&error, "slug"), ["unique"]);
    let mut edit = pen.edit();
    edit.amount = 7;
    edit.full_clean(&db).await.unwrap();
}

async fn they_are_asked_for_like_others(on: &On) {
    let db = on.with(TABLES).await;
    pen(&db).await;
    create!(Line { name: "Ink", price: 2 }).insert(&db).await.unwrap();
    let dear = Line.filter(Line.total.gt(dec("4"))).order_by(Line.total.desc()).all(&db).await.unwrap();
    assert_eq!((dear.len(), dear[0].name.as_str()), (1, "Pen"));
    assert_eq!(Line.aggregate(Line.total.sum(), &db).await.unwrap(), Some(dec("7.00")));
    let json = serde_json::to_value(&dear[0]).unwrap();
    assert_eq!((json["slug"].as_str(), json["total"].to_string().trim_matches('"')), (Some("pen"), "5.00"));
    let raw =
        Line.raw(said(&db, "SELECT * FROM shop_line WHERE total > ?1"), vec![Value::from(0)]).all(&db).await;
    assert_eq!(raw.unwrap().len(), 2);
}

async fn receivers_see_them(on: &On) {
    let db = on.with(TABLES).await;
    let app = App::new("shop").models(Line).on(async |_: Services, line: Arc<Saved<Line>>| {
        match line.total == line.price * Decimal::from(line.amount) {
            true => Ok(()),
            false => Err(Error::internal("the total is another one")),
        }
    });
    let site = Site::new().install(app);
    let services = Services::builder().build();
    db.know([Line.meta()]);
    db.listen(Signals::of(&site), &services);
    let pen = pen(&db).await;
    let mut edit = pen.edit();
    edit.amount = 8;
    assert_eq!(edit.save(&db).await.unwrap().total, dec("10"));
}
