//! Files of a place that has addresses of its own, as S3 does: the site sends those who ask to it, but no further than they may go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{ops::Range, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use quintet_core::{
    Boot, BoxFuture, Result, Room as _, Services, Site,
    clock::Clock,
    settings::{Secret, Settings},
    signing::Signer,
};
use quintet_storage::{Backend, Content, Info, Memory, Names, Opened, Storage};
use quintet_web::{WebRoom, middleware::Gate};
use tower::ServiceExt as _;

/// Files in memory, as if another host served them too.
#[derive(Debug)]
struct Elsewhere(Memory, Option<Duration>);

impl Backend for Elsewhere {
    fn create<'a>(&'a self, names: Names, content: Content) -> BoxFuture<'a, Result<String>> {
        self.0.create(names, content)
    }

    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result> {
        self.0.replace(name, content)
    }

    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>> {
        self.0.open(name, range)
    }

    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>> {
        Box::pin(async move {
            Ok(self.0.info(name).await?.map(|info| Info { tag: Some("its-own".to_owned()), ..info }))
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.0.delete(name)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>> {
        self.0.list(prefix)
    }

    fn direct_url<'a>(&'a self, name: &'a str, good_for: Duration) -> BoxFuture<'a, Result<Option<String>>> {
        let url = format!("https://s3.example.com/{name}?good_for={}", good_for.as_secs());
        Box::pin(async { Ok(Some(url)) })
    }

    fn origin(&self) -> Option<String> {
        Some("https://s3.example.com".to_owned())
    }

    fn redirect(&self) -> Option<Duration> {
        self.1
    }
}

struct Running {
    router: Router,
    services: Services,
    storage: Storage,
    clock: Clock,
}

async fn start(redirect: Option<Duration>) -> Running {
    start_at(redirect, "/media/").await
}

async fn start_at(redirect: Option<Duration>, address: &str) -> Running {
    let site = Arc::new(Site::new());
    let settings = Settings::for_tests("/nowhere", [("storage.keep", "10m")]);
    let mut boot = Boot { site: site.clone(), settings: settings.clone(), services: Services::builder() };
    let storage = Storage::new(Elsewhere(Memory::default(), redirect))
        .at(address)
        .signed_by(&Signer::new(Secret::new("a key")));
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
    boot.services.insert(site);
    boot.services.insert(settings);
    boot.services.insert(clock.clone());
    boot.services.insert(storage.clone());
    WebRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let router = quintet_web::service(&services).await.unwrap();
    for name in ["a.png", "private/1.pdf"] {
        storage.save(name, "content").await.unwrap();
    }
    Running { router, services, storage, clock }
}

impl Running {
    async fn ask(&self, method: &str, uri: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn signed(&self, name: &str, good_for: u64) -> String {
        let mut services = Services::builder();
        services.insert(self.clock.clone());
        let storage = self.storage.clone();
        let signed = async move { storage.signed_url(name, Duration::from_secs(good_for)).unwrap() };
        services.build().scope(signed).await
    }
}

fn header(response: &Response<Body>, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn who_asks_is_sent_there_for_as_long_as_it_is_good() {
    let site = start(Some(Duration::from_secs(300))).await;
    let answer = site.ask("GET", "/media/a.png").await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(header(&answer, header::LOCATION), "https://s3.example.com/a.png?good_for=300");
    // Half of the address's time, not the ten minutes that files are kept.
    assert_eq!(header(&answer, header::CACHE_CONTROL), "private, max-age=150");
    // An address is signed for GET alone.
    let answer = site.ask("HEAD", "/media/a.png").await;
    assert_eq!((answer.status(), header(&answer, header::CONTENT_LENGTH)), (StatusCode::OK, "7"));
    assert_eq!(site.ask("GET", "/media/../x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.ask("GET", "/media/%2e%2e/x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.ask("GET", "/media/.env").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn private_files_need_an_address_of_the_sites_first() {
    let site = start(Some(Duration::from_secs(300))).await;
    let answer = site.ask("GET", "/media/private/1.pdf").await;
    assert_eq!((answer.status(), header(&answer, header::LOCATION)), (StatusCode::NOT_FOUND, ""));
    for (good_for, there, kept) in [(600, 300, 150), (60, 60, 30), (1, 1, 0)] {
        let url = site.signed("private/1.pdf", good_for).await;
        let answer = site.ask("GET", &url).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let location = format!("https://s3.example.com/private/1.pdf?good_for={there}");
        assert_eq!(header(&answer, header::LOCATION), location);
        assert_eq!(header(&answer, header::CACHE_CONTROL), format!("private, max-age={kept}"));
    }
    let url = site.signed("private/1.pdf", 60).await;
    assert_eq!(site.ask("GET", &url.replace("1.pdf", "2.pdf")).await.status(), StatusCode::FORBIDDEN);
    site.clock.advance("61s".parse().unwrap());
    assert_eq!(site.ask("GET", &url).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_that_the_site_sends_them_itself() {
    let site = start(None).await;
    let answer = site.ask("GET", "/media/a.png").await;
    assert_eq!((answer.status(), header(&answer, header::LOCATION)), (StatusCode::OK, ""));
    assert_eq!(header(&answer, header::CACHE_CONTROL), "public, max-age=600");
    // The place knows when a file is another one better than the time of its writing tells.
    assert_eq!(header(&answer, header::ETAG), "\"its-own\"");
}

#[tokio::test]
async fn pages_may_show_pictures_from_there_and_nothing_else() {
    let time = Some(Duration::from_secs(60));
    for (redirect, address, files) in [
        (None, "/media/", ""),
        (time, "/media/", " https://s3.example.com"),
        (None, "https://cdn.example.com/files/", " https://cdn.example.com"),
    ] {
        let site = start_at(redirect, address).await;
        // Through all that stands before the routes of a server.
        let server = site.services.require::<Settings>().unwrap().get().unwrap();
        let gate = Gate::open(&site.services, &server, None).await.unwrap();
        let answer = gate.answer(Request::get("/").body(Body::empty()).unwrap()).await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&format!("img-src 'self' data:{files};")), "{policy}");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert_eq!(policy.contains(&format!("media-src 'self'{files}")), !files.is_empty(), "{policy}");
    }
}
