//! Rates and wrong passwords that several processes share by a Redis, and what happens when it is killed; sessions and values in a cache
//! while it is killed and restarted under load. Each test has a `redis-server` of its own.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::extract::{ConnectInfo, Request};
use quintet::{
    auth::{Account, Accounts, throttle::AttemptStore},
    cache::{RedisCache, RedisRates},
    core::{Service as _, rate::Limit, value::Timestamp},
    prelude::*,
    web::RateLimit,
};
use tokio::time::{sleep, timeout};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(60);

/// A server that the test may stop.
struct Server {
    port: u16,
    child: Child,
}

impl Server {
    /// `None` where there is no `redis-server`.
    async fn start() -> Option<Server> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Some(child) = Server::spawn(port) else {
            println!("skipped: there is no redis-server on this machine");
            return None;
        };
        let server = Server { port, child };
        server.up().await;
        Some(server)
    }

    fn spawn(port: u16) -> Option<Child> {
        let port = port.to_string();
        let options = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        Command::new("redis-server").args(options).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    }

    async fn up(&self) {
        let there = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(HANG, there).await.expect("redis-server starts");
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn again(&mut self) {
        self.child = Server::spawn(self.port).unwrap();
        self.up().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

fn rates(server: &Server) -> RedisRates {
    RedisRates::new(Arc::new(RedisCache::new(&server.url(), HANG).unwrap()), "test")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_redis_is_one_for_all() {
    let Some(server) = Server::start().await else { return };
    // So slow that nothing comes back while the test runs.
    let limit = Limit::new(5, Duration::from_secs(3600));
    let passed = Arc::new(AtomicUsize::new(0));
    let processes: Vec<_> = (0..8)
        .map(|_| {
            let (store, passed) = (rates(&server), passed.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    match store.take("ann", limit, Timestamp::now()).await.unwrap() {
                        None => drop(passed.fetch_add(1, SeqCst)),
                        Some(wait) => {
                            assert!(wait <= Duration::from_secs(3600) && wait > Duration::from_secs(3000))
                        }
                    }
                }
            })
        })
        .collect();
    for process in processes {
        process.await.unwrap();
    }
    assert_eq!(passed.load(SeqCst), 5);
    let (one, other) = (rates(&server), rates(&server));
    let now = Timestamp::now();
    one.give_back("ann", limit).await.unwrap();
    assert_eq!(other.take("ann", limit, now).await.unwrap(), None);
    assert!(one.take("ann", limit, now).await.unwrap().is_some());
    assert_eq!(one.take("bob", limit, now).await.unwrap(), None, "others have their own");
    other.forget("ann").await.unwrap();
    let full_at = one.take_counted("ann", limit, now).await.unwrap().unwrap();
    assert_eq!(limit.left(full_at, now.as_millisecond()), 4);
    // What is full again is not kept.
    let quick = Limit::new(2, Duration::from_millis(20));
    one.take("quick", quick, now).await.unwrap();
    one.give_back("nobody", quick).await.unwrap();
    let client = redis_keys(&server);
    until("it goes by itself", async || client.clone()("test:quick*").await == 0).await;
    assert_eq!(client("test:*").await, 2);
    // A name elsewhere is another bucket.
    let elsewhere = RedisRates::new(Arc::new(RedisCache::new(&server.url(), HANG).unwrap()), "other");
    assert_eq!(elsewhere.take("ann", limit, now).await.unwrap(), None);
}

/// How many keys fit, as `redis-cli` counts them.
fn redis_keys(server: &Server) -> impl AsyncFn(&str) -> usize + Clone + use<> {
    let port = server.port.to_string();
    async move |pattern: &str| {
        let out = Command::new("redis-cli").args(["-p", &port, "--raw", "KEYS", pattern]).output().unwrap();
        String::from_utf8(out.stdout).unwrap().lines().filter(|line| !line.is_empty()).count()
    }
}

#[get("/limited/")]
async fn limited() -> &'static str {
    "in"
}

