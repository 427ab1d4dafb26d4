//! Three nodes that are processes of their own: this test binary again, told by its environment to be one. One of them is killed and
//! started again while the others say thousands of things.
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use quintet_realtime::layer::{Event, Layer, News, Position, Retention, Since, Sink};

use crate::ears::{event, here};

const TOPICS: [&str; 2] = ["one", "two"];
/// In each topic.
const MESSAGES: u64 = 10_000;
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(240);

// --- a node --------------------------------------------------------------------------------------------------------------

/// Writes a line for all that it hears.
struct Mouth {
    /// What is heard before it is known where each topic is resumed.
    state: Mutex<HashMap<String, Resumed>>,
}

#[derive(Default)]
struct Resumed {
    at: Option<Position>,
    waiting: Vec<News>,
}

fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "node: {text}");
    let _ = out.flush();
}

fn tell(topic: &str, news: &News) {
    match news {
        News::Logged(at, event) => line(&format!("L {topic} {at} {}", String::from_utf8_lossy(&event.data))),
        News::Gap(at) => line(&format!("X {topic} {at}")),
        News::Entered(here) => line(&format!("E {topic} {}", here.id.0)),
        News::Left(id) => line(&format!("G {topic} {}", id.0)),
        News::Present(all) => {
            let ids: Vec<_> = all.iter().map(|here| here.id.0.to_string()).collect();
            line(&format!("P {topic} {}", ids.join(",")));
        }
        News::Passed(_) => {}
    }
}

impl Sink for Mouth {
    fn hear(&self, topic: &str, news: News) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let resumed = state.entry(topic.to_owned()).or_default();
        match (resumed.at, &news) {
            (None, _) => resumed.waiting.push(news),
            // What was asked for has it already.
            (Some(last), News::Logged(at, _)) if at.epoch == last.epoch && at.offset <= last.offset => {}
            _ => tell(topic, &news),
        }
    }
}

impl Mouth {
    /// Everything up to here was told.
    fn resume(&self, topic: &str, at: Position) {
        let waiting = {
            let mut state = self.state.lock().unwrap();
            let resumed = state.entry(topic.to_owned()).or_default();
            resumed.at = Some(at);
            std::mem::take(&mut resumed.waiting)
        };
        waiting.into_iter().for_each(|news| self.hear(topic, news));
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Not a test: what a node's process runs.
#[test]
fn a_node() {
    let kind = env("QUINTET_TEST_NODE");
    if kind.is_empty() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let keep = Retention { events: 50_000, age: Duration::from_secs(600) };
        let layer: Arc<dyn Layer> = match &*kind {
            "redis" => {
                crate::redis::layer(&env("QUINTET_TEST_NODE_AT"), &env("QUINTET_TEST_NODE_PREFIX"), keep)
            }
            _ => crate::postgres::layer(&env("QUINTET_TEST_NODE_AT"), keep).await,
        };
        let mouth = Arc::new(Mouth { state: Mutex::default() });
        layer.start(mouth.clone()).await.unwrap();
        let id: u128 = env("QUINTET_TEST_NODE_ID").parse().unwrap();
        let after: Vec<Option<Position>> =
            env("QUINTET_TEST_NODE_AFTER").split(',').map(|at| at.parse().ok()).collect();
        for (n, topic) in TOPICS.into_iter().enumerate() {
            let now = layer.listen(topic).await.unwrap();
            let mut last = now;
            if let Some(after) = after.get(n).copied().flatten() {
                last = after;
                loop {
                    match layer.since(topic, last).await.unwrap() {
                        Since::Gap { at } => {
                            tell(topic, &News::Gap(at));
                            last = at;
                            break;
                        }
                        Since::Events { events, .. } if events.is_empty() => break,
                        Since::Events { events, at } => {
                            for (offset, event) in events {
                                tell(topic, &News::Logged(Position { offset, ..at }, event));
                            }
                            last = at;
                        }
                    }
                }
            }
            layer.enter(topic, here(id, "1")).await.unwrap();
            let present = layer.here(topic).await.unwrap();
            tell(topic, &News::Present(present));
            mouth.resume(topic, last);
        }
        line("ready");
        let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for read in std::io::stdin().lines() {
                let Ok(read) = read else { break };
                if say.send(read).is_err() {
                    break;
                }
            }
        });
        // Until its standard input ends: "count" things are said in each topic.
        while let Some(count) = said.recv().await {
            let count: u64 = count.parse().unwrap();
            let mut tasks = Vec::new();
            for topic in TOPICS {
                for task in 0..8 {
                    let layer = layer.clone();
                    tasks.push(tokio::spawn(async move {
                        for n in (task..count).step_by(8) {
                            let event: Event = event(format!("{id}.{n}"));
                            layer.append(topic, event).await.unwrap();
                        }
                    }));
                }
            }
            for task in tasks {
                task.await.unwrap();
            }
            line("said");
        }
        layer.stop().await;
        line("stopped");
    });
}

// --- those who watch -----------------------------------------------------------------------------------------------------

struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    heard: Vec<String>,
}

