//! Full-text search.

use quintet_orm::{dialect::TextIndex, dynamic::DynSet, prelude::*, search};

use crate::{common::*, sheet::*};

#[model(app = "surface", search = ["title", "body"])]
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub title: String,
    pub body: String,
}

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let tables = "CREATE TABLE surface_page (id :key, title TEXT NOT NULL, body TEXT NOT NULL)";
    s.db.batch(typed(s.db.dialect(), tables)).await.unwrap();
    let columns = ["\"title\"".to_owned(), "\"body\"".to_owned()];
    if s.db.dialect().text_index == TextIndex::Fts5 {
        let made = search::fts5_create("surface_page_search", "\"surface_page\"", "\"id\"", &columns);
        s.db.batch(made).await.unwrap();
    }
    for (title, body) in [("News", "A ship has come"), ("The ship", "Our ship"), ("Home", "Welcome")] {
        create!(Page { title, body }).insert(&s.db).await.unwrap();
    }
    s.query("Table::search", Page.search("ship").select(Page.id), &[2, 1]).await;
    s.query("QuerySet::search", Page.filter(Page.id.gt(1)).search("sh* -home").select(Page.id), &[2]).await;
    s.query("QuerySet::search (for nothing)", Page.query().search(" - ").select(Page.id), &[]).await;
    s.query(
        "Table::matches",
        Page.filter(Page.matches("come OR home")).order_by(Page.id).select(Page.id),
        &[1, 3],
    )
    .await;
    s.query(
        "Table::matches (only what must not be there)",
        Page.filter(Page.matches("-ship")).select(Page.id),
        &[3],
    )
    .await;
    let ranks = Page.order_by(Page.id).select(Page.search_rank("ship").gt(0.0));
    s.query("Table::search_rank", ranks, &[true, true, false]).await;
    let snippet = Snippet::of([("A ", false), ("ship", true), (" has come", false)]);
    s.query("Col::snippet", Page.search("news ship").select(Page.body.snippet("ship")), &[snippet]).await;
    let by_name = DynSet::new(Page.meta()).words("ship").unwrap();
    assert!(by_name.has_words() && !DynSet::new(Film.meta()).has_words());
    assert_eq!(by_name.all(&s.db).await.unwrap()[0].get("title"), Some(&Value::from("The ship")));
    assert!(DynSet::new(Film.meta()).words("x").unwrap_err().to_string().contains("has no index of words"));
    s.about("DynSet::words, DynSet::has_words");
}
