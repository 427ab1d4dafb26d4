//! Values around every page: made where a template asks for them, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::HeaderMap;
use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
};

/// How often each value was made.
#[derive(Clone, Default)]
struct Made(Arc<[AtomicUsize; 4]>);

impl Made {
    fn count(&self, at: usize) -> usize {
        self.0[at].fetch_add(1, Ordering::Relaxed) + 1
    }

    fn counts(&self) -> [usize; 4] {
        std::array::from_fn(|at| self.0[at].load(Ordering::Relaxed))
    }
}

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/base.html",
        bytes: b"<nav>{{ menu|length }}</nav>{% block body %}{% endblock %}",
    },
    EmbeddedFile {
        path: "templates/page.html",
        bytes: b"{% extends 'base.html' %}{% block body %}{{ title }}{% endblock %}",
    },
    EmbeddedFile { path: "templates/cart.html", bytes: b"{% if menu %}{% include 'part.html' %}{% endif %}" },
    EmbeddedFile { path: "templates/part.html", bytes: b"{{ cart.user }}:{{ cart.of }}" },
    EmbeddedFile { path: "templates/plain.html", bytes: b"plain {{ own|default('-') }}" },
    EmbeddedFile {
        path: "templates/kept.html",
        bytes: b"{% cache '5m', 'nav' %}{{ menu|default_if_none([])|length }}{% endcache %}",
    },
    EmbeddedFile { path: "templates/bad.html", bytes: b"{{ bad }}" },
    EmbeddedFile { path: "templates/lost.html", bytes: b"{{ menuu }}" },
    EmbeddedFile { path: "templates/panics.html", bytes: b"{{ panics }}" },
    EmbeddedFile { path: "templates/guarded.html", bytes: b"{{ guarded }}" },
    EmbeddedFile {
        path: "templates/404.html",
        bytes: b"{% extends 'base.html' %}{% block body %}404{% endblock %}",
    },
    EmbeddedFile { path: "templates/418.html", bytes: b"{{ menu|length }} teapots" },
];

#[data]
struct Cart {
    user: String,
    of: String,
}

/// Lets in who says so.
struct Guard;

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Guard {
    type Rejection = (axum::http::StatusCode, &'static str);

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        match parts.headers.contains_key("x-let-me-in") {
            true => Ok(Guard),
            false => Err((axum::http::StatusCode::UNAUTHORIZED, "Who are you?")),
        }
    }
}

#[get("/page/{title}/")]
async fn page(Path(title): Path<String>) -> Page {
    Page::new("page.html").with("title", &title)
}

#[get("/own/")]
async fn own() -> Page {
    Page::new("page.html").with("title", "own").with("menu", &[1, 2, 3, 4, 5])
}

#[get("/show/{name}/")]
async fn show(Path(name): Path<String>) -> Page {
    Page::new(format!("{name}.html"))
}

#[get("/teapot/")]
async fn teapot() -> Result<Page> {
    Err(Error::new(axum::http::StatusCode::IM_A_TEAPOT, "short and stout"))
}

#[post("/write/", atomic)]
async fn write() -> Page {
    Page::new("cart.html")
}

fn site() -> Site {
    let made = Made::default();
    let app = App::new("pages")
        .folder(Folder::embedded("/nowhere", FILES))
        .context("menu", async |State(made): State<Made>, _: Db| {
            made.count(0);
            tokio::task::yield_now().await;
            Ok(vec!["a", "b"])
        })
        .context(
            "cart",
            async |State(made): State<Made>, headers: HeaderMap, path: axum::extract::OriginalUri| {
                made.count(1);
                let user = headers.get("x-user").and_then(|v| v.to_str().ok()).unwrap_or("nobody").to_owned();
                Ok(Cart { user, of: path.path().to_owned() })
            },
        )
        .context("bad", async || -> Result<String> { Err(Error::forbidden("not for you")) })
        .context("panics", async || -> Result<String> { panic!("ouch") })
        .context("guarded", async |_: Guard| Ok("in"))
        .routes(routes![page, own, show, teapot, write]);
    let later = App::new("later").context("menu", async || Ok(vec!["never"]));
    Site::new().with(made).install(app).install(later)
}

fn counts(site: &TestSite) -> [usize; 4] {
    site.services()
        .get::<State<Made>>()
        .map(|made| made.0.counts())
        .or_else(|| site.services().get::<Made>().map(Made::counts))
        .unwrap()
}

#[quintet::test(site, on = "sqlite")]
async fn a_value_is_made_for_pages_that_ask_for_it(site: TestSite) -> Result {
    assert_eq!(site.get("/show/plain/").await.ok().text(), "plain -");
    assert_eq!(counts(&site), [0, 0, 0, 0]);
    for title in ["x", "y", "z"] {
        assert_eq!(site.get(page::url(title)).await.ok().text(), format!("<nav>2</nav>{title}"));
    }
    // Once a page; what the first of them asked for is known.
    assert_eq!(counts(&site), [3, 0, 0, 0]);
    // One that is asked for behind another one, in a part.
    let ann = site.browser().with_header("x-user", "ann");
    assert_eq!(ann.get("/show/cart/").await.ok().text(), "ann:/show/cart/");
    assert_eq!(site.post(write::url(), &[]).await.ok().text(), "nobody:/write/");
    assert_eq!(counts(&site), [5, 2, 0, 0]);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_draft_is_not_kept(site: TestSite) -> Result {
    assert_eq!(site.get("/show/kept/").await.ok().text(), "2");
    assert_eq!(site.get("/show/kept/").await.ok().text(), "2");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_handlers_value_comes_before(site: TestSite) -> Result {
    assert_eq!(site.get(own::url()).await.ok().text(), "<nav>5</nav>own");
    assert_eq!(counts(&site), [0, 0, 0, 0]);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn error_pages_have_them_too(site: TestSite) -> Result {
    assert_eq!(site.get("/nowhere/").await.status(404).text(), "<nav>2</nav>404");
    assert_eq!(site.get(teapot::url()).await.status(418).text(), "2 teapots");
    assert_eq!(counts(&site), [2, 0, 0, 0]);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_fails_is_the_answer(site: TestSite) -> Result {
    site.get("/show/bad/").await.status(403).contains("not for you");
    site.get("/show/bad/").await.status(403).contains("not for you");
    site.get("/show/panics/").await.status(500);
    site.get("/show/guarded/").await.status(401).contains("Who are you?");
    let known = site.browser().with_header("x-let-me-in", "please");
    assert_eq!(known.get("/show/guarded/").await.ok().text(), "in");
    // A mistake in a template makes nothing; it names the near one.
    site.get("/show/lost/").await.status(500);
    assert_eq!(counts(&site)[0], 0);
    Ok(())
}

/// Something that a request carries.
#[derive(Clone)]
struct Carried(#[allow(dead_code, reason = "it is counted")] Arc<()>);

#[quintet::test(site, on = "sqlite")]
async fn nothing_of_a_request_stays(site: TestSite) -> Result {
    let mut router = quintet::web::service(site.services()).await?;
    for address in
        ["/page/x/", "/show/cart/", "/show/bad/", "/show/panics/", "/nowhere/", "/teapot/", "/show/lost/"]
    {
        let carried = Arc::new(());
        let mut request = axum::http::Request::get(address).body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(Carried(carried.clone()));
        let response = tower::Service::call(&mut router, request).await.unwrap();
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(Arc::strong_count(&carried), 1, "{address}");
    }
    Ok(())
}