#[get("/me/")]
async fn me(user: Option<User>) -> String {
    user.map_or("nobody".to_owned(), |user| user.username)
}

/// Sets what is remembered of this visitor, and gives what was.
#[post("/cart/{what}/")]
async fn cart(
    Path(what): Path<String>,
    user: Option<User>,
    session: Session,
    cache: Cache,
) -> Result<String> {
    let was: Option<String> = session.get("cart").await?;
    session.set("cart", &what)?;
    let name = user.map_or("nobody".to_owned(), |user| user.username);
    let cached: Option<String> = cache.get(&format!("cart:{what}")).await?;
    cache.set(&format!("cart:{what}"), &what, "1m").await?;
    Ok(format!("{name}|{}|{}", was.unwrap_or_default(), cached.unwrap_or_default()))
}

fn site() -> Site {
    let peer = async |mut request: Request| {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 50_000))));
        request
    };
    let slow = RateLimit::new("slow", 3, Duration::from_secs(3 * 3600));
    let house = App::new("house").routes(routes![me, cart]);
    Site::new()
        .install(auth::app())
        .install(sessions::app())
        .install(house)
        .install(App::new("slow").routes(routes![limited]).layer(slow))
        .layer(axum::middleware::map_request(peer))
}

async fn user(site: &TestSite, name: &str) {
    let account = Account { email: format!("{name}@example.com"), ..Account::named(name) };
    Accounts::of(site.services()).unwrap().create(account, Some("a right word")).await.unwrap();
}

async fn log_in(site: &TestSite, password: &str) -> u16 {
    site.browser().post("/login/", &[("username", "ann"), ("password", password)]).await.code()
}

#[quintet::test(site, on = "sqlite")]
async fn two_processes_share_one_limit_and_go_on_without_it(site: TestSite) {
    let Some(mut server) = Server::start().await else { return };
    user(&site, "ann").await;
    let settings = [("rates.url", server.url()), ("rates.timeout", "2s".to_owned())];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let both = site.with_settings(&settings, async |one| {
        let two = one.with_settings(&settings, async |two| shared(one, two, &mut server).await);
        two.await.unwrap();
    });
    both.await.unwrap();
}

async fn shared(one: &TestSite, two: &TestSite, server: &mut Server) {
    // Three of a network, whichever of the two it asks.
    for (place, left) in [(one, 2), (two, 1), (one, 0)] {
        let answer = place.get("/limited/").await.ok();
        let said = answer.header_text("ratelimit").unwrap().to_owned();
        assert!(said.contains(&format!(";r={left};")), "{said}");
    }
    assert_eq!((one.get("/limited/").await.code(), two.get("/limited/").await.code()), (429, 429));
    // Five wrong passwords.
    for place in [one, two, one, two, one] {
        assert_eq!(log_in(place, "wrong").await, 422);
    }
    assert_eq!((log_in(one, "a right word").await, log_in(two, "a right word").await), (429, 429));
    // Away: requests are answered uncounted; wrong passwords are counted by each for itself.
    server.kill();
    for place in [one, two, one, two, one] {
        place.get("/limited/").await.ok();
    }
    for _ in 0..5 {
        assert_eq!(log_in(one, "wrong").await, 422);
    }
    assert_eq!(log_in(one, "a right word").await, 429);
    assert_eq!(log_in(two, "a right word").await, 303);
    // Back, and empty: it is shared again by itself.
    server.again().await;
    until("both count in Redis again", async || {
        one.get("/limited/").await;
        two.get("/limited/").await.code() == 429
    })
    .await;
    assert_eq!(one.get("/limited/").await.code(), 429);
}

#[quintet::test(site, on = "sqlite")]
async fn wrong_places_for_rates_are_told(site: TestSite) {
    for (url, told) in [
        ("memcached://x", "`redis://host:6379/0`"),
        ("cache://", "names a cache that is no Redis"),
        ("cache://nowhere", "there is no `[cache.nowhere]`"),
    ] {
        let error = site.with_settings(&[("rates.url", url)], async |_| ()).await.unwrap_err().to_string();
        assert!(error.contains(told), "{url}: {error}");
    }
}

