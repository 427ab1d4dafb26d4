//! Declared routes, the builder, mounts and layers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{App, Result, Services, Site};
use quintet_web::{Path, Query, Routing, State, axum, data, delete, get, patch, post, put, routes};
use support::{start, start_error};

#[derive(Clone)]
struct Greeting(&'static str);

#[data]
struct Paging {
    #[field(default = 1, min = 1)]
    page: u64,
}

/// A film.
#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>, Query(paging): Query<Paging>, State(greeting): State<Greeting>) -> String {
    format!("{} film {id} page {}", greeting.0, paging.page)
}

#[get("/films/{id}/reviews/{slug}/", name = "one-review")]
async fn review(Path((id, slug)): Path<(i64, String)>) -> String {
    format!("review {slug} of {id}")
}

#[post("/films/")]
async fn add(body: String) -> (StatusCode, String) {
    (StatusCode::CREATED, format!("added {body}"))
}
#[get("/films/")]
async fn films() -> &'static str {
    "films"
}
#[put("/films/{id}/")]
async fn replace(Path(id): Path<i64>) -> String {
    format!("replaced {id}")
}
#[patch("/films/{id}/")]
async fn change(Path(id): Path<i64>) -> String {
    format!("changed {id}")
}
#[delete("/films/{id}/")]
async fn remove(Path(id): Path<i64>) -> Result {
    assert!(id > 0);
    Ok(())
}
#[get("/files/{*path}")]
async fn file(Path(path): Path<String>) -> String {
    path
}
// The body may stand anywhere.
#[post("/echo/{id}/")]
async fn echo(body: axum::body::Bytes, Path(id): Path<u8>, _: Services) -> String {
    format!("{id} {}", body.len())
}

fn films_app() -> App {
    App::new("films").routes(routes![film, review, add, films, replace, change, remove, file, echo])
}

fn site() -> Site {
    Site::new().with(Greeting("hello")).install(films_app())
}

#[tokio::test]
async fn attributes_make_routes() {
    let site = start(site()).await.unwrap();
    for (method, uri, status, body) in [
        ("GET", "/films/7/?page=2", 200, "hello film 7 page 2"),
        ("GET", "/films/7/", 200, "hello film 7 page 1"),
        ("GET", "/films/7/reviews/so%20good%2F/", 200, "review so good/ of 7"),
        ("POST", "/films/", 201, "added "),
        ("GET", "/films/", 200, "films"),
        ("PUT", "/films/7/", 200, "replaced 7"),
        ("PATCH", "/films/7/", 200, "changed 7"),
        ("DELETE", "/films/7/", 200, ""),
        ("GET", "/files/a/b.txt", 200, "a/b.txt"),
        ("POST", "/echo/9/", 200, "9 0"),
    ] {
        let answer = site.ask(method, uri).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, body), "{method} {uri}");
    }
}

#[tokio::test]
async fn handlers_stay_functions() {
    let body = film(Path(1), Query(Paging { page: 3 }), State(Greeting("hi"))).await;
    assert_eq!(body, "hi film 1 page 3");
}

#[tokio::test]
async fn a_path_value_that_does_not_fit_is_not_found_and_malformed_utf8_is_a_bad_request() {
    let site = start(site()).await.unwrap();
    for (uri, status) in [
        ("/films/seven/", 404),
        ("/films/99999999999999999999/", 404),
        ("/echo/7/", 405),
        ("/films/7/reviews/%ff/", 400),
        ("/nothing/%ff/", 400),
        ("/films/%zz/", 400),
    ] {
        assert_eq!(site.get(uri).await.status.as_u16(), status, "{uri}");
    }
}

