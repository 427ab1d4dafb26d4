//! The app `__APP__`, on a site with a database of its own.

use quintet::prelude::*;

use __CRATE__::__APP__::{
    models::Entry,
    pages::{self, NewEntry},
};

#[quintet::test(__CRATE__::site)]
async fn an_entry_is_added_listed_and_shown(site: TestSite) -> Result {
    let new = NewEntry {
        title: "First".into(),
        text: "Hello".into(),
    };
    site.json("POST", pages::add::url(), &new).await.ok();
    let entry = Entry.filter(Entry.title.eq("First")).one(&site.db).await?;
    let page = site.get(pages::list::url()).await.ok();
    let page = page.template("__APP__/list.html");
    page.contains("First");
    let page = site.get(pages::detail::url(entry.id)).await.ok();
    page.contains("Hello");
    Ok(())
}

#[quintet::test(__CRATE__::site)]
async fn an_entry_needs_a_title(site: TestSite) -> Result {
    let new = NewEntry {
        title: String::new(),
        text: "Hello".into(),
    };
    site.json("POST", pages::add::url(), &new).await.status(422);
    assert_eq!(Entry.query().count(&site.db).await?, 0);
    Ok(())
}
