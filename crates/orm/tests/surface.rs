//! The ORM's surface as a table: for every public method a row with what it asks, the SQL that it becomes on each database
//! (`surface/statements.txt`, written anew by `QUINTET_BLESS=1`), and the rows that come back, on each database.
//!
//! A public method without a row fails the test [`every_public_method_has_a_row`]; what needs none says why in [`EXCEPTIONS`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#[path = "surface/aggregates.rs"]
mod aggregates;
#[path = "surface/by_name.rs"]
mod by_name;
#[path = "surface/calendar.rs"]
mod calendar;
mod common;
#[path = "surface/conditions.rs"]
mod conditions;
#[path = "surface/documents.rs"]
mod documents;
#[path = "surface/methods.rs"]
mod methods;
#[path = "surface/nasty.rs"]
mod nasty;
#[path = "surface/numbers.rs"]
mod numbers;
#[path = "surface/relations.rs"]
mod relations;
#[path = "surface/sets.rs"]
mod sets;
#[path = "surface/sheet.rs"]
mod sheet;
#[path = "surface/texts.rs"]
mod texts;
#[path = "surface/windows.rs"]
mod windows;
#[path = "surface/words.rs"]
mod words;
#[path = "surface/writes.rs"]
mod writes;

use common::*;
use sheet::Sheet;

scenarios!(every_row_is_what_it_says);

async fn every_row_is_what_it_says(on: &On) {
    table(on).await.compare_statements();
}

/// All rows.
async fn table(on: &On) -> Sheet {
    let mut sheet = Sheet::new(on).await;
    conditions::rows(&mut sheet).await;
    texts::rows(&mut sheet).await;
    numbers::rows(&mut sheet).await;
    calendar::rows(&mut sheet).await;
    documents::rows(&mut sheet).await;
    aggregates::rows(&mut sheet).await;
    windows::rows(&mut sheet).await;
    sets::rows(&mut sheet).await;
    relations::rows(&mut sheet).await;
    by_name::rows(&mut sheet).await;
    words::rows(&mut sheet).await;
    nasty::rows(&mut sheet).await;
    // At the end, as they change what is there.
    writes::rows(&mut sheet).await;
    sheet
}

/// What needs no row here, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("Col::new", "written by #[model]"),
    ("FkCol::new", "written by #[model]"),
    ("Many::new", "written by #[model]"),
    ("OneCol::new", "written by #[model]"),
    ("RelationTo::key", "written by #[model]"),
    ("RelationTo::many", "written by #[model]"),
    ("Table::new", "written by #[model]"),
    ("leads_to", "written by #[model], checks a relation while compiling"),
    ("leads_to_one", "written by #[model], checks a relation while compiling"),
    ("leads_by_key", "written by #[model], checks a relation while compiling"),
    ("QuerySet::new", "what Table::query calls"),
    ("QuerySet::is_cut", "asks nothing; tests of live models have it"),
    ("beside_models", "of live models: quintet's tests of those"),
    ("Col::node", "for the renderer"),
    ("Expr::node", "for the renderer"),
    ("Expr::from_node", "for the renderer"),
    ("to_value", "what templates see of a row: instances.rs"),
    ("ForeignKey::new", "a key put together by hand: relations.rs"),
    ("HasOne::get", "of models with such a relation: one_to_one.rs"),
    ("HasOne::is_loaded", "of models with such a relation: one_to_one.rs"),
    ("HasOne::loaded", "of models with such a relation: one_to_one.rs"),
    ("OneCol::eq", "of models with such a relation: one_to_one.rs"),
    ("OneCol::is_not_null", "of models with such a relation: one_to_one.rs"),
    ("OneCol::is_null", "of models with such a relation: one_to_one.rs"),
    ("OneCol::ne", "of models with such a relation: one_to_one.rs"),
    ("DynRow::key_text", "of models with such a key: composite_keys.rs"),
    ("Related::with", "of models with such a relation: own_through_models.rs"),
    ("DynSet::unscoped", "of models that say so: model_options.rs"),
    ("ManyQuery::unscoped", "of models that say so: model_options.rs"),
    ("QuerySet::newest", "of models that say so: model_options.rs"),
    ("QuerySet::oldest", "of models that say so: model_options.rs"),
    ("QuerySet::unscoped", "of models that say so: model_options.rs"),
    ("Reverse::unscoped", "of models that say so: model_options.rs"),
    ("Table::newest", "of models that say so: model_options.rs"),
    ("Table::oldest", "of models that say so: model_options.rs"),
    ("Table::unscoped", "of models that say so: model_options.rs"),
    ("Combined::using", "of several databases: databases/routing.rs"),
    ("DynSet::using", "of several databases: databases/routing.rs"),
    ("QuerySet::using", "of several databases: databases/routing.rs"),
    ("Table::using", "of several databases: databases/routing.rs"),
    ("RawRows::dangling", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::links", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::number_on", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::of", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::write", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::write_links", "whole rows of fixtures: quintet's tests of fixtures"),
    ("RawRows::write_new", "whole rows of fixtures: quintet's tests of fixtures"),
    ("QuerySet::explain", "answers in the database's own words: more_queries.rs"),
    ("QuerySet::for_update", "two transactions that wait for each other: postgres_queries.rs"),
    ("QuerySet::nowait", "two transactions that wait for each other: postgres_queries.rs"),
    ("QuerySet::skip_locked", "two transactions that wait for each other: postgres_queries.rs"),
];

#[tokio::test]
async fn every_public_method_has_a_row() {
    let sheet = table(&On::sqlite()).await;
    let methods = methods::methods();
    for (name, why) in EXCEPTIONS {
        assert!(
            methods.contains(*name),
            "{name} ({why}) is no public method any more: take it off the exceptions"
        );
    }
    let excepted = |name: &str| EXCEPTIONS.iter().any(|(other, _)| *other == name);
    let lacking: Vec<&String> =
        methods.iter().filter(|name| !sheet.covered.contains(*name) && !excepted(name)).collect();
    assert!(lacking.is_empty(), "public methods without a row in tests/surface: {lacking:#?}");
    let unknown: Vec<&String> = sheet.covered.iter().filter(|name| !methods.contains(*name)).collect();
    assert!(unknown.is_empty(), "rows of methods that are not there: {unknown:#?}");
}
