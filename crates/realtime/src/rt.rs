//! What the macros write paths to. Not for use by hand; it may change at any time.
#![allow(missing_docs)]

pub use crate::pattern::{Params, encoded};
pub use quintet_core::Result;
