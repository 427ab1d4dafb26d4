//! Where the suite runs: a site of one node or several, on some server or none.
use std::{sync::Arc, time::Duration};

use quintet_core::BoxFuture;
use quintet_realtime::layer::{Layer, Retention, Since, redis::Pace};

use crate::{ears::Ears, proxy::Proxy};

/// Makes a node's layer, which is not started yet. A node that is dropped has vanished.
pub type Make = Box<dyn Fn(Retention) -> BoxFuture<'static, Arc<dyn Layer>> + Send + Sync>;

/// Quick to miss a process, patient with a busy machine.
pub fn brisk() -> Pace {
    Pace {
        beat: Duration::from_millis(200),
        dead: Duration::from_secs(3),
        check: Duration::from_millis(500),
        limit: Duration::from_secs(3),
    }
}

/// A site.
pub struct Place {
    pub make: Make,
    /// Can it have more than one node?
    pub several: bool,
    /// Nodes that reach the server by a way that can be cut.
    pub far: Option<Far>,
    /// What the site needs to be there.
    #[allow(dead_code, reason = "held until the place is dropped")]
    pub hold: Box<dyn std::any::Any + Send + Sync>,
}

pub struct Far {
    pub make: Make,
    pub proxy: Proxy,
}

/// A process of the site.
#[derive(Clone)]
pub struct Node {
    pub layer: Arc<dyn Layer>,
    pub ears: Arc<Ears>,
}

impl Place {
    pub async fn node_with(&self, retention: Retention) -> Node {
        Node::start((self.make)(retention).await).await
    }

    pub async fn node(&self) -> Node {
        self.node_with(Retention::default()).await
    }

    /// So many nodes; where a site has one only, that one so many times.
    pub async fn nodes(&self, count: usize) -> Vec<Node> {
        let first = self.node().await;
        let mut nodes = vec![first.clone()];
        while nodes.len() < count {
            nodes.push(if self.several { self.node().await } else { first.clone() });
        }
        nodes
    }
}

impl Node {
    pub async fn start(layer: Arc<dyn Layer>) -> Node {
        let ears = Arc::new(Ears::default());
        layer.start(ears.clone()).await.unwrap();
        Node { layer, ears }
    }

    /// Everything after a position, asked for until there is no more: offsets, or `None` for a gap.
    pub async fn offsets_since(
        &self,
        topic: &str,
        mut after: quintet_realtime::layer::Position,
    ) -> Option<Vec<u64>> {
        let mut offsets = Vec::new();
        loop {
            match self.layer.since(topic, after).await.unwrap() {
                Since::Gap { .. } => return None,
                Since::Events { events, at } if events.is_empty() => {
                    assert_eq!(at, after);
                    return Some(offsets);
                }
                Since::Events { events, at } => {
                    assert_eq!(at.offset, events.last().unwrap().0);
                    offsets.extend(events.iter().map(|(offset, _)| *offset));
                    after = at;
                }
            }
        }
    }
}
