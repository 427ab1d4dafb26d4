//! So many requests and no more, by network, by user, by a key: answers and headers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{Request, request::Parts};
use jiff::SignedDuration;
use quintet_core::{
    App, Boot, BoxFuture, Error, Result, Room, Services, Site,
    audit::{SecurityEvent, What},
    clock::Clock,
    rate::{AttemptStore, Limit},
    settings::Settings,
    signal::{Listen, Signals},
    value::Timestamp,
};
use quintet_web::{
    RateLimit, RateStore, Routing, Session, WebRoom,
    axum::{Router, body::Body, extract::ConnectInfo, routing},
    background::Background,
    get, post, routes,
};
use support::{Answer, Running};

const MINUTE: Duration = Duration::from_secs(60);

/// Handlers that ran.
static RAN: AtomicU32 = AtomicU32::new(0);

#[get("/search/")]
async fn search() -> &'static str {
    RAN.fetch_add(1, Ordering::SeqCst);
    "found"
}

#[post("/in/")]
async fn sign_in(session: Session) -> Result<&'static str> {
    session.sign_in("7").await?;
    Ok("in")
}

#[get("/dear/")]
async fn dear(parts: Parts) -> Result<String> {
    match RateLimit::new("dear", 1, MINUTE).take(&parts).await? {
        Ok(()) => Ok("made".to_owned()),
        Err(wait) => Ok(format!("kept, anew in {} s", wait.as_secs())),
    }
}

fn clock() -> Clock {
    Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap())
}

async fn start(site: Site, clock: &Clock) -> Running {
    let settings =
        Settings::for_tests("/nowhere", [("security.hosts", "example.com"), ("session.store", "memory")]);
    let site = Arc::new(site);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(Signals::of(&site));
    boot.services.insert(site);
    boot.services.insert(settings);
    boot.services.insert(clock.clone());
    WebRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let router = quintet_web::service(&services).await.unwrap();
    Running { services, router }
}

async fn ask(site: &Running, from: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 1)));
    site.send(request).await
}

async fn codes(site: &Running, from: &str, path: &str, headers: &[(&str, &str)], times: usize) -> Vec<u16> {
    let mut codes = Vec::new();
    for _ in 0..times {
        codes.push(ask(site, from, "GET", path, headers).await.status.as_u16());
    }
    codes
}

const ANN: &str = "203.0.113.7";
const BOB: &str = "203.0.113.8";

#[tokio::test]
async fn too_many_are_refused_before_the_handler_and_told_how_long() {
    let clock = clock();
    let told: Arc<Mutex<Vec<SecurityEvent>>> = Arc::default();
    let heard = told.clone();
    let hear = move |_: Services, event: Arc<SecurityEvent>| {
        let heard = heard.clone();
        async move {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(SecurityEvent::clone(&event));
            Ok(())
        }
    };
    let app = App::new("a").routes(routes![search]).layer(RateLimit::new("search", 3, MINUTE));
    let site = start(Site::new().install(app).get("/free/", async || "free").on(hear), &clock).await;
    let before = RAN.load(Ordering::SeqCst);
    for (left, full) in [(2, 20), (1, 40), (0, 60)] {
        let answer = ask(&site, ANN, "GET", "/search/", &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"search\";q=3;w=60");
        assert_eq!(answer.header("ratelimit"), format!("\"search\";r={left};t={full}"));
    }
    clock.advance(SignedDuration::from_secs(1));
    let refused = ask(&site, ANN, "GET", "/search/", &[("accept", "application/json")]).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "19"));
    assert_eq!(refused.header("ratelimit"), "\"search\";r=0;t=19");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["detail"], "Too many requests. Try again in 19 seconds.");
    assert_eq!(RAN.load(Ordering::SeqCst) - before, 3);
    // Others, and other routes, are not counted with it.
    assert_eq!(ask(&site, BOB, "GET", "/search/", &[]).await.status, 200);
    assert_eq!(codes(&site, ANN, "/free/", &[], 9).await, [200; 9]);
    // What the client says of itself is not believed.
    assert_eq!(codes(&site, ANN, "/search/", &[("x-forwarded-for", BOB)], 1).await, [429]);
    // One comes back after a third of the time, and not more than there were.
    clock.advance(SignedDuration::from_secs(19));
    assert_eq!(codes(&site, ANN, "/search/", &[], 2).await, [200, 429]);
    clock.advance(SignedDuration::from_hours(5));
    assert_eq!(codes(&site, ANN, "/search/", &[], 4).await, [200, 200, 200, 429]);
    site.services.get::<Background>().unwrap().idle().await;
    let told = told.lock().unwrap();
    assert!(told.iter().all(|event| event.what == What::RateLimited) && told.len() == 4, "{told:?}");
    assert_eq!(told[0].network.as_deref(), Some(ANN));
}

