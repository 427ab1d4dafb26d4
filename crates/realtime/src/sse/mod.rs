//! Server-sent events by hand.
