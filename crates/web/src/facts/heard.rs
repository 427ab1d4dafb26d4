use std::time::Instant;

use quintet_core::{
    Services,
    signal::{
        Signals,
        request::{RequestFinished, RequestStarted},
    },
};

/// Which signals about requests somebody of the site listens to; known at its start, so that others cost a request nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heard {
    pub(crate) started: bool,
    pub(crate) finished: bool,
}

impl Heard {
    pub(crate) fn of(services: &Services) -> Self {
        services.get::<Signals>().map_or_else(Heard::default, |signals| Heard {
            started: signals.is_heard::<RequestStarted>(),
            finished: signals.is_heard::<RequestFinished>(),
        })
    }

    /// When a request begins, if that is to be told at its end.
    pub(crate) fn began(self) -> Option<Instant> {
        self.finished.then(Instant::now)
    }
}
