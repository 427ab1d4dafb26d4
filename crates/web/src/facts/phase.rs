//! What the toolbar is told of the web room's own work.

use std::{sync::Arc, time::Instant};

use quintet_core::debug::{Note, Panel};

use super::Facts;
use crate::routing::RouteInfo;

/// What the web room does with a request, one after the other.
pub(crate) static PHASES: Panel = Panel::new("time", "Time", false);

/// The route that answered, and the values in the address.
#[cfg_attr(not(feature = "dev"), expect(dead_code, reason = "read by the toolbar"))]
pub(crate) struct Found {
    pub(crate) route: Arc<RouteInfo>,
    pub(crate) params: Vec<(String, String)>,
}

impl Facts {
    /// Notes how long a part of the work took.
    pub(crate) fn phase(&self, name: &'static str, began: Instant) {
        if let Some(trace) = self.trace() {
            trace.note(&PHASES, Note::new(name).took(began.elapsed()));
        }
    }
}
