//! Layers as settings name them.
use quintet_core::{ErrorKind, ServicesBuilder};
use quintet_orm::{Db, DbOptions};
use quintet_realtime::layer::{Retention, by_url};

use crate::{ears::event, place::Node};

fn none() -> ServicesBuilder {
    ServicesBuilder::default()
}

#[test]
fn a_url_names_its_layer() {
    for (url, name) in [
        ("memory://", "memory"),
        ("redis://127.0.0.1:6379", "redis"),
        ("redis://127.0.0.1:6379/0?prefix=shop&protocol=resp3", "redis"),
        ("unix:///run/redis.sock?prefix=shop", "redis"),
    ] {
        assert_eq!(by_url(url, Retention::default(), &none()).unwrap().name(), name, "{url}");
    }
    for (url, why) in [
        ("", "memory://"),
        ("rabbit://host", "`rabbit://`"),
        ("redis://host?prefix=a{b}", "prefix"),
        ("redis://:a:b:c", "redis://host:6379"),
        ("database://", "[database]"),
        ("database://other", "database://"),
    ] {
        let error = by_url(url, Retention::default(), &none()).err().expect(url);
        assert_eq!(*error.kind(), ErrorKind::Settings, "{url}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
}

#[tokio::test]
async fn the_database_is_the_site_s() {
    let with = |db: Db| {
        let mut services = ServicesBuilder::default();
        services.insert(db);
        services
    };
    let sqlite = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    let error = by_url("database://", Retention::default(), &with(sqlite)).err().unwrap();
    assert!(error.to_string().contains("sqlite"), "{error}");
    let Some(schema) = crate::postgres::Schema::new().await else { return };
    let db = Db::open(&schema.url(), DbOptions::default()).await.unwrap();
    let layer = by_url("database://", Retention::default(), &with(db)).unwrap();
    assert_eq!(layer.name(), "postgres");
    let node = Node::start(layer).await;
    assert_eq!(node.layer.append("a", event("1")).await.unwrap().offset, 1);
}

#[tokio::test]
async fn sites_with_different_prefixes_don_t_hear_each_other() {
    let Some(url) = crate::redis::server() else { return };
    let topic = crate::suite::topic("a");
    let mut nodes = Vec::new();
    for site in ["one", "two"] {
        let layer = by_url(&format!("{url}?prefix=test-{site}"), Retention::default(), &none()).unwrap();
        let node = Node::start(layer).await;
        node.layer.listen(&topic).await.unwrap();
        nodes.push(node);
    }
    for (node, site) in nodes.iter().zip(["one", "two"]) {
        node.layer.pass(&topic, event(site)).await.unwrap();
        node.layer.append(&topic, event(site)).await.unwrap();
    }
    for (node, site) in nodes.iter().zip(["one", "two"]) {
        assert_eq!(node.ears.logged(&topic, 1).await[0].1, event(site));
        assert_eq!(node.ears.of(&topic).len(), 2);
    }
}
