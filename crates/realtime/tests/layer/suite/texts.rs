//! Data and names that are not plain.
use bytes::Bytes;
use quintet_realtime::layer::{MAX_TOPIC, Position, Since};

use super::topic;
use crate::{
    ears::{event, here},
    place::Place,
};

pub async fn data_is_carried_byte_for_byte(place: &Place) {
    let nodes = place.nodes(2).await;
    let topic = topic("a");
    nodes[1].layer.listen(&topic).await.unwrap();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let data: Vec<Bytes> = vec![
        Bytes::new(),
        "\"😀𝄞 ünï\"".into(),
        "\"\\u0000\\n\"".into(),
        "'; DROP TABLE quintet_channel_event; -- $1 %s {0}".into(),
        "\r\n*3\r\n$3\r\nSET\r\n".into(),
        all_bytes.into(),
        vec![0; 3].into(),
        vec![b'9'; 2_000_000].into(),
        "7".into(),
        "-0".into(),
    ];
    for data in &data {
        nodes[0].layer.append(&topic, event(data.clone())).await.unwrap();
        nodes[0].layer.pass(&topic, event(data.clone())).await.unwrap();
    }
    let logged = nodes[1].ears.logged(&topic, data.len()).await;
    assert!(logged.iter().map(|(_, event)| &event.data).eq(&data));
    let passed = nodes[1].ears.passed(&topic, data.len()).await;
    assert!(passed.iter().map(|event| &event.data).eq(&data));
    let beginning = Position { offset: 0, ..logged[0].0 };
    let Since::Events { events, .. } = nodes[1].layer.since(&topic, beginning).await.unwrap() else {
        panic!("a gap");
    };
    assert!(events.iter().map(|(_, event)| &event.data).eq(&data));
    let mut met = here(1, "");
    for (id, meta) in data.iter().enumerate() {
        met.id.0 = id as u128;
        met.meta = meta.clone();
        nodes[0].layer.enter(&topic, met.clone()).await.unwrap();
    }
    let here = nodes[1].layer.here(&topic).await.unwrap();
    assert!(here.iter().map(|one| &one.meta).eq(&data));
}

pub async fn topics_may_be_called_anything(place: &Place) {
    let nodes = place.nodes(2).await;
    let own = topic("");
    let names = [
        "*",
        "?",
        "[a]",
        "{a}",
        "}{",
        "{}",
        "a b",
        " ",
        ".",
        "..",
        "/",
        "\\",
        "'",
        "\"",
        "`",
        "$1",
        "%",
        "%00",
        "\u{1}\u{7f}",
        "\r\nPING\r\n",
        "\t",
        "😀𝄞",
        "ünï",
        "u\u{308}n",
        "'; DROP TABLE quintet_channel_topic; --",
        "\"; select pg_sleep(10); --",
        "quintet",
        "here",
        "log",
        "null",
        "EVAL return 1",
        "A",
        "a",
        "a:b",
        "a::b",
    ];
    let mut topics: Vec<String> = names.iter().map(|name| format!("{own}{name}")).collect();
    topics.extend(names.iter().map(|name| format!("{name}{own}")));
    topics.push(format!("{own}{}", "x".repeat(MAX_TOPIC - own.len())));
    for topic in &topics {
        nodes[1].layer.listen(topic).await.unwrap();
        nodes[0].layer.enter(topic, here(1, "1")).await.unwrap();
        nodes[0].layer.append(topic, event(topic.clone())).await.unwrap();
    }
    for topic in &topics {
        let logged = nodes[1].ears.logged(topic, 1).await;
        assert_eq!(logged.len(), 1, "{topic:?}");
        assert_eq!(
            (logged[0].0.offset, &logged[0].1),
            (1, &event(topic.clone())),
            "each is a topic of its own"
        );
        nodes[1].ears.present(topic, vec![1]).await;
        let beginning = Position { offset: 0, ..logged[0].0 };
        assert_eq!(nodes[1].offsets_since(topic, beginning).await.unwrap(), [1]);
        assert_eq!(nodes[1].layer.here(topic).await.unwrap(), [here(1, "1")]);
        nodes[1].layer.forget(topic);
    }
}

pub async fn a_topic_that_can_t_be_named_is_refused(place: &Place) {
    let node = place.node().await;
    let layer = &node.layer;
    let at = Position { epoch: 1, offset: 0 };
    for topic in ["", "a\0b", "\0", &"x".repeat(MAX_TOPIC + 1)] {
        let answers = [
            layer.append(topic, event("1")).await.map(drop),
            layer.pass(topic, event("1")).await,
            layer.listen(topic).await.map(drop),
            layer.since(topic, at).await.map(drop),
            layer.enter(topic, here(1, "1")).await,
            layer.leave(topic, here(1, "1").id).await,
            layer.here(topic).await.map(drop),
        ];
        for answer in answers {
            assert_eq!(answer.unwrap_err().status().as_u16(), 400, "{topic:?}");
        }
        layer.forget(topic);
    }
}
