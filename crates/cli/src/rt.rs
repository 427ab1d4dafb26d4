//! What `#[quintet::main]` expands to. Not for use by hand; it may change at any time.

use std::process::ExitCode;

pub use quintet_core::command::rt::outcome;
use quintet_core::{Error, Result, Room, Site};

pub use crate::process::Program;
use crate::{process, run::run};

/// What the entry may give: a site, or a result with one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no site",
    label = "`#[quintet::main]` runs `fn main() -> Site` and `async fn main() -> Result`"
)]
pub trait IntoSite {
    /// The site.
    ///
    /// # Errors
    /// If it could not be made.
    fn into_site(self) -> Result<Site>;
}

impl IntoSite for Site {
    fn into_site(self) -> Result<Site> {
        Ok(self)
    }
}

impl<E: Into<Error>> IntoSite for Result<Site, E> {
    fn into_site(self) -> Result<Site> {
        self.map_err(Into::into)
    }
}

/// Runs the command line of the site that `declare` gives.
pub fn run_site<S: IntoSite>(program: Program, declare: fn() -> S, rooms: Vec<Box<dyn Room>>) -> ExitCode {
    block_on(program, async move { run(declare().into_site()?, rooms).await })
}

/// Runs an async program on a runtime of its own, and tells its error.
pub fn block_on(program: Program, work: impl Future<Output = Result>) -> ExitCode {
    process::set(program);
    process::end(process::runtime().and_then(|runtime| runtime.block_on(work)))
}
