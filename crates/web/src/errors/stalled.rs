use std::{error::Error as StdError, fmt};

/// Why a body ends early: its sender paused for longer than `body_timeout`.
#[derive(Debug)]
pub(crate) struct Stalled;

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client sends no more of the body")
    }
}

impl StdError for Stalled {}

/// Is this the reason, however deep?
pub(crate) fn is_stalled(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |e| (*e).source()).any(|e| e.is::<Stalled>())
}
