//! A sink that keeps what it hears.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use quintet_realtime::layer::{ConnectionId, Event, Here, News, Position, Sink};
use tokio::{sync::Notify, time::timeout};

/// Longer than anything takes, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Ears {
    heard: Mutex<HashMap<String, Vec<News>>>,
    changed: Notify,
}

impl Sink for Ears {
    fn hear(&self, topic: &str, news: News) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.entry(topic.to_owned()).or_default().push(news);
        self.changed.notify_waiters();
    }
}

impl Ears {
    pub fn of(&self, topic: &str) -> Vec<News> {
        self.heard.lock().unwrap().get(topic).cloned().unwrap_or_default()
    }

    /// Waits until what was heard in a topic is as it should be.
    pub async fn until<T>(&self, topic: &str, what: &str, mut judge: impl FnMut(&[News]) -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = judge(&self.of(topic)) {
                    return found;
                }
                changed.await;
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(_) => panic!("{topic:?}: never heard {what}, but {:?}", self.of(topic)),
        }
    }

    /// Waits for so many events of the log, and gives all that were heard, in order.
    pub async fn logged(&self, topic: &str, count: usize) -> Vec<(Position, Event)> {
        let enough = |news: &[News]| {
            let logged = logged(news);
            (logged.len() >= count).then_some(logged)
        };
        self.until(topic, &format!("{count} events"), enough).await
    }

    pub async fn passed(&self, topic: &str, count: usize) -> Vec<Event> {
        let enough = |news: &[News]| {
            let passed: Vec<_> = news
                .iter()
                .filter_map(|news| match news {
                    News::Passed(event) => Some(event.clone()),
                    _ => None,
                })
                .collect();
            (passed.len() >= count).then_some(passed)
        };
        self.until(topic, &format!("{count} passed"), enough).await
    }

    /// Waits until exactly these are present, as far as the news tell.
    pub async fn present(&self, topic: &str, mut ids: Vec<u128>) {
        ids.sort_unstable();
        let what = format!("that {ids:?} are here");
        self.until(topic, &what, |news| (present(news) == ids).then_some(())).await;
    }

    /// How often it was told that somebody has left.
    pub fn lefts(&self, topic: &str, id: u128) -> usize {
        self.of(topic).iter().filter(|news| **news == News::Left(ConnectionId(id))).count()
    }
}

pub fn logged(news: &[News]) -> Vec<(Position, Event)> {
    let logged = news.iter().filter_map(|news| match news {
        News::Logged(at, event) => Some((*at, event.clone())),
        _ => None,
    });
    logged.collect()
}

/// Who is here, as the news tell.
pub fn present(news: &[News]) -> Vec<u128> {
    let mut here = std::collections::BTreeSet::new();
    for news in news {
        match news {
            News::Entered(one) => drop(here.insert(one.id.0)),
            News::Left(id) => drop(here.remove(&id.0)),
            News::Present(all) => here = all.iter().map(|one| one.id.0).collect(),
            _ => {}
        }
    }
    here.into_iter().collect()
}

pub fn event(data: impl Into<Bytes>) -> Event {
    Event { data: data.into(), except: None }
}

pub fn here(id: u128, meta: &'static str) -> Here {
    Here { id: ConnectionId(id), meta: Bytes::from_static(meta.as_bytes()) }
}
