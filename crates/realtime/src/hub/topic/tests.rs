use std::sync::atomic::{AtomicBool, Ordering};

use quintet_core::{BoxFuture, Error, ErrorKind, Result};

use super::*;
use crate::{
    Channels,
    hub::{Hub, registry::Registry},
    layer::{Layer, Retention, Since, Sink, memory::Memory},
};

fn here(id: u128) -> Here {
    Here { id: ConnectionId(id), meta: Bytes::from_static(b"1") }
}

fn topic() -> Arc<TopicState> {
    Arc::new(TopicState::new("room".into()))
}

/// How much waits for an answer of the layer.
fn waiting(topic: &TopicState) -> usize {
    topic.inner().early.len()
}

#[test]
fn what_comes_is_kept_only_while_somebody_asks_who_is_there() {
    let topic = topic();
    topic.hear(News::Entered(here(1)));
    assert_eq!((waiting(&topic), topic.present()), (0, None), "nobody has asked");

    let (one, other) = (topic.ask_present(), topic.ask_present());
    topic.hear(News::Entered(here(2)));
    drop(one);
    assert_eq!(waiting(&topic), 1, "the other one still asks");
    drop(other);
    topic.hear(News::Entered(here(3)));
    assert_eq!(waiting(&topic), 0, "they have asked in vain");

    let asking = topic.ask_present();
    assert!(asking.is_some());
    topic.hear(News::Left(ConnectionId(4)));
    topic.hear(News::Entered(here(5)));
    topic.set_present(vec![here(3), here(4)]);
    drop(asking);
    assert_eq!((waiting(&topic), topic.present()), (0, Some(vec![here(3), here(5)])));
    assert!(topic.ask_present().is_none(), "it is known now");
}

/// What it heard of who is there.
#[derive(Default)]
struct Told(Mutex<Vec<ConnectionId>>);

impl Ear for Told {
    fn hear(&self, _: &Arc<str>, heard: &Heard<'_>) -> bool {
        if let Heard::Presence(news) = heard {
            self.0.lock().unwrap().extend(news.joins.iter().map(|here| here.id));
        }
        true
    }
}

/// Whoever the layer did not answer is told as soon as it is known.
#[tokio::test(start_paused = true)]
async fn who_could_not_be_told_is_told_later() {
    for by_the_layer in [true, false] {
        let topic = topic();
        let (sees, blind) = (Arc::new(Told::default()), Arc::new(Told::default()));
        drop(topic.ask_present());
        topic.listen(ConnectionId(1), sees.clone(), true, |_, here| assert!(here.is_empty()));
        topic.listen(ConnectionId(2), blind.clone(), false, |_, _| {});
        let all = vec![here(1), here(7)];
        match by_the_layer {
            true => topic.hear(News::Present(all)),
            false => topic.set_present(all),
        }
        tokio::time::sleep(GATHER * 2).await;
        assert_eq!(*sees.0.lock().unwrap(), [ConnectionId(1), ConnectionId(7)]);
        assert!(blind.0.lock().unwrap().is_empty());
    }
}

/// A layer that does not always say who is there.
struct Silent(Memory, AtomicBool);

impl Layer for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    fn start<'a>(&'a self, sink: Arc<dyn Sink>) -> BoxFuture<'a, Result> {
        self.0.start(sink)
    }

    fn append<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result<Position>> {
        self.0.append(topic, event)
    }

    fn pass<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result> {
        self.0.pass(topic, event)
    }

    fn listen<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Position>> {
        self.0.listen(topic)
    }

    fn forget(&self, topic: &str) {
        self.0.forget(topic);
    }

    fn since<'a>(&'a self, topic: &'a str, after: Position) -> BoxFuture<'a, Result<Since>> {
        self.0.since(topic, after)
    }

    fn enter<'a>(&'a self, topic: &'a str, here: Here) -> BoxFuture<'a, Result> {
        self.0.enter(topic, here)
    }

    fn leave<'a>(&'a self, topic: &'a str, id: ConnectionId) -> BoxFuture<'a, Result> {
        self.0.leave(topic, id)
    }

    fn here<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Vec<Here>>> {
        if self.1.load(Ordering::Relaxed) {
            return self.0.here(topic);
        }
        let status = http::StatusCode::SERVICE_UNAVAILABLE;
        Box::pin(std::future::ready(Err(Error::of_kind(ErrorKind::Unavailable, status, "away"))))
    }

    fn health<'a>(&'a self) -> BoxFuture<'a, Result> {
        self.0.health()
    }

    fn stop<'a>(&'a self) -> BoxFuture<'a, ()> {
        self.0.stop()
    }
}

#[tokio::test]
async fn asking_from_outside_leaves_nothing_behind() {
    let layer = Arc::new(Silent(Memory::new(Retention::default()), AtomicBool::new(true)));
    let settings = quintet_core::settings::Settings::for_tests(".", Vec::<(&str, &str)>::new());
    let hub = Hub::new(layer.clone(), Registry::default(), None, settings.get().unwrap(), false).unwrap();
    layer.start(hub.clone()).await.unwrap();
    let channels = Channels(hub.clone());
    let hold = hub.hold("room").await;
    layer.enter("room", here(1)).await.unwrap();
    assert_eq!(channels.present("room").await.unwrap(), [serde_json::json!(1)]);
    layer.enter("room", here(2)).await.unwrap();
    assert_eq!(waiting(&hold.topic), 0);

    layer.1.store(false, Ordering::Relaxed);
    assert!(hub.know_present(&hold.topic).await.is_err());
    layer.enter("room", here(3)).await.unwrap();
    assert_eq!(waiting(&hold.topic), 0);
    layer.1.store(true, Ordering::Relaxed);
    hub.know_present(&hold.topic).await.unwrap();
    assert_eq!(channels.present("room").await.unwrap().len(), 3);
}
