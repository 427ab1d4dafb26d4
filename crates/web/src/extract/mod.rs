//! What handlers take from a request: each is axum's trait, for every state, so that they work in any axum router
//! and axum's own work in a site.
//!
//! They read the site's `Services` from the request. Outside of a site they answer 500 and say why.
mod ask;
mod base_url;
mod client;
mod csrf;
pub(crate) mod json;
mod messages;
mod path;
mod query;
mod session;
mod state;

pub use ask::{answers_json, per_request};
pub use base_url::{BaseUrl, base_url};
pub use client::Client;
pub(crate) use client::{address as client_address, address_of};
pub use csrf::Csrf;
pub use json::Json;
pub use messages::Messages;
pub use path::Path;
pub use query::Query;
pub use session::Session;
pub use state::State;
