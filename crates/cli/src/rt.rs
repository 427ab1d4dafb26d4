//! What `#[quintet::main]` expands to. Not for use by hand; it may change at any time.

use std::{process::ExitCode, sync::OnceLock};

pub use quintet_core::command::rt::outcome;
use quintet_core::{Error, Result, Room, Site};

use crate::{report, style::Style};

/// The crate of the binary, as the compiler saw it.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its directory.
    pub directory: &'static str,
    /// Its binary, if it is one.
    pub name: Option<&'static str>,
    /// Its version.
    pub version: &'static str,
}

/// One process is one program; `Site::run`, far below the entry, asks for it.
static PROGRAM: OnceLock<Program> = OnceLock::new();

pub(crate) fn program() -> Option<&'static Program> {
    PROGRAM.get()
}

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
    block_on(program, async move { crate::run(declare().into_site()?, rooms).await })
}

/// Runs an async program on a runtime of its own, and tells its error.
pub fn block_on(program: Program, work: impl Future<Output = Result>) -> ExitCode {
    let _ = PROGRAM.set(program);
    end(runtime().and_then(|runtime| runtime.block_on(work)))
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

pub(crate) fn end(result: Result) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{}", report::text(&error, Style::stderr()));
            ExitCode::from(report::exit_code(&error))
        }
    }
}
