//! The layer in Redis, on the server that `QUINTET_TEST_REDIS` names, and on one that the test stops.
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use quintet_core::{BoxFuture, ErrorKind};
use quintet_realtime::layer::{
    ConnectionId, Layer, News, Retention,
    redis::{Redis, RedisOptions},
};
use redis::{Value, cmd};
use tokio::time::{sleep, timeout};

use crate::{
    ears::{PATIENCE, event, here, logged},
    place::{Far, Make, Node, Place, brisk},
    proxy::Proxy,
    suite::{
        faults::{until_away, until_back},
        suite, suite_of_faults,
    },
};

pub fn layer(url: &str, prefix: &str, retention: Retention) -> Arc<dyn Layer> {
    let options = RedisOptions { prefix: prefix.to_owned(), retention, pace: brisk() };
    Arc::new(Redis::new(url, options).unwrap())
}

pub fn server() -> Option<String> {
    let url = std::env::var("QUINTET_TEST_REDIS").ok();
    if url.is_none() {
        println!("skipped: QUINTET_TEST_REDIS is not set (scripts/services start redis)");
    }
    url
}

fn prefix() -> String {
    format!("test-{}", ConnectionId::random().unwrap())
}

fn make(url: String, prefix: String) -> Make {
    Box::new(move |retention| -> BoxFuture<'static, Arc<dyn Layer>> {
        let layer = layer(&url, &prefix, retention);
        Box::pin(async move { layer })
    })
}

async fn place() -> Option<Place> {
    let url = server()?;
    let prefix = prefix();
    let port = url.rsplit(':').next()?.split('/').next()?.parse().ok()?;
    let proxy = Proxy::to(port).await;
    let by_proxy = url.replace(&format!(":{port}"), &format!(":{}", proxy.port));
    let far = Some(Far { make: make(by_proxy, prefix.clone()), proxy });
    Some(Place { make: make(url, prefix), several: true, far, hold: Box::new(()) })
}

suite!(crate::redis::place);
suite_of_faults!(crate::redis::place);

