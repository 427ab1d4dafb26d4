//! Addresses of routes, from Rust and from templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_core::{App, Site, template::Reverse};
use quintet_web::{Page, Path, Query, Routing, Url, data, get, redirect, routes, spawn};
use support::start;

#[get("/items/{id}/{slug}/")]
async fn item(Path((_, _)): Path<(i64, String)>) -> String {
    // The same handler in each installation of the app: its address is that of the current one.
    item::url(2, "a b").query("tab", "x").to_string()
}

#[get("/go/")]
async fn go() -> Page {
    redirect(item::url(3, "c"))
}

#[get("/later/")]
async fn later() -> String {
    spawn(async { item::url(4, "d").to_string() }).await.unwrap()
}

#[get("/missing/")]
async fn missing() -> Page {
    redirect(forgotten::url())
}

#[get("/forgotten/")]
#[allow(dead_code)]
async fn forgotten() {}

#[data]
struct Where {
    to: String,
}

#[get("/away/")]
async fn away(Query(place): Query<Where>) -> Page {
    redirect(place.to)
}

// A name that is taken by a module, and one that is a keyword.
mod list {}
#[get("/list/", url = list_page)]
async fn list() -> String {
    list_page::url().to_string()
}
#[get("/type/")]
async fn r#type() -> &'static str {
    "type"
}

fn shop(name: &'static str) -> App {
    App::new("shop").named(name).at(name).routes(routes![item, go, later])
}

fn site() -> Site {
    Site::new()
        .routes(routes![missing, away, list_page, r#type])
        .install(shop("de"))
        .install(shop("en"))
        .install(App::new("blog").at("/blog/").get("/x", async || item::url(1, "y").to_string()))
}

#[tokio::test]
async fn an_address_means_the_current_installation() {
    let site = start(site()).await.unwrap();
    assert_eq!(site.get("/de/items/1/x/").await.body, "/de/items/2/a%20b/?tab=x");
    assert_eq!(site.get("/en/items/1/x/").await.body, "/en/items/2/a%20b/?tab=x");
    assert_eq!(site.get("/en/later/").await.body, "/en/items/4/d/");
    assert_eq!(site.get("/blog/x").await.body, "/de/items/1/y/");
    let moved = site.get("/en/go/").await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (303, "/en/items/3/c/"));
    assert_eq!(moved.page.unwrap().target().unwrap().to_string(), item::url(3, "c").to_string());
    assert_eq!(site.get("/list/").await.body, "/list/");
    assert_eq!(site.get("/type/").await.body, "type");
}

#[tokio::test]
async fn a_redirect_to_a_route_that_is_not_installed_is_told() {
    let site = start(site()).await.unwrap();
    assert_eq!(site.get("/missing/").await.status.as_u16(), 500);
    let error =
        site.services.clone().scope(async { forgotten::url().resolve() }).await.unwrap_err().to_string();
    assert_eq!(error, "the route `forgotten` (/forgotten/): it is not installed: add it to `routes![..]`");
}

#[tokio::test]
async fn a_redirect_can_not_smuggle_headers_in() {
    let site = start(site()).await.unwrap();
    let answer = site.get("/away/?to=/x%0d%0aSet-Cookie:a=b").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/x%0D%0ASet-Cookie:a=b"));
    assert!(answer.headers.get("set-cookie").is_none());
    assert_eq!(site.get("/away/?to=/%C3%BCber%20uns").await.header("location"), "/%C3%BCber%20uns");
}

#[tokio::test]
async fn templates_find_routes_by_name_and_are_helped_when_they_miss() {
    let site = start(site()).await.unwrap();
    let reverse = site.services.get::<Arc<dyn Reverse>>().unwrap();
    let url = |app: Option<&str>, name: &str, arguments: &[(&str, &str)]| {
        let arguments: Vec<_> = arguments.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        reverse.url(app, name, &arguments).map_err(|e| e.to_string())
    };
    let both = [("id", "7"), ("slug", "a/b")];
    // In its own app, by namespace, by label; and the site's own from anywhere.
    assert_eq!(url(Some("en"), "item", &both).unwrap(), "/en/items/7/a%2Fb/");
    assert_eq!(url(None, "de:item", &both).unwrap(), "/de/items/7/a%2Fb/");
    assert_eq!(url(Some("en"), "shop:item", &both).unwrap(), "/en/items/7/a%2Fb/");
    assert_eq!(url(Some("blog"), "shop:item", &both).unwrap(), "/de/items/7/a%2Fb/");
    assert_eq!(url(Some("en"), "list", &[]).unwrap(), "/list/");

    for (app, name, arguments, message) in [
        (Some("en"), "itme", &both[..], "no route is named `itme`; did you mean `item`?"),
        (None, "item", &both, "no route is named `item`; did you mean `de:item`?"),
        (None, "en:itm", &both, "no route is named `en:itm`; did you mean `en:item`?"),
        (
            Some("en"),
            "item",
            &both[..1],
            "the route `item` (/en/items/{id}/{slug}/): the argument `slug` is missing",
        ),
        (
            Some("en"),
            "item",
            &[("id", "1"), ("slgu", "x")],
            "the route `item` has no parameter `slgu`; did you mean `slug`?",
        ),
        (Some("en"), "list", &both[..1], "the route `list` has no parameter `id`; it has none"),
        (
            Some("en"),
            "item",
            &[("id", ""), ("slug", "x")],
            "the route `item` (/en/items/{id}/{slug}/): the argument `id` is empty: no address has an empty segment",
        ),
    ] {
        assert_eq!(url(app, name, arguments).unwrap_err(), message);
    }
    assert_eq!(reverse.parameters(Some("de"), "item"), Some(vec!["id".into(), "slug".into()]));
    assert_eq!(reverse.parameters(None, "itme"), None);
    assert!(reverse.names().contains(&"en:later".to_owned()) && reverse.names().contains(&"away".to_owned()));
}

#[test]
fn texts_are_addresses_too() {
    assert_eq!(Url::from("/a/").query("n", 1).to_string(), "/a/?n=1");
    assert_eq!(Url::from(String::from("https://example.org/")).to_string(), "https://example.org/");
}