#[tokio::test]
async fn head_options_and_wrong_methods_are_answered_as_http_wants() {
    let site = start(site()).await.unwrap();
    let head = site.ask("HEAD", "/films/").await;
    assert_eq!((head.status.as_u16(), head.body.as_str(), head.header("content-length")), (200, "", "5"));
    let missing = site.ask("HEAD", "/nothing/").await;
    assert_eq!((missing.status.as_u16(), missing.body.as_str()), (404, ""));
    let options = site.ask("OPTIONS", "/films/").await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "POST, GET, HEAD, OPTIONS"));
    let wrong = site.ask("DELETE", "/films/").await;
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "POST, GET, HEAD, OPTIONS"));
    assert!(wrong.body.contains("405 Method Not Allowed"), "{}", wrong.body);
    assert_eq!(site.ask("OPTIONS", "/nothing/").await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_missing_slash_is_added_and_never_leads_away() {
    let site = start(site()).await.unwrap();
    for (method, uri, status, location) in [
        ("GET", "/films?page=2&q=a%20b", 301, "/films/?page=2&q=a%20b"),
        ("HEAD", "/films/7", 301, "/films/7/"),
        ("POST", "/films", 308, "/films/"),
        ("GET", "/nothing", 404, ""),
        ("GET", "//films/7", 404, ""),
        ("GET", "//evil.example/films", 404, ""),
        ("GET", "/films/7/reviews/x", 301, "/films/7/reviews/x/"),
    ] {
        let answer = site.ask(method, uri).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (status, location), "{method} {uri}");
    }
    // A route that would take any host must not turn the request into a redirect to it.
    let open =
        start(Site::new().get("/{*rest}", async || "x").get("/a/{b}/{c}/", async || "y")).await.unwrap();
    assert_ne!(open.get("//evil.example").await.status.as_u16(), 301);
}

#[tokio::test]
async fn what_axum_has_mounts_as_it_is() {
    async fn plain(State(greeting): State<Greeting>, query: Query<Paging>, services: Services) -> String {
        format!("{} {} {}", greeting.0, query.page, services.get::<Greeting>().is_some())
    }
    let old = axum::Router::new()
        .route("/", axum::routing::get(async || "root"))
        .route("/plain", axum::routing::get(plain))
        .route(
            "/{id}",
            axum::routing::get(async |axum::extract::Path(id): axum::extract::Path<u8>| id.to_string()),
        );
    let site = Site::new()
        .with(Greeting("hey"))
        .get("/hello", async || "hello")
        .post("/hello", async |body: String| body)
        .route("/table", axum::routing::get(async || "table").put(async || "put"))
        .mount("/old", old)
        .layer(axum::middleware::map_response(async |mut response: axum::response::Response| {
            response.headers_mut().insert("x-layer", "site".parse().unwrap());
            response
        }));
    let site = start(site).await.unwrap();
    for (method, uri, body) in [
        ("GET", "/hello", "hello"),
        ("POST", "/hello", ""),
        ("PUT", "/table", "put"),
        ("GET", "/old/", "root"),
        ("GET", "/old", "root"),
        ("GET", "/old/plain?page=4", "hey 4 true"),
        ("GET", "/old/7", "7"),
    ] {
        let answer = site.ask(method, uri).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body), "{method} {uri}");
        assert_eq!(answer.header("x-layer"), "site", "{uri}");
    }
    let missing = site.get("/old/a/b").await;
    assert_eq!((missing.status.as_u16(), missing.header("x-layer")), (404, "site"));
    assert!(missing.body.contains("<h1>404 Not Found</h1>"), "{}", missing.body);
    assert!(missing.body.contains("color-scheme: light dark"), "{}", missing.body);
}

#[tokio::test]
async fn a_router_at_the_root_gets_what_no_route_takes() {
    let spa = axum::Router::new().fallback(async |uri: http::Uri| format!("spa {uri}"));
    let site = start(Site::new().get("/api/", async || "api").mount("/", spa)).await.unwrap();
    assert_eq!(site.get("/api/").await.body, "api");
    assert_eq!(site.get("/any/where").await.body, "spa /any/where");
}

#[tokio::test]
async fn apps_stand_below_their_prefix_and_have_their_own_layers() {
    let mark = |name: &'static str| {
        axum::middleware::map_response(move |mut response: axum::response::Response| async move {
            response.headers_mut().append("x-app", name.parse().unwrap());
            response
        })
    };
    let shop = |name: &'static str| {
        App::new("shop").at(name).named(name).get("/cart/", async || "cart").layer(mark(name))
    };
    let site =
        Site::new().install(shop("de")).install(shop("en")).get("/", async || "home").layer(mark("site"));
    let site = start(site).await.unwrap();
    let apps = |answer: support::Answer| {
        answer.headers.get_all("x-app").iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(apps(site.get("/de/cart/").await), ["de", "site"]);
    assert_eq!(apps(site.get("/en/cart/").await), ["en", "site"]);
    assert_eq!(apps(site.get("/").await), ["site"]);
    assert_eq!(apps(site.get("/nothing").await), ["site"]);
}

