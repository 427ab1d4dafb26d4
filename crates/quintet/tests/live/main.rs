//! Live models, as handlers of a site meet them: which changes are told, to whom, as what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(missing_docs, reason = "models and handlers of the test")]
mod channel;
mod events;
mod rows;
mod shared;
mod site;
