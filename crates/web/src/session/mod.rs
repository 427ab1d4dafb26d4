//! Sessions: what a site remembers of a browser from one request to the next.
//!
//! A handler takes a [`Session`](crate::Session), which costs nothing: only where something of it is read is it loaded, once, and only where
//! something was changed is it written, when the answer is ready and before it is sent (`dispatch::session`). What is written are the changes,
//! key by key ([`Change`]), so that two requests of one browser at the same time keep each other's.
//!
//! Where sessions are kept a [`SessionStore`] knows: in the site's database (the room `sessions`), in the cookie itself (`cookie`),
//! or in memory (`memory`, for tests). The browser has the store's token in a cookie (`settings`, `set_cookie`).
//! [`Sessions`] is for what concerns several of them: those of one user, those that are over.
mod all;
mod change;
mod choose;
mod commands;
mod cookie;
mod memory;
mod record;
mod set_cookie;
mod settings;
mod state;
mod store;
mod token;

pub use all::Sessions;
pub use change::Change;
pub(crate) use choose::choose;
pub(crate) use commands::clear_sessions;
pub use cookie::CookieSessions;
pub use memory::MemorySessions;
pub use record::{Lasting, Record};
pub use settings::{SameSite, SecureCookie, SessionSettings, StoreChoice};
pub(crate) use state::State as SessionState;
pub use store::{SessionEpochs, SessionInfo, SessionStore, SessionWatch};
pub use token::{new_token, token_hash};
