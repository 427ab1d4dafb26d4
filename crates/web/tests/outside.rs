//! Code that runs for no request, in a process with one site or with none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{App, Site};
use quintet_web::{Path, Routing, get, routes};
use support::start;

#[get("/items/{id}/")]
async fn item(Path(id): Path<i64>) -> String {
    id.to_string()
}

// One test, since the process must have exactly one site at a time.
#[tokio::test]
async fn the_only_site_is_meant_and_without_one_the_path_as_declared() {
    assert_eq!(item::url(1).to_string(), "/items/1/");
    let site = || Site::new().install(App::new("shop").at("/shop").routes(routes![item]));
    let first = start(site()).await.unwrap();
    assert_eq!(item::url(1).to_string(), "/shop/items/1/");
    let second = start(site()).await.unwrap();
    assert_eq!(item::url(1).to_string(), "/items/1/");
    drop(second);
    assert_eq!(item::url(1).to_string(), "/shop/items/1/");
    drop(first);
    assert_eq!(item::url(1).to_string(), "/items/1/");
}