impl Process {
    fn start(about: &[(&str, String)]) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "processes::a_node", "--nocapture", "--test-threads=1"]);
        command.envs(about.iter().map(|(name, value)| (format!("QUINTET_TEST_NODE{name}"), value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                let Ok(line) = line else { break };
                if let Some(told) = line.split("node: ").nth(1)
                    && sender.send(told.to_owned()).is_err()
                {
                    break;
                }
            }
        });
        let input = child.stdin.take();
        Process { child, input, lines, heard: Vec::new() }
    }

    fn take(&mut self) {
        self.heard.extend(self.lines.try_iter());
    }

    fn until(&mut self, what: &str, judge: impl Fn(&[String]) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.take();
            if judge(&self.heard) {
                return;
            }
            let tail = &self.heard[self.heard.len().saturating_sub(5)..];
            assert!(Instant::now() < end, "never {what}; heard {} lines, at last {tail:?}", self.heard.len());
            assert!(self.child.try_wait().unwrap().is_none(), "it has ended before {what}: {tail:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn say(&mut self, count: u64) {
        writeln!(self.input.as_mut().unwrap(), "{count}").unwrap();
    }

    /// The events of a topic: offset and text.
    fn logged(&self, topic: &str) -> Vec<(Position, String)> {
        let begin = format!("L {topic} ");
        let told = self.heard.iter().filter_map(|line| line.strip_prefix(&begin)?.split_once(' '));
        told.map(|(at, text)| (at.parse().unwrap(), text.to_owned())).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn present(heard: &[String], topic: &str) -> Vec<u128> {
    let mut here = std::collections::BTreeSet::new();
    for line in heard {
        let mut words = line.split(' ');
        let (kind, of, ids) = (words.next(), words.next(), words.next().unwrap_or_default());
        if of != Some(topic) {
            continue;
        }
        let ids = ids.split(',').filter_map(|id| id.parse::<u128>().ok());
        match kind {
            Some("E") => here.extend(ids),
            Some("G") => here.retain(|id| !ids.clone().any(|gone| gone == *id)),
            Some("P") => here = ids.collect(),
            _ => {}
        }
    }
    here.into_iter().collect()
}

fn all_are_heard_while_one_is_killed(kind: &str, about: &[(&str, String)]) {
    let start = |id: u32, after: String| {
        let mut about = about.to_vec();
        about.extend([("", kind.to_owned()), ("_ID", id.to_string()), ("_AFTER", after)]);
        Process::start(&about)
    };
    let mut nodes: Vec<_> = (1..=3).map(|id| start(id, String::new())).collect();
    for node in &mut nodes {
        node.until("ready", |heard| heard.iter().any(|line| line == "ready"));
    }
    for node in &mut nodes {
        for topic in TOPICS {
            node.until("all here", |heard| present(heard, topic) == [1, 2, 3]);
        }
    }
    for node in &mut nodes[..2] {
        node.say(MESSAGES / 2);
    }
    let third = &mut nodes[2];
    third.until("in the middle", |heard| heard.len() as u64 > MESSAGES / 2);
    third.child.kill().unwrap();
    third.child.wait().unwrap();
    // What is in its pipe was said by it before.
    std::thread::sleep(Duration::from_millis(200));
    third.take();
    let before: Vec<_> = TOPICS.map(|topic| third.logged(topic)).into();
    for node in &mut nodes[..2] {
        for topic in TOPICS {
            node.until("missed", |heard| present(heard, topic) == [1, 2]);
        }
    }
    let after = before.iter().map(|logged| logged.last().map_or(String::new(), |(at, _)| at.to_string()));
    nodes[2] = start(4, after.collect::<Vec<_>>().join(","));
    for node in &mut nodes[..2] {
        node.until("said", |heard| heard.iter().any(|line| line == "said"));
    }
    let mut all: Vec<Vec<_>> = Vec::new();
    for (n, node) in nodes.iter_mut().enumerate() {
        for (topic, before) in TOPICS.into_iter().zip(&before) {
            let last = format!("-{MESSAGES} ");
            let begin = format!("L {topic} ");
            node.until("the last one", |heard| {
                heard.iter().rev().any(|line| line.starts_with(&begin) && line.contains(&last))
            });
            node.until("all here again", |heard| present(heard, topic) == [1, 2, 4]);
            let mut logged = node.logged(topic);
            if n == 2 {
                logged.splice(0..0, before.iter().cloned());
            }
            assert_eq!(logged.len() as u64, MESSAGES, "node {n}, {topic}: each is heard once");
            for ((at, _), offset) in logged.iter().zip(1..) {
                assert_eq!((at.epoch, at.offset), (logged[0].0.epoch, offset), "node {n}, {topic}");
            }
            assert!(!node.heard.iter().any(|line| line.starts_with("X ")), "nothing was lost");
            all.push(logged);
        }
    }
    for n in 0..TOPICS.len() {
        assert!(all[n] == all[n + 2] && all[n] == all[n + 4], "all hear the same");
    }
    for node in &nodes[..2] {
        for topic in TOPICS {
            let left = node.heard.iter().filter(|line| **line == format!("G {topic} 3")).count();
            assert_eq!(left, 1, "who was killed is missed once");
        }
    }
    // Who ends well is missed at once.
    nodes[1].input = None;
    nodes[1].until("stopped", |heard| heard.iter().any(|line| line == "stopped"));
    for topic in TOPICS {
        nodes[0].until("two are left", |heard| present(heard, topic) == [1, 4]);
    }
}

#[test]
fn all_are_heard_in_redis_while_a_node_is_killed() {
    let Some(url) = crate::redis::server() else { return };
    let prefix = format!("test-{}", quintet_realtime::layer::ConnectionId::random().unwrap());
    all_are_heard_while_one_is_killed("redis", &[("_AT", url), ("_PREFIX", prefix)]);
}

#[test]
fn all_are_heard_in_postgres_while_a_node_is_killed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(schema) = runtime.block_on(crate::postgres::Schema::new()) else { return };
    all_are_heard_while_one_is_killed("postgres", &[("_AT", schema.url())]);
}