#[tokio::test]
async fn what_cannot_be_is_told_at_the_start_with_its_place() {
    let twice = start_error(Site::new().get("/a", async || "1").get("/a", async || "2")).await;
    assert!(twice.contains("two routes answer the same method at one path: GET /a ("), "{twice}");
    assert_eq!(twice.matches("tests/routes.rs:").count(), 3, "{twice}");

    let names = start_error(Site::new().install(App::new("x").routes(routes![film, film]))).await;
    assert!(names.contains("two routes are named `film`"), "{names}");

    let overlap = start_error(Site::new().get("/a/{id}", async || "1").get("/a/{name}", async || "2")).await;
    assert!(overlap.contains("the path `/a/{name}` can't be told from `/a/{id}`"), "{overlap}");

    for wrong in ["a", "/:id", "/*rest", "/{id", "/a{id}", "/{*rest}/x", "/a b"] {
        let error = start_error(Site::new().get(wrong, async || "1")).await;
        assert!(error.contains(wrong) && error.contains("tests/routes.rs:"), "{error}");
    }

    let mounts = start_error(Site::new().get("/old/", async || "1").mount("/old", axum::Router::new())).await;
    assert!(mounts.contains("a router is mounted where a route is"), "{mounts}");
    let roots =
        start_error(Site::new().mount("/", axum::Router::new()).mount("/", axum::Router::new())).await;
    assert!(roots.contains("two routers are mounted at `/`"), "{roots}");
    let table =
        start_error(Site::new().get("/t", async || "1").route("/t", axum::routing::post(async || "2"))).await;
    assert!(table.contains("two routes answer the same method"), "{table}");

    let apps = start_error(Site::new().install(App::new("shop")).install(App::new("shop"))).await;
    assert!(apps.contains("two apps are installed as `shop`"), "{apps}");

    let values = start_error(Site::new().with(Greeting("a")).with(Greeting("b"))).await;
    assert!(values.contains("two values of the type") && values.contains("tests/routes.rs:"), "{values}");
}

#[tokio::test]
async fn a_value_that_nobody_gave_is_told_at_the_start() {
    let error = start_error(Site::new().install(films_app())).await;
    assert!(error.contains("GET /films/{id}/ (`films:film`, "), "{error}");
    assert!(error.contains("Greeting>`: give it the value with `.with(..)`"), "{error}");
}

#[tokio::test]
async fn outside_of_a_site_our_extractors_say_so() {
    use tower::ServiceExt;
    let router: axum::Router = axum::Router::new()
        .route("/state", axum::routing::get(async |State(greeting): State<Greeting>| greeting.0))
        .route("/services", axum::routing::get(async |_: Services| ""));
    for path in ["/state", "/services"] {
        let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let error = response.extensions().get::<std::sync::Arc<quintet_core::Error>>().unwrap().to_string();
        assert!(error.contains("outside of a Quintet site"), "{error}");
    }
}

#[tokio::test]
async fn optional_arguments_are_none_when_they_are_not_there() {
    async fn optional(state: Option<State<Greeting>>, query: Option<Query<Paging>>) -> String {
        format!("{} {}", state.is_some(), query.map_or(0, |q| q.page))
    }
    let bare = start(Site::new().get("/", optional)).await.unwrap();
    assert_eq!(bare.get("/").await.body, "false 0");
    let full = start(Site::new().with(Greeting("x")).get("/", optional)).await.unwrap();
    assert_eq!(full.get("/?page=3").await.body, "true 3");
}

#[tokio::test]
async fn a_table_that_answers_any_method_is_a_table() {
    let site = Site::new()
        .route("/any/", axum::routing::any(async |method: axum::http::Method| method.to_string()))
        .route_named("some", "/some/", axum::routing::get(async || "some"));
    let site = start(site).await.unwrap();
    for method in ["GET", "POST", "DELETE", "PROPFIND"] {
        let answer = site.ask(method, "/any/").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, method));
    }
    let refused = site.ask("POST", "/some/").await;
    assert_eq!(
        (refused.status, refused.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, OPTIONS")
    );
}
