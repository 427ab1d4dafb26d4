//! The app `__APP__`, on a site with a database of its own.

use quintet::prelude::*;

use __CRATE__::__APP__::{models::Entry, pages};

#[quintet::test(__CRATE__::site)]
async fn an_entry_is_added_listed_and_shown(site: TestSite) -> Result {
    site.get(pages::add::url()).await.ok().contains("<form");
    let fields = [("title", "First"), ("text", "Hello")];
    let answer = site.post(pages::add::url(), &fields).await;
    let entry = Entry.filter(Entry.title.eq("First")).one(&site.db).await?;
    answer.redirects(pages::detail::url(entry.id));
    let page = site.get(pages::list::url()).await.ok();
    let page = page.template("__APP__/list.html");
    page.contains("First");
    let page = site.get(pages::detail::url(entry.id)).await.ok();
    page.contains("Hello");
    Ok(())
}

#[quintet::test(__CRATE__::site)]
async fn an_entry_needs_a_title(site: TestSite) -> Result {
    let fields = [("title", " "), ("text", "Hello")];
    let page = site.post(pages::add::url(), &fields).await.status(422);
    page.contains("Hello");
    assert_eq!(Entry.query().count(&site.db).await?, 0);
    Ok(())
}
