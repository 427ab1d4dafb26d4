//! The layer of one process.
use std::sync::Arc;

use quintet_realtime::layer::{Layer, memory::Memory};

use crate::{place::Place, suite::suite};

async fn place() -> Option<Place> {
    let make = |retention| -> quintet_core::BoxFuture<'static, Arc<dyn Layer>> {
        Box::pin(async move { Arc::new(Memory::new(retention)) as Arc<dyn Layer> })
    };
    Some(Place { make: Box::new(make), several: false, far: None, hold: Box::new(()) })
}

suite!(crate::memory::place);