#[tokio::test]
async fn a_network_of_many_addresses_counts_as_one() {
    let site = Site::new().routes(routes![search]).layer(RateLimit::new("a", 2, MINUTE));
    let site = start(site, &clock()).await;
    assert_eq!(codes(&site, "2001:db8:1:2::1", "/search/", &[], 1).await, [200]);
    assert_eq!(codes(&site, "2001:db8:1:2:3:4:5:6", "/search/", &[], 2).await, [200, 429]);
    assert_eq!(codes(&site, "2001:db8:1:3::1", "/search/", &[], 1).await, [200]);
    // Behind a proxy it is the client that counts.
    let proxy = "10.0.0.1";
    assert_eq!(codes(&site, proxy, "/search/", &[("x-forwarded-for", ANN)], 3).await, [200, 200, 429]);
    assert_eq!(codes(&site, proxy, "/search/", &[("x-forwarded-for", BOB)], 1).await, [200]);
    // A test in the process has no network, and is never refused.
    for _ in 0..9 {
        assert_eq!(site.get("/search/").await.status, 200);
    }
}

#[tokio::test]
async fn users_and_keys_count_wherever_they_are() {
    let key = |parts: &Parts| Some(parts.headers.get("x-api-key")?.to_str().ok()?.to_owned());
    let by_key =
        App::new("keys").at("/keys").get("/", async || "k").layer(RateLimit::new("k", 2, MINUTE).by(key));
    let by_user = App::new("users").routes(routes![search]).layer(RateLimit::new("u", 2, MINUTE).by_user());
    let site = start(Site::new().install(by_key).install(by_user).routes(routes![sign_in]), &clock()).await;
    let one = [("x-api-key", "one")];
    assert_eq!(codes(&site, ANN, "/keys/", &one, 1).await, [200]);
    assert_eq!(codes(&site, BOB, "/keys/", &one, 2).await, [200, 429]);
    assert_eq!(codes(&site, ANN, "/keys/", &[("x-api-key", "two")], 1).await, [200]);
    // Without a key it is the network, and not nobody.
    assert_eq!(codes(&site, ANN, "/keys/", &[], 3).await, [200, 200, 429]);
    let entered = ask(&site, ANN, "POST", "/in/", &[("content-type", "application/json")]).await;
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let signed = [("cookie", &*cookie)];
    assert_eq!(codes(&site, ANN, "/search/", &signed, 1).await, [200]);
    assert_eq!(codes(&site, BOB, "/search/", &signed, 2).await, [200, 429]);
    assert_eq!(codes(&site, ANN, "/search/", &[], 1).await, [200], "whoever has not signed in is another");
}

#[tokio::test]
async fn bursts_and_several_limits() {
    let inner = RateLimit::new("burst", 60, MINUTE).burst(2);
    let router = Router::new().route("/", routing::get(async || "r")).layer(inner);
    let site =
        Site::new().mount("/r", router).routes(routes![dear]).layer(RateLimit::new("all", 100, MINUTE));
    let clock = clock();
    let site = start(site, &clock).await;
    assert_eq!(codes(&site, ANN, "/r/", &[], 3).await, [200, 200, 429]);
    clock.advance(SignedDuration::from_secs(1));
    let answer = ask(&site, ANN, "GET", "/r/", &[]).await;
    let both: Vec<_> = answer.headers.get_all("ratelimit-policy").iter().collect();
    assert_eq!((answer.status.as_u16(), both.len()), (200, 2));
    // Handlers take for themselves.
    assert_eq!(ask(&site, ANN, "GET", "/dear/", &[]).await.body, "made");
    assert_eq!(ask(&site, ANN, "GET", "/dear/", &[]).await.body, "kept, anew in 60 s");
    let none = Site::new().get("/", async || "x").layer(RateLimit::new("none", 0, MINUTE));
    assert_eq!(codes(&start(none, &clock).await, ANN, "/", &[], 1).await, [429]);
    let still = Site::new().get("/", async || "x").layer(RateLimit::new("still", 0, MINUTE).burst(5));
    assert_eq!(codes(&start(still, &clock).await, ANN, "/", &[], 1).await, [429]);
}

/// A store that can't be reached, or lets one pass.
struct Away(bool);

impl AttemptStore for Away {
    fn take<'a>(&'a self, _: &'a str, _: Limit, _: Timestamp) -> BoxFuture<'a, Result<Option<Duration>>> {
        let away = self.0;
        Box::pin(async move {
            if away {
                Err(Error::new(http::StatusCode::SERVICE_UNAVAILABLE, "the store is away"))
            } else {
                Ok(None)
            }
        })
    }
    fn give_back<'a>(&'a self, _: &'a str, _: Limit) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }
    fn forget<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn buckets_may_stand_elsewhere() {
    for (away, expected) in [(true, [503; 3]), (false, [200; 3])] {
        let site = Site::new()
            .with(RateStore(Arc::new(Away(away))))
            // Not the one that counts: tests run beside each other.
            .get("/search/", async || "found")
            .layer(RateLimit::new("one", 1, MINUTE));
        let site = start(site, &clock()).await;
        assert_eq!(codes(&site, ANN, "/search/", &[], 3).await, expected);
    }
}
