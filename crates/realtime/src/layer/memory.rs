//! The layer of a site of one process.