fn ask(url: &str, command: &[&str]) -> Value {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut asked = cmd(command[0]);
    asked.arg(&command[1..]);
    asked.query(&mut connection).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_lost_is_found() {
    let Some(url) = server() else { return };
    let prefix = prefix();
    let node = Node::start(layer(&url, &prefix, Retention::default())).await;
    node.layer.listen("a").await.unwrap();
    node.layer.append("a", event("1")).await.unwrap();
    node.ears.logged("a", 1).await;
    // What an appending does, but for the publishing.
    ask(&url, &["HINCRBY", &format!("{prefix}:{{a}}:top"), "o", "1"]);
    let id = format!("2-{}", std::time::UNIX_EPOCH.elapsed().unwrap().as_millis());
    ask(&url, &["XADD", &format!("{prefix}:{{a}}:log"), &id, "d", "lost", "x", ""]);
    let heard = node.ears.logged("a", 2).await;
    assert_eq!((heard[1].0.offset, &heard[1].1), (2, &event("lost")));
    // In the middle, it is found as soon as the next one comes.
    node.layer.append("a", event("3")).await.unwrap();
    let heard = node.ears.logged("a", 3).await;
    assert_eq!(heard.iter().map(|(at, _)| at.offset).collect::<Vec<_>>(), [1, 2, 3]);
    // A change of who is present, too.
    ask(
        &url,
        &[
            "HSET",
            &format!("{prefix}:{{a}}:here"),
            &ConnectionId(7).to_string(),
            &format!("{}{}1", "0".repeat(16), ConnectionId(1)),
        ],
    );
    ask(&url, &["HINCRBY", &format!("{prefix}:{{a}}:top"), "v", "1"]);
    node.ears.present("a", vec![7]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_were_flushed_are_sent_again() {
    let Some(own) = Server::start() else { return };
    let node = Node::start(layer(&own.url(), "test", Retention::default())).await;
    node.layer.listen("a").await.unwrap();
    for n in 1..=3 {
        ask(&own.url(), &["SCRIPT", "FLUSH"]);
        assert_eq!(node.layer.append("a", event("1")).await.unwrap().offset, n);
        ask(&own.url(), &["SCRIPT", "FLUSH"]);
        node.layer.listen(&format!("b{n}")).await.unwrap();
    }
    assert_eq!(node.ears.logged("a", 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_goes_by_itself() {
    let Some(url) = server() else { return };
    let prefix = prefix();
    let short = Retention { events: 10, age: Duration::from_millis(1_500) };
    let node = Node::start(layer(&url, &prefix, short)).await;
    for _ in 0..30 {
        node.layer.append("a", event("1")).await.unwrap();
    }
    let log = format!("{prefix}:{{a}}:log");
    assert!(matches!(ask(&url, &["XLEN", &log]), Value::Int(..=10)));
    for key in [&log, &format!("{prefix}:{{a}}:top")] {
        assert!(matches!(ask(&url, &["PTTL", key]), Value::Int(1..)), "{key} never goes");
    }
    // Old entries go also where new ones keep the log alive.
    sleep(Duration::from_millis(1_600)).await;
    node.layer.append("a", event("1")).await.unwrap();
    assert_eq!(ask(&url, &["XLEN", &log]), Value::Int(1));
    let gone = async {
        while ask(&url, &["EXISTS", &log]) == Value::Int(1) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_has_forgotten_all_begins_anew() {
    let Some(mut own) = Server::start() else { return };
    let nodes = [
        Node::start(layer(&own.url(), "test", Retention::default())).await,
        Node::start(layer(&own.url(), "test", Retention::default())).await,
    ];
    for (node, id) in nodes.iter().zip(1..) {
        node.layer.listen("a").await.unwrap();
        node.layer.enter("a", here(id, "1")).await.unwrap();
    }
    let old = nodes[0].layer.append("a", event("1")).await.unwrap();
    nodes[1].ears.logged("a", 1).await;
    for flushed in [false, true] {
        if flushed {
            ask(&own.url(), &["FLUSHALL"]);
        } else {
            own.restart().await;
            until_away(&nodes[1]).await;
            for node in &nodes {
                until_back(node).await;
            }
        }
        let before = nodes[1].ears.of("a").len();
        let new = nodes[0].layer.append("a", event("new")).await.unwrap();
        assert_ne!(new.epoch, old.epoch);
        for node in &nodes {
            let gap = |news: &[News]| {
                let gaps = news.iter().filter(|news| matches!(news, News::Gap(at) if at.epoch == new.epoch));
                (gaps.count() == 1).then_some(())
            };
            node.ears.until("a", "a gap to the new log", gap).await;
            // All are here again, by their own nodes.
            let all = async {
                loop {
                    let mut ids: Vec<_> =
                        node.layer.here("a").await.unwrap_or_default().iter().map(|here| here.id.0).collect();
                    ids.sort_unstable();
                    if ids == [1, 2] {
                        break;
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            };
            timeout(PATIENCE, all).await.unwrap();
            node.ears.present("a", vec![1, 2]).await;
        }
        let heard = nodes[1].ears.of("a");
        assert!(heard.len() > before || !flushed);
        let last = nodes[0].layer.append("a", event("last")).await.unwrap();
        let done = |news: &[News]| (logged(news).last()?.0 == last).then_some(());
        nodes[1].ears.until("a", "what comes after", done).await;
    }
}

#[tokio::test]
async fn what_can_t_work_is_said_at_once() {
    for (url, prefix) in [("http://a", "p"), ("redis://", ""), ("redis://127.0.0.1", "a{b}")] {
        let options = RedisOptions { prefix: prefix.to_owned(), ..RedisOptions::default() };
        assert_eq!(*Redis::new(url, options).unwrap_err().kind(), ErrorKind::Settings, "{url} {prefix}");
    }
    let Some(url) = server() else { return };
    let url = url.replace("redis://", "redis://nobody:wrong@");
    let layer = layer(&url, "test", Retention::default());
    let error = layer.start(Arc::new(crate::ears::Ears::default())).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Settings, "{error}");
}

/// A server that the test may stop.
struct Server {
    port: u16,
    child: Child,
}

impl Server {
    /// `None` where there is no `redis-server`.
    fn start() -> Option<Server> {
        server()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Some(child) = Server::spawn(port) else {
            println!("skipped: there is no redis-server on this machine");
            return None;
        };
        let own = Server { port, child };
        while redis::Client::open(own.url()).unwrap().get_connection().is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(own)
    }

    fn spawn(port: u16) -> Option<Child> {
        let port = port.to_string();
        let options = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        Command::new("redis-server").args(options).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    async fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        sleep(Duration::from_millis(500)).await;
        self.child = Server::spawn(self.port).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
