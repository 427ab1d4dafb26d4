//! What belongs to the process, not to a site: which program it is, its runtime, how it ends.

use std::{process::ExitCode, sync::OnceLock};

use quintet_core::Result;

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

pub(crate) fn set(program: Program) {
    // The first one counts: a process has one entry.
    let _ = PROGRAM.set(program);
}

pub(crate) fn program() -> Option<&'static Program> {
    PROGRAM.get()
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
