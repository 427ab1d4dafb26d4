//! A stored audit log: what happened to a site's safety, in a table that is only added to.
//!
//! ```
//! use quintet_auth::{self as auth, audit};
//! use quintet_core::Site;
//!
//! let site = Site::new().install(auth::app()).install(audit::app());
//! # let _ = site;
//! ```
//!
//! Each [`SecurityEvent`] that is told becomes a row. The request that tells it does not wait: events stand in a queue, and are written by a
//! task beside it (`writer`). Where the database is away they wait there; of more than the queue holds the log tells how many are lost, and
//! has the events themselves as lines in any case.
mod command;
mod row;
mod writer;

use std::sync::Arc;

use quintet_core::{App, EmbeddedFile, Folder, Result, Services, audit::SecurityEvent, signal::Listen as _};
use quintet_orm::Models as _;

pub(crate) use command::clear_audit;
pub use row::AuditRow;
pub(crate) use writer::Writer;

static FILES: &[EmbeddedFile] = &[EmbeddedFile {
    path: "migrations/0001_initial.toml",
    bytes: include_bytes!("../../audit/migrations/0001_initial.toml"),
}];

/// Marks the app among those of a site.
#[derive(Debug, Default)]
pub(crate) struct Installed;

/// The table, and who fills it: `Site::new().install(auth::app()).install(auth::audit::app())`.
#[must_use]
pub fn app() -> App {
    let folder = Folder::embedded(concat!(env!("CARGO_MANIFEST_DIR"), "/audit"), FILES);
    let mut app = App::new("audit").folder(folder);
    app.slot_mut::<Installed>();
    app.models((AuditRow,)).on(keep)
}

async fn keep(services: Services, event: Arc<SecurityEvent>) -> Result {
    if let Some(writer) = services.get::<Arc<Writer>>() {
        writer.keep(&event, &services);
    }
    Ok(())
}
