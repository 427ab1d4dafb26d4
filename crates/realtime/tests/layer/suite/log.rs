//! The log of a topic: order, positions, what is kept.
use std::time::Duration;

use quintet_realtime::layer::{ConnectionId, Event, News, Position, Retention, Since};
use tokio::time::sleep;

use super::topic;
use crate::{
    ears::{event, logged},
    place::{Node, Place},
};

async fn append_many(node: &Node, topic: &str, count: u64) -> Position {
    let mut last = None;
    for n in 0..count {
        last = Some(node.layer.append(topic, event(n.to_string())).await.unwrap());
    }
    last.unwrap()
}

fn start(at: Position) -> Position {
    Position { offset: 0, ..at }
}

pub async fn offsets_have_no_holes_whoever_appends(place: &Place) {
    const TASKS: usize = 4;
    const EACH: usize = 40;
    let nodes = place.nodes(3).await;
    let topic = topic("room");
    for node in &nodes {
        assert_eq!(node.layer.listen(&topic).await.unwrap().offset, 0);
    }
    let all = nodes.len() * TASKS * EACH;
    let mut tasks = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        for task in 0..TASKS {
            let (node, topic) = (node.clone(), topic.clone());
            tasks.push(tokio::spawn(async move {
                for count in 0..EACH {
                    node.layer.append(&topic, event(format!("[{n},{task},{count}]"))).await.unwrap();
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    let first = nodes[0].ears.logged(&topic, all).await;
    assert_eq!(first.len(), all);
    for node in &nodes {
        assert_eq!(node.ears.logged(&topic, all).await, first, "all hear the same");
    }
    for (n, (at, _)) in first.iter().enumerate() {
        assert_eq!((at.epoch, at.offset), (first[0].0.epoch, n as u64 + 1));
    }
    // What one task says one after the other is heard so.
    for n in 0..nodes.len() {
        for task in 0..TASKS {
            let own: Vec<_> = first
                .iter()
                .filter_map(|(_, event)| {
                    let says: (usize, usize, usize) = serde_json::from_slice(&event.data).unwrap();
                    (says.0 == n && says.1 == task).then_some(says.2)
                })
                .collect();
            assert_eq!(own, (0..EACH).collect::<Vec<_>>());
        }
    }
    let Since::Events { events, at } = nodes[0].layer.since(&topic, start(first[0].0)).await.unwrap() else {
        panic!("a gap in a log that is whole");
    };
    assert_eq!(at, first[all - 1].0);
    let heard: Vec<_> = first.into_iter().map(|(at, event)| (at.offset, event)).collect();
    assert_eq!(events, heard, "what is asked for is what was told");
}

pub async fn appending_answers_with_the_position_that_is_heard(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let listened = nodes[1].layer.listen(&topic).await.unwrap();
    let mut answers = Vec::new();
    for n in 1..=3 {
        let at = nodes[0].layer.append(&topic, event(n.to_string())).await.unwrap();
        assert_eq!(at, Position { epoch: listened.epoch, offset: n });
        answers.push((at, event(n.to_string())));
    }
    assert_eq!(nodes[1].ears.logged(&topic, 3).await, answers);
}

pub async fn what_came_after_a_position_is_told(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let last = append_many(&nodes[0], &topic, 10).await;
    let other = &nodes[1];
    let after = Position { offset: 7, ..last };
    let three = [(8, event("7")), (9, event("8")), (10, event("9"))];
    assert_eq!(
        other.layer.since(&topic, after).await.unwrap(),
        Since::Events { events: three.into(), at: last }
    );
    assert_eq!(
        other.layer.since(&topic, last).await.unwrap(),
        Since::Events { events: Vec::new(), at: last }
    );
    assert_eq!(other.offsets_since(&topic, start(last)).await.unwrap(), (1..=10).collect::<Vec<_>>());
}

pub async fn no_more_is_kept_than_so_many(place: &Place) {
    let node = place.node_with(Retention { events: 5, age: Duration::from_secs(600) }).await;
    let topic = topic("a");
    let last = append_many(&node, &topic, 12).await;
    assert_eq!(last.offset, 12);
    let at = |offset| Position { offset, ..last };
    assert_eq!(node.layer.since(&topic, at(0)).await.unwrap(), Since::Gap { at: last });
    assert_eq!(node.layer.since(&topic, at(6)).await.unwrap(), Since::Gap { at: last });
    assert_eq!(node.offsets_since(&topic, at(7)).await.unwrap(), [8, 9, 10, 11, 12]);
}

pub async fn no_longer_is_kept_than_so_long(place: &Place) {
    let node = place.node_with(Retention { events: 100, age: Duration::from_millis(700) }).await;
    let topic = topic("a");
    let old = append_many(&node, &topic, 3).await;
    sleep(Duration::from_millis(900)).await;
    assert_eq!(node.layer.since(&topic, start(old)).await.unwrap(), Since::Gap { at: old });
    assert_eq!(
        node.layer.since(&topic, old).await.unwrap(),
        Since::Events { events: Vec::new(), at: old },
        "nothing was missed"
    );
    let new = node.layer.append(&topic, event("new")).await.unwrap();
    assert_eq!(new, Position { offset: 4, ..old }, "the log goes on");
    let before = Position { offset: 2, ..old };
    assert_eq!(node.layer.since(&topic, before).await.unwrap(), Since::Gap { at: new });
    assert_eq!(node.offsets_since(&topic, old).await.unwrap(), [4]);
}

pub async fn a_position_of_another_log_is_a_gap(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let last = append_many(&nodes[0], &topic, 3).await;
    for after in [
        Position { epoch: last.epoch ^ 1, offset: 2 },
        Position { epoch: u64::MAX, offset: 0 },
        Position { offset: 4, ..last },
        Position { offset: u64::MAX, ..last },
    ] {
        assert_eq!(nodes[1].layer.since(&topic, after).await.unwrap(), Since::Gap { at: last }, "{after}");
    }
    // A topic that nobody has ever used.
    let unknown = super::topic("b");
    let Since::Gap { at } = nodes[1].layer.since(&unknown, last).await.unwrap() else {
        panic!("a position of another topic was taken");
    };
    assert_eq!(at.offset, 0);
    assert_ne!((at.epoch, last.epoch), (0, last.epoch));
    assert_eq!(
        nodes[0].layer.append(&unknown, event("1")).await.unwrap(),
        Position { offset: 1, ..at },
        "where a log ends is where it goes on"
    );
}

pub async fn very_much_comes_in_parts(place: &Place) {
    let node = place.node_with(Retention { events: 5_000, age: Duration::from_secs(600) }).await;
    let small = topic("small");
    let mut tasks = Vec::new();
    for _ in 0..25 {
        let (node, topic) = (node.clone(), small.clone());
        tasks.push(tokio::spawn(async move { append_many(&node, &topic, 100).await }));
    }
    let mut any = None;
    for task in tasks {
        any = Some(task.await.unwrap());
    }
    let beginning = start(any.unwrap());
    assert_eq!(node.offsets_since(&small, beginning).await.unwrap(), (1..=2_500).collect::<Vec<_>>());
    let big = topic("big");
    let data = vec![b'x'; 1_500_000];
    let mut last = None;
    for _ in 0..6 {
        last = Some(node.layer.append(&big, event(data.clone())).await.unwrap());
    }
    let Since::Events { events, .. } = node.layer.since(&big, start(last.unwrap())).await.unwrap() else {
        panic!("a gap");
    };
    assert!((1..6).contains(&events.len()), "one answer is not as large as you like: {}", events.len());
    assert_eq!(node.offsets_since(&big, start(last.unwrap())).await.unwrap(), [1, 2, 3, 4, 5, 6]);
}

pub async fn who_listens_hears_what_comes_after(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let busy = {
        let (node, topic) = (nodes[0].clone(), topic.clone());
        tokio::spawn(async move { append_many(&node, &topic, 300).await })
    };
    let at = loop {
        // Somewhere amid them.
        let at = nodes[1].layer.listen(&topic).await.unwrap();
        if at.offset > 10 {
            break at;
        }
        nodes[1].layer.forget(&topic);
        sleep(Duration::from_millis(1)).await;
    };
    let last = busy.await.unwrap();
    let done = |news: &[News]| {
        let logged = logged(news);
        (logged.last().map(|(at, _)| *at) == Some(last) || at == last).then_some(logged)
    };
    let heard = nodes[1].ears.until(&topic, "the last event", done).await;
    let after: Vec<_> = heard.iter().map(|(at, _)| at.offset).filter(|offset| *offset > at.offset).collect();
    assert_eq!(after, (at.offset + 1..=300).collect::<Vec<_>>());
}

pub async fn who_forgets_hears_nothing(place: &Place) {
    let nodes = place.nodes(2).await;
    let (topic, other) = (topic("a"), topic("b"));
    let ears = &nodes[1].ears;
    nodes[1].layer.listen(&topic).await.unwrap();
    nodes[1].layer.listen(&other).await.unwrap();
    let first = nodes[0].layer.append(&topic, event("1")).await.unwrap();
    ears.logged(&topic, 1).await;
    nodes[1].layer.forget(&topic);
    nodes[0].layer.append(&topic, event("2")).await.unwrap();
    nodes[0].layer.pass(&topic, event("2")).await.unwrap();
    nodes[0].layer.append(&other, event("other")).await.unwrap();
    ears.logged(&other, 1).await;
    assert_eq!(ears.of(&topic).len(), 1);
    let again = nodes[1].layer.listen(&topic).await.unwrap();
    assert_eq!(again, Position { offset: 2, ..first });
    nodes[0].layer.append(&topic, event("3")).await.unwrap();
    let heard = ears.logged(&topic, 2).await;
    assert_eq!(heard[1], (Position { offset: 3, ..first }, event("3")));
    assert_eq!(nodes[1].offsets_since(&topic, first).await.unwrap(), [2, 3]);
    // Forgetting what nobody listens to is nothing.
    nodes[1].layer.forget("never heard of");
}

pub async fn a_later_listening_holds(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let mut last = None;
    for round in 0..30u32 {
        nodes[1].layer.listen(&topic).await.unwrap();
        nodes[1].layer.forget(&topic);
        let (first, second) = tokio::join!(nodes[1].layer.listen(&topic), nodes[1].layer.listen(&topic));
        assert_eq!(first.unwrap(), second.unwrap());
        let at = nodes[0].layer.append(&topic, event(round.to_string())).await.unwrap();
        let heard = |news: &[News]| logged(news).contains(&(at, event(round.to_string()))).then_some(());
        nodes[1].ears.until(&topic, "what came after listening", heard).await;
        nodes[1].layer.forget(&topic);
        last = Some(at);
    }
    let mut offsets: Vec<_> = logged(&nodes[1].ears.of(&topic)).iter().map(|(at, _)| at.offset).collect();
    assert_eq!(offsets.len(), 30);
    offsets.dedup();
    assert_eq!(offsets.len(), 30, "each is heard once");
    assert_eq!(last.unwrap().offset, 30);
}

pub async fn what_is_passed_is_not_kept(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    let beginning = nodes[0].layer.listen(&topic).await.unwrap();
    nodes[1].layer.listen(&topic).await.unwrap();
    nodes[0].layer.pass("nobody listens", event("1")).await.unwrap();
    for n in 0..20 {
        nodes[0].layer.pass(&topic, event(n.to_string())).await.unwrap();
    }
    let said: Vec<_> = (0..20).map(|n| event(n.to_string())).collect();
    for node in &nodes {
        assert_eq!(node.ears.passed(&topic, 20).await, said);
        assert_eq!(node.ears.of(&topic).len(), 20);
    }
    assert_eq!(
        nodes[0].layer.since(&topic, beginning).await.unwrap(),
        Since::Events { events: Vec::new(), at: beginning }
    );
}

pub async fn who_does_not_hear_it_is_carried_over(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    nodes[1].layer.listen(&topic).await.unwrap();
    let mut said = Vec::new();
    for except in [None, Some(ConnectionId(0)), Some(ConnectionId(u128::MAX)), Some(ConnectionId(7 << 70))] {
        let event = Event { data: "1".into(), except };
        nodes[0].layer.append(&topic, event.clone()).await.unwrap();
        nodes[0].layer.pass(&topic, event.clone()).await.unwrap();
        said.push(event);
    }
    let heard = nodes[1].ears.logged(&topic, 4).await;
    assert_eq!(heard.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), said);
    assert_eq!(nodes[1].ears.passed(&topic, 4).await, said);
    let Since::Events { events, .. } = nodes[1].layer.since(&topic, start(heard[0].0)).await.unwrap() else {
        panic!("a gap");
    };
    assert_eq!(events.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), said);
}

pub async fn a_log_that_keeps_nothing_still_tells(place: &Place) {
    let node = place.node_with(Retention { events: 0, age: Duration::from_secs(60) }).await;
    let topic = topic("a");
    let beginning = node.layer.listen(&topic).await.unwrap();
    append_many(&node, &topic, 3).await;
    let large = event(vec![b'x'; 100_000]);
    let last = node.layer.append(&topic, large.clone()).await.unwrap();
    let heard = node.ears.logged(&topic, 4).await;
    assert_eq!((heard.len(), &heard[3]), (4, &(last, large)));
    assert_eq!(node.layer.since(&topic, beginning).await.unwrap(), Since::Gap { at: last });
    let none = Since::Events { events: Vec::new(), at: last };
    assert_eq!(node.layer.since(&topic, last).await.unwrap(), none);
}
