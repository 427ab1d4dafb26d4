//! Where the suite runs: a site of one node or several, on some server or none.
use std::sync::Arc;

use quintet_core::BoxFuture;
use quintet_realtime::layer::{Layer, Retention, Since};

use crate::ears::Ears;

/// A site.
pub struct Place {
    /// Makes a node's layer, which is not started yet. A node that is dropped has vanished.
    pub make: Box<dyn Fn(Retention) -> BoxFuture<'static, Arc<dyn Layer>> + Send + Sync>,
    /// Can it have more than one node?
    pub several: bool,
}

/// A process of the site.
#[derive(Clone)]
pub struct Node {
    pub layer: Arc<dyn Layer>,
    pub ears: Arc<Ears>,
}

impl Place {
    pub async fn node_with(&self, retention: Retention) -> Node {
        let layer = (self.make)(retention).await;
        let ears = Arc::new(Ears::default());
        layer.start(ears.clone()).await.unwrap();
        Node { layer, ears }
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
