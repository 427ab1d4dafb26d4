//! Quintet's web room: from a request to a handler and back.
//!
//! A site is declared with routes, layers and values ([`Routing`]), started by [`WebRoom`], and then answers:
//!
//! - [`server`] listens, and hands each request to [`middleware`] (limits, ids, headers, log), and that to [`service`];
//! - [`service`] → layers → the route → what the handler takes ([`Path`], [`Query`], [`Json`], [`State`]) → the handler;
//! - the answer, a [`Page`], [`Json`] or anything of axum's, or an error, becomes what the client reads: pages are rendered,
//!   errors become pages or problem documents, in [`debug`] with everything that helps.
//!
//! axum is in the open: its handlers, extractors, routers and tower's layers mount as they are, and this room's
//! extractors and responses work in any axum router.
mod around;
mod audit;
pub mod background;
mod body_limit;
pub mod cached;
mod caller;
mod conditional;
mod cookies;
pub mod cors;
pub mod csrf;
mod data;
mod deadline;
pub mod debug;
#[cfg(all(feature = "dev", unix))]
pub mod dev;
mod digest;
mod dispatch;
mod embedded;
#[cfg(any(feature = "compress", feature = "static"))]
mod encoding;
mod errors;
mod extract;
mod facts;
pub mod files;
#[cfg(feature = "dev")]
mod inject;
mod kept;
mod known;
pub mod messages;
pub mod middleware;
mod origins;
mod overview;
mod page;
mod policy;
pub mod rate;
mod read_at;
mod request_id;
mod room;
mod routing;
#[doc(hidden)]
pub mod rt;
mod security;
pub mod server;
mod service;
pub mod session;
mod settings;
mod spare;
#[cfg(feature = "static")]
pub mod statics;
mod stopping;
mod told;
#[cfg(feature = "dev")]
pub mod toolbar;
mod unlisted;
pub mod upload;
mod url;

pub(crate) use quintet_storage::kind;

pub use around::Provide;
pub use audit::security_event;
pub use axum;
pub use background::spawn;
pub use caller::Caller;
pub use cors::{Cors, CorsSettings};
pub use data::{
    CleanData, Data, DataErrors, DataField, DataName, DataNames, DataShape, FieldOptions, Payload, ShapeKind,
};
pub use debug::{DebugInfo, FactTable};
pub use errors::{Rejected, Source};
pub use extract::{
    BaseUrl, Client, Csrf, Json, Messages, Path, Query, Session, State, answers_json, base_url, per_request,
};
pub use files::{FileResponse, Streamed};
pub use known::{Known, Version};
pub use origins::Origins;
pub use page::{Page, redirect, unchanged};
pub use quintet_core::Value;
pub use quintet_macros::{app, data, delete, form, get, page, patch, post, put};
pub use rate::{RateLimit, RateStore};
pub use room::WebRoom;
#[doc(hidden)]
pub use routing::WebPart;
pub use routing::{Atomic, Route, RouteGuard, RouteInfo, Routed, Routes, Routing, SuppliedRoutes};
pub use security::{FrameOptions, HeaderSettings, SecuritySettings};
pub use service::service;
pub use stopping::{Held, Stopping, stopping};
pub use upload::{FileChange, Multipart, Upload};
pub use url::Url;