/// Requests of several people go on while the server is killed and comes back, twice.
async fn under_load(site: &TestSite, server: &mut Server, survives: bool) {
    const PEOPLE: [&str; 4] = ["ann", "bob", "carol", "dora"];
    let (stop, wrong) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::<String>::new())));
    let (turns, known) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut people = Vec::new();
    for name in PEOPLE {
        let browser = site.login(name).await;
        let (stop, wrong, turns, known) = (stop.clone(), wrong.clone(), turns.clone(), known.clone());
        people.push(tokio::spawn(async move {
            for n in 0.. {
                if stop.load(SeqCst) {
                    return;
                }
                let answer = browser.post(format!("/cart/{name}-{n}/"), &[]).await;
                turns.fetch_add(1, SeqCst);
                match answer.code() {
                    200 => {
                        let text = answer.text();
                        let parts: Vec<&str> = text.split('|').collect();
                        // Oneself or nobody, what oneself put there or nothing.
                        let own = |part: &str| part.is_empty() || part.starts_with(&format!("{name}-"));
                        if !(parts[0] == name || parts[0] == "nobody") || !own(parts[1]) || !own(parts[2]) {
                            wrong.lock().unwrap().push(format!("{name}: {text}"));
                        }
                    }
                    // The session can't be read or written: told, not guessed.
                    503 => {}
                    code => wrong.lock().unwrap().push(format!("{name}: {code} {}", answer.text())),
                }
                let me = browser.get("/me/").await;
                match (me.code(), me.text()) {
                    (200, who) if who == name => drop(known.fetch_add(1, SeqCst)),
                    // Who was forgotten logs in again.
                    (200, who) if who == "nobody" => {
                        browser.post("/login/", &[("username", name), ("password", "a right word")]).await;
                    }
                    (503, _) => {}
                    (code, who) => wrong.lock().unwrap().push(format!("{name}: {code} {who}")),
                }
            }
        }));
    }
    for _ in 0..2 {
        let before = known.load(SeqCst);
        until("people are known", async || known.load(SeqCst) > before + 40).await;
        server.kill();
        let before = (turns.load(SeqCst), known.load(SeqCst));
        until("the site answers meanwhile", async || turns.load(SeqCst) > before.0 + 40).await;
        if survives {
            until("people stay who they are", async || known.load(SeqCst) > before.1 + 40).await;
        }
        server.again().await;
    }
    let before = known.load(SeqCst);
    until("it heals by itself", async || known.load(SeqCst) > before + 40).await;
    stop.store(true, SeqCst);
    for person in people {
        person.await.unwrap();
    }
    assert_eq!(*wrong.lock().unwrap(), Vec::<String>::new());
}

async fn killed_under_load(site: TestSite, store: &str, survives: bool) {
    let Some(mut server) = Server::start().await else { return };
    for name in ["ann", "bob", "carol", "dora"] {
        user(&site, name).await;
    }
    let url = server.url();
    let settings = [
        ("cache.url", url.as_str()),
        ("session.store", store),
        ("cache.timeout", "2s"),
        ("auth.wrong_logins", "0"),
    ];
    let loaded = site.with_settings(&settings, async |site| under_load(site, &mut server, survives).await);
    loaded.await.unwrap();
}

/// What is only in the cache is gone with it: people log in again, and until it is back are told 503.
#[quintet::test(site, on = "sqlite")]
async fn sessions_in_a_redis_that_is_killed_are_forgotten_and_nobodys_else(site: TestSite) {
    killed_under_load(site, "cache", false).await;
}

/// With the database behind it people stay who they are; what changes their sessions is told 503 until it is back.
#[quintet::test(site, on = "sqlite")]
async fn sessions_in_cache_and_database_outlive_a_redis_that_is_killed(site: TestSite) {
    killed_under_load(site, "cached_db", true).await;
}
