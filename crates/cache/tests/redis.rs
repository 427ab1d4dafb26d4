//! Redis: the contract on the server that `QUINTET_TEST_REDIS` names, and faults with a `redis-server` of the test's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use quintet_cache::{Cache, CacheOptions, RedisCache};
use quintet_core::ErrorKind;
use support::Place;
use tokio::time::{sleep, timeout};

/// Long enough for a busy machine, where nothing is to fail.
const PATIENT: Duration = Duration::from_secs(30);
const BRIEF: Duration = Duration::from_millis(500);

async fn place() -> Option<Place> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Ok(url) = std::env::var("QUINTET_TEST_REDIS") else {
        println!("skipped: QUINTET_TEST_REDIS is not set (scripts/services start redis)");
        return None;
    };
    let prefix = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, SeqCst));
    let backend = Arc::new(RedisCache::new(&url, PATIENT).unwrap());
    Some(Place { backend, clock: None, prefix, hold: Box::new(()) })
}

contract!(in_redis, crate::place);

/// A server that the test may stop.
struct Server {
    port: u16,
    child: Child,
}

impl Server {
    /// `None` where there is no `redis-server`.
    fn start() -> Option<Server> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Some(child) = Server::spawn(port) else {
            println!("skipped: there is no redis-server on this machine");
            return None;
        };
        Some(Server { port, child })
    }

    fn spawn(port: u16) -> Option<Child> {
        let port = port.to_string();
        let options = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        Command::new("redis-server").args(options).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    }

    fn cache(&self, strict: bool, limit: Duration) -> Cache {
        let redis = RedisCache::new(&format!("redis://127.0.0.1:{}/0", self.port), limit).unwrap();
        Cache::new(redis, CacheOptions { strict, ..CacheOptions::default() })
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it answers.
    async fn awake(&self) {
        let cache = self.cache(true, BRIEF);
        let answers = async {
            while cache.set("awake", &1, "1m").await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENT, answers).await.expect("redis-server does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(PATIENT, waiting).await.is_ok(), "in vain: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_goes_on_while_redis_is_killed_and_started_again() {
    let Some(mut server) = Server::start() else { return };
    server.awake().await;
    let cache = server.cache(false, BRIEF);
    let (stop, turns, hits) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..8)
        .map(|task| {
            let (cache, stop, turns, hits) = (cache.clone(), stop.clone(), turns.clone(), hits.clone());
            tokio::spawn(async move {
                for n in 0.. {
                    if stop.load(SeqCst) {
                        break;
                    }
                    // What is found is what was kept under this very key.
                    let key = format!("{task}:{}", n % 50);
                    if let Some(found) = cache.get::<String>(&key).await.unwrap() {
                        assert_eq!(found, key);
                        hits.fetch_add(1, SeqCst);
                    }
                    cache.set(&key, &key, "1m").await.unwrap();
                    let computed =
                        cache.get_or(&format!("or:{key}"), "1m", async || Ok(key.clone())).await.unwrap();
                    assert_eq!(computed, key);
                    turns.fetch_add(1, SeqCst);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for _ in 0..2 {
        let before = hits.load(SeqCst);
        until("values are found", async || hits.load(SeqCst) > before + 100).await;
        server.kill();
        sleep(Duration::from_millis(100)).await;
        let (before, found) = (turns.load(SeqCst), hits.load(SeqCst));
        until("the site goes on without", async || turns.load(SeqCst) > before + 500).await;
        assert_eq!(hits.load(SeqCst), found, "nothing is found where there is nothing");
        server.child = Server::spawn(server.port).unwrap();
    }
    let before = hits.load(SeqCst);
    until("values are found again", async || hits.load(SeqCst) > before + 100).await;
    stop.store(true, SeqCst);
    for task in load {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_strict_cache_tells_and_a_site_starts_without_its_redis() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redis = RedisCache::new(&format!("redis://:hunter2@127.0.0.1:{port}/0"), BRIEF).unwrap();
    let cache = Cache::new(redis, CacheOptions { strict: true, ..CacheOptions::default() });
    for _ in 0..3 {
        let error = cache.get::<i32>("k").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unavailable) && error.status() == 503, "{error:?}");
        assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
        assert!(!format!("{error:?}").contains("hunter2") && !format!("{cache:?}").contains("hunter2"));
    }
    // What can't be cleared is told in any cache.
    let redis = RedisCache::new(&format!("redis://127.0.0.1:{port}/0"), BRIEF).unwrap();
    assert!(Cache::new(redis, CacheOptions::default()).clear().await.is_err());
    for wrong in ["redis://", "http://x", "redis://host:port"] {
        let error = RedisCache::new(wrong, BRIEF).unwrap_err().to_string();
        assert!(error.contains("redis://host:6379/0"), "{wrong}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_is_waited_for_only_so_long_and_answers_are_not_mixed_up() {
    let Some(server) = Server::start() else { return };
    server.awake().await;
    let cache = server.cache(false, BRIEF);
    for n in 0..20 {
        cache.set(&n.to_string(), &n, "1m").await.unwrap();
    }
    server.signal("-STOP");
    let hung = async {
        for n in 0..20 {
            assert_eq!(cache.get::<i32>(&n.to_string()).await.unwrap(), None);
        }
    };
    timeout(PATIENT, hung).await.expect("waited for a Redis that hangs");
    server.signal("-CONT");
    until("it answers again", async || cache.get::<i32>("0").await.unwrap().is_some()).await;
    for n in 0..20 {
        assert_eq!(cache.get::<i32>(&n.to_string()).await.unwrap(), Some(n));
    }
}

#[tokio::test]
async fn what_is_no_value_of_ours_is_dropped() {
    let Some(place) = place().await else { return };
    let url = std::env::var("QUINTET_TEST_REDIS").unwrap();
    let cache = place.cache();
    let key = cache.full_key("k").unwrap();
    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let () = redis::cmd("SET").arg(&key).arg(&b"\xff\xfe"[..]).query_async(&mut redis).await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap(), None);
    let left: bool = redis::cmd("EXISTS").arg(&key).query_async(&mut redis).await.unwrap();
    assert!(!left);
    // A time-out is Redis's own.
    cache.set("k", &1, "1h").await.unwrap();
    let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut redis).await.unwrap();
    assert!((1..=3_600_000).contains(&left), "{left}");
    cache.clear().await.unwrap();
}
