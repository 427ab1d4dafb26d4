//! Who is present.
use quintet_realtime::layer::{ConnectionId, Here, News};

use super::topic;
use crate::{
    ears::{event, here},
    place::Place,
};

fn ids(all: &[Here]) -> Vec<u128> {
    all.iter().map(|one| one.id.0).collect()
}

pub async fn who_enters_and_leaves_is_told_to_all(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("room");
    for node in &nodes {
        node.layer.listen(&topic).await.unwrap();
    }
    let one = &nodes[0].layer;
    one.enter(&topic, here(1, r#"{"name":"Ann"}"#)).await.unwrap();
    one.enter(&topic, here(1, r#"{"name":"Ann"}"#)).await.unwrap();
    one.enter(&topic, here(1, r#"{"name":"Anna"}"#)).await.unwrap();
    one.leave(&topic, ConnectionId(2)).await.unwrap();
    one.leave(&topic, ConnectionId(1)).await.unwrap();
    one.leave(&topic, ConnectionId(1)).await.unwrap();
    one.enter(&topic, here(3, "null")).await.unwrap();
    let told = [
        News::Entered(here(1, r#"{"name":"Ann"}"#)),
        News::Entered(here(1, r#"{"name":"Anna"}"#)),
        News::Left(ConnectionId(1)),
        News::Entered(here(3, "null")),
    ];
    for node in &nodes {
        let enough = |news: &[News]| (news.len() >= told.len()).then(|| news.to_vec());
        assert_eq!(node.ears.until(&topic, "all of it", enough).await, told);
        assert_eq!(node.layer.here(&topic).await.unwrap(), [here(3, "null")]);
    }
}

pub async fn who_is_here_comes_in_the_order_of_coming(place: &Place) {
    let nodes = place.nodes(3).await;
    let topic = topic("room");
    for id in [5, 3, 9, 1, 7] {
        nodes[id as usize % 3].layer.enter(&topic, here(id, "1")).await.unwrap();
    }
    // Other data don't change who came first.
    nodes[0].layer.enter(&topic, here(3, "2")).await.unwrap();
    nodes[2].layer.leave(&topic, ConnectionId(5)).await.unwrap();
    for node in &nodes {
        assert_eq!(
            node.layer.here(&topic).await.unwrap(),
            [here(3, "2"), here(9, "1"), here(1, "1"), here(7, "1")]
        );
    }
    assert!(nodes[1].layer.here("nobody").await.unwrap().is_empty());
}

pub async fn who_does_not_listen_hears_nothing(place: &Place) {
    let nodes = place.nodes(2).await;
    let (quiet, heard) = (topic("quiet"), topic("heard"));
    nodes[1].layer.listen(&heard).await.unwrap();
    nodes[0].layer.enter(&quiet, here(1, "1")).await.unwrap();
    nodes[0].layer.append(&quiet, event("1")).await.unwrap();
    nodes[0].layer.enter(&heard, here(2, "1")).await.unwrap();
    nodes[1].ears.present(&heard, vec![2]).await;
    assert!(nodes[1].ears.of(&quiet).is_empty());
    assert_eq!(ids(&nodes[1].layer.here(&quiet).await.unwrap()), [1]);
}

pub async fn a_node_that_stops_takes_its_own_along(place: &Place) {
    let nodes = place.nodes(2).await;
    let (a, b) = (topic("a"), topic("b"));
    for topic in [&a, &b] {
        nodes[1].layer.listen(topic).await.unwrap();
        nodes[0].layer.enter(topic, here(1, "1")).await.unwrap();
        nodes[0].layer.enter(topic, here(2, "1")).await.unwrap();
    }
    if place.several {
        nodes[1].layer.enter(&a, here(3, "1")).await.unwrap();
        nodes[1].ears.present(&a, vec![1, 2, 3]).await;
    }
    nodes[0].layer.stop().await;
    let rest = if place.several { vec![3] } else { Vec::new() };
    nodes[1].ears.present(&a, rest.clone()).await;
    nodes[1].ears.present(&b, Vec::new()).await;
    assert_eq!(ids(&nodes[1].layer.here(&a).await.unwrap()), rest);
    assert!(nodes[1].layer.here(&b).await.unwrap().is_empty());
    for id in [1, 2] {
        assert_eq!(nodes[1].ears.lefts(&a, id), 1, "it is told once");
    }
}

pub async fn a_node_that_vanishes_takes_its_own_along(place: &Place) {
    if !place.several {
        return;
    }
    let mut nodes = place.nodes(4).await;
    let topics: Vec<_> = (0..5).map(|n| topic(&format!("room-{n}"))).collect();
    for topic in &topics {
        for node in &nodes {
            node.layer.listen(topic).await.unwrap();
        }
        nodes[0].layer.enter(topic, here(1, "1")).await.unwrap();
        nodes[0].layer.enter(topic, here(2, "1")).await.unwrap();
        nodes[1].layer.enter(topic, here(3, "1")).await.unwrap();
        nodes[1].ears.present(topic, vec![1, 2, 3]).await;
    }
    // Nobody says goodbye.
    drop(nodes.remove(0));
    for topic in &topics {
        for node in &nodes {
            node.ears.present(topic, vec![3]).await;
        }
        assert_eq!(ids(&nodes[1].layer.here(topic).await.unwrap()), [3]);
    }
    for topic in &topics {
        for node in &nodes {
            assert_eq!((node.ears.lefts(topic, 1), node.ears.lefts(topic, 2)), (1, 1), "it is told once");
            assert_eq!(node.ears.lefts(topic, 3), 0);
        }
    }
}

pub async fn many_come_and_go_at_once(place: &Place) {
    let nodes = place.nodes(3).await;
    let topic = topic("hall");
    for node in &nodes {
        node.layer.listen(&topic).await.unwrap();
    }
    let mut tasks = Vec::new();
    for id in 0..60u128 {
        let (layer, topic) = (nodes[id as usize % 3].layer.clone(), topic.clone());
        tasks.push(tokio::spawn(async move {
            layer.enter(&topic, here(id, "1")).await.unwrap();
            layer.enter(&topic, here(id, "2")).await.unwrap();
            if id % 2 == 0 {
                layer.leave(&topic, ConnectionId(id)).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let stay: Vec<_> = (0..60).filter(|id| id % 2 == 1).collect();
    for node in &nodes {
        node.ears.present(&topic, stay.clone()).await;
        let mut all = ids(&node.layer.here(&topic).await.unwrap());
        all.sort_unstable();
        assert_eq!(all, stay);
    }
}
