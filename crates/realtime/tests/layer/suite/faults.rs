//! What becomes of a layer whose server is away.
use std::time::Duration;

use quintet_core::ErrorKind;
use quintet_realtime::layer::{ConnectionId, News, Retention, Since};
use tokio::time::{sleep, timeout};

use super::topic;
use crate::{
    ears::{PATIENCE, event, here, logged},
    place::{Node, Place},
    proxy::Way,
};

/// A node that reaches the server directly, and one by a way that can be cut.
async fn two(place: &Place, retention: Retention) -> (Node, Node) {
    let far = place.far.as_ref().unwrap();
    (place.node_with(retention).await, Node::start((far.make)(retention).await).await)
}

pub async fn until_away(node: &Node) {
    let away = async {
        while node.layer.health().await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, away).await.expect("never noticed that the server is away");
}

pub async fn until_back(node: &Node) {
    let back = async {
        while node.layer.health().await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, back).await.expect("never came back");
}

fn offsets(node: &Node, topic: &str) -> Vec<u64> {
    logged(&node.ears.of(topic)).iter().map(|(at, _)| at.offset).collect()
}

pub async fn what_was_missed_is_told_afterwards(place: &Place) {
    let (near, far) = two(place, Retention::default()).await;
    let way = &place.far.as_ref().unwrap().proxy;
    let (topic, quiet, late) = (topic("a"), topic("quiet"), topic("late"));
    for node in [&near, &far] {
        node.layer.listen(&topic).await.unwrap();
        node.layer.listen(&quiet).await.unwrap();
    }
    near.layer.enter(&topic, here(1, "1")).await.unwrap();
    far.layer.enter(&topic, here(2, "1")).await.unwrap();
    far.layer.enter(&quiet, here(5, "1")).await.unwrap();
    for n in 1..=3 {
        near.layer.append(&topic, event(n.to_string())).await.unwrap();
    }
    far.ears.logged(&topic, 3).await;
    near.ears.present(&topic, vec![1, 2]).await;

    way.set(Way::Cut);
    until_away(&far).await;
    let refused = [
        far.layer.append(&topic, event("lost")).await.map(drop),
        far.layer.pass(&topic, event("lost")).await,
        far.layer.listen(&late).await.map(drop),
        far.layer.enter(&late, here(9, "1")).await,
        far.layer.here(&topic).await.map(drop),
    ];
    for answer in refused {
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
    }
    // It has been away for so long that it was missed.
    near.ears.present(&topic, vec![1]).await;
    for n in 4..=8 {
        near.layer.append(&topic, event(n.to_string())).await.unwrap();
    }
    near.layer.enter(&topic, here(3, "1")).await.unwrap();
    near.layer.leave(&topic, ConnectionId(1)).await.unwrap();

    way.set(Way::Open);
    until_back(&far).await;
    let heard = far.ears.logged(&topic, 8).await;
    assert_eq!(offsets(&far, &topic), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(heard.iter().zip(1..).all(|((_, heard), n)| *heard == event(n.to_string())));
    assert!(!far.ears.of(&topic).iter().any(|news| matches!(news, News::Gap(_))));
    // Each topic is told who is there, and who was present by the node is entered again.
    near.layer.listen(&late).await.unwrap();
    for (topic, ids) in [(&topic, vec![2, 3]), (&quiet, vec![5]), (&late, vec![9])] {
        let told = |news: &[News]| news.iter().any(|news| matches!(news, News::Present(_))).then_some(());
        far.ears.until(topic, "who is present", told).await;
        far.ears.present(topic, ids.clone()).await;
        let here = async {
            loop {
                let mut all: Vec<_> =
                    near.layer.here(topic).await.unwrap().iter().map(|here| here.id.0).collect();
                all.sort_unstable();
                if all == ids {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, here).await.expect("who is present was not entered again");
    }
    // What was wanted while it was away is told, after a gap.
    let first = near.layer.append(&late, event("1")).await.unwrap();
    let heard = far
        .ears
        .until(&late, "the first event", |news| (!logged(news).is_empty()).then(|| news.to_vec()))
        .await;
    assert_eq!(logged(&heard), [(first, event("1"))]);
    assert!(matches!(heard[0], News::Gap(at) if at.offset == 0), "{heard:?}");
    let at = far.layer.append(&topic, event("9")).await.unwrap();
    assert_eq!(at.offset, 9);
    assert_eq!(near.ears.logged(&topic, 9).await.len(), 9);
    assert_eq!(far.ears.logged(&topic, 9).await.len(), 9);
}

pub async fn what_is_not_kept_any_more_is_a_gap(place: &Place) {
    let few = Retention { events: 3, age: Duration::from_secs(600) };
    let (near, far) = two(place, few).await;
    let way = &place.far.as_ref().unwrap().proxy;
    let topic = topic("a");
    far.layer.listen(&topic).await.unwrap();
    near.layer.append(&topic, event("1")).await.unwrap();
    far.ears.logged(&topic, 1).await;
    way.set(Way::Cut);
    until_away(&far).await;
    for n in 2..=10 {
        near.layer.append(&topic, event(n.to_string())).await.unwrap();
    }
    way.set(Way::Open);
    let gap = |news: &[News]| {
        news.iter().find_map(|news| match news {
            News::Gap(at) => Some(*at),
            _ => None,
        })
    };
    let at = far.ears.until(&topic, "a gap", gap).await;
    assert_eq!(at.offset, 10);
    near.layer.append(&topic, event("11")).await.unwrap();
    far.ears.logged(&topic, 2).await;
    assert_eq!(offsets(&far, &topic), [1, 11]);
    assert_eq!(near.layer.since(&topic, at).await.unwrap(), far.layer.since(&topic, at).await.unwrap());
}

pub async fn a_server_that_is_silent_is_away(place: &Place) {
    let (near, far) = two(place, Retention::default()).await;
    let way = &place.far.as_ref().unwrap().proxy;
    let topic = topic("a");
    let beginning = far.layer.listen(&topic).await.unwrap();
    far.layer.enter(&topic, here(1, "1")).await.unwrap();
    way.set(Way::Silent);
    // Nobody knows what has become of it.
    let error = timeout(PATIENCE, far.layer.append(&topic, event("perhaps"))).await.unwrap().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unavailable);
    until_away(&far).await;
    near.layer.append(&topic, event("heard")).await.unwrap();
    way.set(Way::Open);
    until_back(&far).await;
    let last = far.layer.append(&topic, event("last")).await.unwrap();
    let done = |news: &[News]| (logged(news).last()?.0 == last).then_some(());
    far.ears.until(&topic, "the last event", done).await;
    assert_eq!(offsets(&far, &topic), (1..=last.offset).collect::<Vec<_>>());
    assert!(matches!(near.layer.since(&topic, beginning).await.unwrap(), Since::Events { .. }));
    near.layer.listen(&topic).await.unwrap();
    let present = async {
        while near.layer.here(&topic).await.unwrap() != [here(1, "1")] {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, present).await.expect("who is present was not entered again");
}

pub async fn it_starts_without_its_server(place: &Place) {
    let far = place.far.as_ref().unwrap();
    let layer = (far.make)(Retention::default()).await;
    far.proxy.set(Way::Cut);
    let node = Node::start(layer).await;
    let topic = topic("a");
    assert!(node.layer.health().await.is_err());
    assert!(node.layer.listen(&topic).await.is_err());
    node.layer.forget(&topic);
    far.proxy.set(Way::Open);
    until_back(&node).await;
    let at = node.layer.listen(&topic).await.unwrap();
    assert_eq!(at.offset, 0);
    node.layer.append(&topic, event("1")).await.unwrap();
    assert_eq!(node.ears.logged(&topic, 1).await.len(), 1);
}

pub async fn it_is_lost_again_and_again(place: &Place) {
    let (near, far) = two(place, Retention { events: 10_000, age: Duration::from_secs(600) }).await;
    let way = &place.far.as_ref().unwrap().proxy;
    let topic = topic("a");
    far.layer.listen(&topic).await.unwrap();
    let appending = {
        let (near, topic) = (near.clone(), topic.clone());
        tokio::spawn(async move {
            for n in 0..400 {
                near.layer.append(&topic, event(n.to_string())).await.unwrap();
                sleep(Duration::from_millis(5)).await;
            }
        })
    };
    for _ in 0..4 {
        sleep(Duration::from_millis(300)).await;
        way.set(Way::Cut);
        until_away(&far).await;
        way.set(Way::Open);
        until_back(&far).await;
    }
    appending.await.unwrap();
    far.ears.logged(&topic, 400).await;
    assert_eq!(offsets(&far, &topic), (1..=400).collect::<Vec<_>>());
    assert!(!far.ears.of(&topic).iter().any(|news| matches!(news, News::Gap(_))));
}
