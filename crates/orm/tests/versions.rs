//! `#[field(version)]`: a change that somebody else made meanwhile is noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(missing_docs, reason = "models of the test")]
mod common;

use common::{On, marked, scenarios};
use quintet_core::ErrorKind;
use quintet_orm::{dynamic::DynSet, prelude::*};

scenarios!(the_second_edit_is_refused, a_form_says_what_it_was_filled_from, every_update_counts, by_name_too,);

const TABLES: &str = r#"
CREATE TABLE wiki_page (id :key, slug TEXT NOT NULL UNIQUE, text TEXT NOT NULL, version INTEGER NOT NULL,
    parent_id :ref REFERENCES wiki_page (id));
"#;

#[model(app = "wiki")]
#[derive(Debug, Clone)]
pub struct Page {
    #[field(unique)]
    pub slug: String,
    pub text: String,
    #[field(version)]
    pub version: i32,
    pub parent: Option<ForeignKey<Page>>,
    #[field(via = parent)]
    pub children: HasMany<Page>,
}

async fn page(db: &Db) -> Page {
    create!(Page { slug: "home", text: "one" }).insert(db).await.unwrap()
}

fn conflict(error: &Error) -> (&str, u16) {
    match error.kind() {
        ErrorKind::Conflict { constraint } => (constraint, error.status().as_u16()),
        other => panic!("{other:?}: {error}"),
    }
}

async fn the_second_edit_is_refused(on: &On) {
    let db = on.with(TABLES).await;
    let page = page(&db).await;
    assert_eq!(page.version, 1);
    let (mut mine, mut yours) = (page.clone().edit(), page.clone().edit());
    (mine.text, yours.text) = ("mine".into(), "yours".into());
    let log = db.record();
    let mine = mine.save(&db).await.unwrap();
    assert_eq!(
        marked(&log.queries()[0].sql),
        r#"UPDATE "wiki_page" SET "text" = ?1, "version" = ?2 WHERE "id" = ?3 AND "version" = ?4"#
    );
    assert_eq!((mine.version, log.count()), (2, 1));
    let error = yours.save(&db).await.unwrap_err();
    assert_eq!(conflict(&error), ("version", 409));
    assert!(error.to_string().starts_with("this page was changed meanwhile"), "{error}");
    assert_eq!(Page.get(page.id, &db).await.unwrap().text, "mine");
    // What was saved can be saved again.
    let mut again = mine.edit();
    again.text = "again".into();
    let again = again.save(&db).await.unwrap();
    assert_eq!(again.version, 3);
    // A row that is gone is not found.
    let mut late = again.clone().edit();
    again.delete(&db).await.unwrap();
    late.text = "late".into();
    assert_eq!(late.save(&db).await.unwrap_err().status().as_u16(), 404);
}

async fn a_form_says_what_it_was_filled_from(on: &On) {
    let db = on.with(TABLES).await;
    let page = page(&db).await;
    page.update(Page.text.set("other")).exec(&db).await.unwrap();
    // The handler has read the row just now, but the form is older.
    let mut edit = Page.get(page.id, &db).await.unwrap().edit();
    (edit.text, edit.version) = ("from a form".into(), 1);
    assert_eq!(conflict(&edit.save(&db).await.unwrap_err()), ("version", 409));
    let mut edit = Page.get(page.id, &db).await.unwrap().edit();
    (edit.text, edit.version) = ("from a form".into(), 2);
    assert_eq!(edit.save(&db).await.unwrap().version, 3);
}

async fn every_update_counts(on: &On) {
    let db = on.with(TABLES).await;
    let page = page(&db).await;
    let version = async || Page.get(page.id, &db).await.unwrap().version;
    let update = Page.query().update(Page.text.set("x"));
    assert!(marked(&update.to_sql(db.dialect()).unwrap().sql).contains(r#""version" = "version" + ?2"#));
    update.exec(&db).await.unwrap();
    assert_eq!(version().await, 2);
    assert_eq!(Page.query().update(Page.text.set("y")).returning(&db).await.unwrap()[0].version, 3);
    Page.bulk_update(std::slice::from_ref(&page), Page.text, &db).await.unwrap();
    assert_eq!(version().await, 4);
    let again = create!(Page { slug: "home", text: "z" }).or_update(Page.slug, Page.text, &db).await.unwrap();
    assert_eq!((again.id, again.version), (page.id, 5));
    page.related(Page.children).add([&page], &db).await.unwrap();
    assert_eq!(version().await, 6);
    page.related(Page.children).clear(&db).await.unwrap();
    assert_eq!(version().await, 7);
    // Said by hand, it is as said.
    Page.query().update((Page.text.set("r"), Page.version.set(1))).exec(&db).await.unwrap();
    assert_eq!(version().await, 1);
    // Seen while somebody listens, too.
    let mut changes = db.changes();
    Page.query().update(Page.text.set("q")).exec(&db).await.unwrap();
    assert!(changes.try_next().is_some() && version().await == 2);
}

async fn by_name_too(on: &On) {
    let db = on.with(TABLES).await;
    let page = page(&db).await;
    let pages = || DynSet::new(Page.meta()).writable(["slug", "text", "version"]).unwrap();
    let key = page.id.to_string();
    let row = pages().update(&key, [("text", "a"), ("version", "1")], &db).await.unwrap();
    assert_eq!(row.get("version"), Some(&Value::Int(2)));
    let error = pages().update(&key, [("text", "b"), ("version", "1")], &db).await.unwrap_err();
    assert_eq!(conflict(&error), ("version", 409));
    // Without a version there is nothing to compare with; the change counts all the same.
    let row = pages().update(&key, [("text", "c")], &db).await.unwrap();
    assert_eq!((row.get("version"), row.get("text")), (Some(&Value::Int(3)), Some(&Value::Text("c".into()))));
    let error = pages().update("99", [("text", "b"), ("version", "1")], &db).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 404);
    let new = pages().insert([("slug", "n"), ("text", "t")], &db).await.unwrap();
    assert_eq!(new.get("version"), Some(&Value::Int(1)));
    // It is in the metadata, for forms and interfaces.
    assert_eq!(Page.meta().version().map(|(_, field)| field.name), Some("version"));
}
