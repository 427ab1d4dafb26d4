//! Messages wait for the page that shows them, and are shown once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
    web::{
        Messages,
        messages::{Level, Message},
    },
};

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/list.html",
        bytes: b"{% for m in messages() %}<p class=\"{{ m.level }} {{ m.tags }}\">{{ m }}</p>{% endfor %}",
    },
    EmbeddedFile {
        path: "templates/twice.html",
        bytes: b"{{ messages()|length }}{{ messages()|map(attribute='text')|join(',') }}",
    },
    EmbeddedFile { path: "templates/silent.html", bytes: b"silent" },
    EmbeddedFile {
        path: "templates/kept.html",
        bytes: b"{% cache '5m', 'x' %}{{ messages()|length }}{% endcache %}",
    },
    EmbeddedFile { path: "templates/404.html", bytes: b"404 {% for m in messages() %}{{ m }}{% endfor %}" },
    EmbeddedFile { path: "templates/broken.html", bytes: b"{{ nowhere }}" },
];

#[get("/list/")]
async fn list() -> Page {
    Page::new("list.html").header("cache-control", "public, max-age=60").header("etag", "\"x\"")
}

#[get("/silent/")]
async fn silent() -> Page {
    Page::new("silent.html")
}

#[get("/kept/")]
async fn kept() -> Page {
    Page::new("kept.html")
}

#[post("/review/")]
async fn review() -> Page {
    redirect(list::url()).flash("Thank you <b>Ann</b>!").flash(Message::warning("Ünd?").tags("sticky"))
}

#[post("/here/")]
async fn here() -> Page {
    Page::new("twice.html").flash(Message::error("No."))
}

#[post("/debug/")]
async fn debug() -> Page {
    redirect("/list/").flash(Message::debug("for developers"))
}

#[post("/api/")]
async fn api(messages: Messages) -> &'static str {
    messages.add(Message::success("12 films"));
    "done"
}

#[post("/fails/")]
async fn fails(messages: Messages) -> Result<Page> {
    messages.add("Saved!");
    Err(Error::internal("it was not"))
}

#[post("/broken/")]
async fn broken() -> Page {
    Page::new("broken.html").flash("Saved!")
}

#[post("/many/")]
async fn many() -> Page {
    (0..200).fold(redirect("/list/"), |page, n| page.flash(format!("message {n} of many")))
}

fn site() -> Site {
    let app = App::new("pages").folder(Folder::embedded("/nowhere", FILES));
    Site::new()
        .install(app.routes(routes![list, silent, kept, review, here, debug, api, fails, broken, many]))
}

/// What the response says of the cookie.
fn told(page: &TestResponse) -> Option<TestCookie> {
    page.cookies().into_iter().find(|cookie| cookie.name == "messages")
}

#[quintet::test(site, on = "sqlite")]
async fn a_message_waits_and_is_shown_once(site: TestSite) -> Result {
    let sent = site.post(review::url(), &[]).await.redirects(list::url());
    let cookie = told(&sent).unwrap();
    assert!(cookie.http_only && !cookie.secure && cookie.same_site.as_deref() == Some("Lax"), "{cookie:?}");
    assert!(cookie.path.as_deref() == Some("/") && cookie.max_age.is_none());
    // Pages that show none leave them alone.
    let page = site.get(silent::url()).await.ok();
    assert!(told(&page).is_none() && page.header_text("vary").is_none_or(|v| !v.contains("cookie")));
    // Nor does a HEAD, whose page nobody sees.
    site.head(list::url()).await.ok();
    let page = site.get(list::url()).await.ok();
    assert_eq!(
        page.text(),
        "<p class=\"info \">Thank you &lt;b&gt;Ann&lt;/b&gt;!</p><p class=\"warning sticky\">Ünd?</p>"
    );
    assert!(told(&page).unwrap().is_deletion());
    // Nobody keeps what is for one visitor.
    assert_eq!(page.header_text("cache-control").as_deref(), Some("no-store"));
    assert!(page.header_text("etag").is_none() && page.header_text("vary").unwrap().contains("cookie"));
    let page = site.get(list::url()).await.ok();
    assert_eq!(page.text(), "");
    assert!(told(&page).is_none());
    assert_eq!(page.header_text("cache-control").as_deref(), Some("public, max-age=60"));
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn several_requests_add_and_each_browser_has_its_own(site: TestSite) -> Result {
    let (ann, ben) = (site.browser(), site.browser());
    ann.post(review::url(), &[]).await;
    assert_eq!(ann.post(api::url(), &[]).await.ok().text(), "done");
    ben.post(api::url(), &[]).await.ok();
    let page = ann.get(list::url()).await.ok();
    assert_eq!(page.text().matches("<p ").count(), 3, "{}", page.text());
    assert!(page.text().ends_with("<p class=\"success \">12 films</p>"));
    assert_eq!(ben.get(list::url()).await.ok().text(), "<p class=\"success \">12 films</p>");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_page_shows_its_own_at_once_and_the_same_when_asked_again(site: TestSite) -> Result {
    site.post(api::url(), &[]).await.ok();
    let page = site.post(here::url(), &[]).await.ok();
    assert_eq!(page.text(), "212 films,No.");
    assert!(told(&page).unwrap().is_deletion());
    // An error page shows them as well.
    site.post(api::url(), &[]).await.ok();
    assert_eq!(site.get("/nowhere/").await.status(404).text(), "404 12 films");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_was_not_done_is_not_told(site: TestSite) -> Result {
    site.post(api::url(), &[]).await.ok();
    assert!(told(&site.post(fails::url(), &[]).await.status(500)).is_none());
    assert!(told(&site.post(broken::url(), &[]).await.status(500)).is_none());
    assert_eq!(site.get(list::url()).await.ok().text(), "<p class=\"success \">12 films</p>");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_was_changed_or_made_up_is_ignored(site: TestSite) -> Result {
    site.post(api::url(), &[]).await.ok();
    let mut cookie = site.cookie("messages").unwrap();
    cookie.replace_range(4..5, if cookie.as_bytes()[4] == b'A' { "B" } else { "A" });
    let forged = site.browser().with_cookie("messages", &cookie);
    let page = forged.get(list::url()).await.ok();
    assert_eq!(page.text(), "");
    assert!(told(&page).unwrap().is_deletion());
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn too_many_leave_the_latest(site: TestSite) -> Result {
    let sent = site.post(many::url(), &[]).await;
    assert!(told(&sent).unwrap().value.len() < 4000);
    let page = site.get(list::url()).await.ok().text();
    assert!(page.contains("message 199 of many") && !page.contains(">message 0 of many"), "{page}");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn https_is_told_by_the_proxy(site: TestSite) -> Result {
    let secure = site.browser().with_header("x-forwarded-proto", "https");
    assert!(told(&secure.post(review::url(), &[]).await).unwrap().secure);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn levels_for_developers_stay_with_them(site: TestSite) -> Result {
    assert!(told(&site.post(debug::url(), &[]).await).is_none());
    assert_eq!(redirect("/").flash(Message::new(Level::Debug, "x")).messages()[0].level().as_str(), "debug");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_message_is_no_part_of_what_is_kept_for_all(site: TestSite) -> Result {
    site.get(kept::url()).await.status(500);
    Ok(())
}
