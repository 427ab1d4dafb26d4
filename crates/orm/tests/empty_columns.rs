//! A column that the database won't leave empty: whose fault it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::{On, scenarios};
use quintet_orm::{Executor, Stmt, prelude::*};

scenarios!(a_column_of_no_field_is_the_servers_fault, a_field_that_must_have_a_value_is_told_as_the_fields);

/// `slug` is of a migration that the models no longer know; `summary` of one that is not applied yet.
const TABLES: &str = r#"
CREATE TABLE empties_note (id :key, title TEXT NOT NULL, slug TEXT NOT NULL);
CREATE TABLE empties_page (id :key, summary TEXT NOT NULL, rank_in_list INTEGER NOT NULL);
"#;

#[model(app = "empties")]
#[derive(Debug)]
struct Note {
    title: String,
}

#[model(app = "empties")]
#[derive(Debug)]
struct Page {
    summary: Option<String>,
    #[field(column = "rank_in_list", error(required = "where in the list?"))]
    rank: i32,
}

async fn a_column_of_no_field_is_the_servers_fault(on: &On) {
    let db = on.with(TABLES).await;
    let error = create!(Note { title: "x" }).insert(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.kind()), (500, &quintet_core::ErrorKind::Database));
    let text = error.to_string();
    assert!(text.contains("`empties_note.slug` is NOT NULL") && text.contains("`makemigrations`"), "{text}");
    assert!(error.field_errors().is_none() && error.public_message() == "Internal Server Error");
    assert!(error.location().file().ends_with("empty_columns.rs"), "{error:?}");

    // The model lets it be empty, so nobody was asked for it.
    let error = create!(Page { rank: 1 }).insert(&db).await.unwrap_err();
    assert_eq!(error.status(), 500, "{error:?}");
    assert!(error.to_string().contains("`empties_page.summary`"), "{error}");
    let page = create!(Page { rank: 1, summary: Some("x".to_owned()) }).insert(&db).await.unwrap();
    let error = Page
        .filter(Page.id.eq(page.id))
        .update(Page.summary.set(None::<String>))
        .exec(&db)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 500, "{error:?}");

    // By hand there is no model that could know.
    let error =
        db.execute(Stmt::write("INSERT INTO empties_note (title) VALUES ('x')", vec![])).await.unwrap_err();
    assert_eq!(error.status(), 500, "{error:?}");
}

async fn a_field_that_must_have_a_value_is_told_as_the_fields(on: &On) {
    let db = on.with(TABLES).await;
    create!(Page { rank: 1, summary: Some("x".to_owned()) }).insert(&db).await.unwrap();
    // What the database computes may be nothing.
    let nothing = quintet_orm::expr::call::<i32, _>("NULLIF", (Page.rank, Page.rank));
    let error = Page.query().update(Page.rank.set(nothing)).exec(&db).await.unwrap_err();
    assert_eq!(error.status(), 422, "{error:?}");
    assert_eq!(error.field_errors().unwrap().of("rank").next(), Some("where in the list?"));
}
