//! What happens to requests: signals for whoever counts, measures or reports. The web room tells them; where nobody listens, none is made.
//!
//! ```
//! use std::sync::Arc;
//! use quintet_core::{App, Result, Services, signal::{Listen, request::RequestFailed}};
//!
//! let app = App::new("watch").on(async |_: Services, failed: Arc<RequestFailed>| -> Result {
//!     println!("{} at {}: {}", failed.status, failed.place, failed.error);
//!     Ok(())
//! });
//! # let _ = app;
//! ```
use std::time::Duration;

use crate::{boxed::BoxFuture, services::Services};

/// Which request it is, as logs may tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET`.
    pub method: String,
    /// Its path without the query; what is secret of it is covered.
    pub path: String,
    /// Its id, as the access log has it; none, where it did not come through the server.
    pub id: Option<String>,
}

/// A request has come: told before anything of the site sees it, and waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStarted {
    /// Which one.
    pub request: Asked,
}

/// A request has its answer: told when its headers are about to leave, beside the request. A body may still be on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFinished {
    /// Which one.
    pub request: Asked,
    /// The path of its route, `/films/{id}/`; none, where no route took it.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// How long that took.
    pub took: Duration,
}

/// A request has failed by a fault of the site: an error with a status of 500 and above, or a panic. Told beside the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFailed {
    /// Which one.
    pub request: Asked,
    /// The path of its route, `/films/{id}/`; none, where no route took it.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The error with its causes, as the log has it: what is secret of the request is covered.
    pub error: String,
    /// Where it came from: `src/films.rs:12:5`.
    pub place: String,
}

/// Hears of each [`RequestFailed`], as a service: the room of mail is one, and writes to those of `[mail] admins`. A site that is given one of
/// its own, `.with::<Arc<dyn FailureWatch>>(..)`, has that in its place.
pub trait FailureWatch: Send + Sync + 'static {
    /// It has failed. Runs beside the request; what fails here is the watch's own affair.
    fn failed<'a>(&'a self, services: &'a Services, failed: &'a RequestFailed) -> BoxFuture<'a, ()>;
}
