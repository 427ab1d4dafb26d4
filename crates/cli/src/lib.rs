//! The command line that every site's binary inherits, and the `quintet` command that makes projects.
//!
//! Data passes through it once: the entry (`rt`, in a `process`) gives a site and its rooms; [`boot`] finds the site's
//! directory, reads the texts of its settings and starts the rooms; `line` makes a command line of all
//! [`Command`](quintet_core::command::Command)s and picks one; the command writes to [`terminal`] and, by
//! `tracing`, to [`log`]; an error comes back through `report` and ends the program with status 1, or 2 if
//! the person at the terminal has to change something.
pub mod boot;
mod commands;
#[cfg(all(feature = "dev", unix))]
mod dev;
mod line;
pub mod log;
#[cfg(any(feature = "bin", test))]
pub mod new;
mod process;
mod report;
pub mod rt;
mod run;
mod style;
pub mod terminal;

pub use run::{main, run, run_with};
