//! What `#[command]`, `commands!` and `#[quintet::main]` expand to. Plain functions carry the bounds: rustc then
//! reports a wrong type once, at the user's own token.

use super::{Args, CliArg, Command, CommandDef};
use crate::{
    error::{Error, Result},
    services::{Service, Services},
};

/// How a command, or a program, may end: with `Result` or with nothing.
#[diagnostic::on_unimplemented(
    message = "a command can't end with `{Self}`",
    label = "return `Result`, or nothing",
    note = "what it finds out is written to `console: &Console`"
)]
pub trait Outcome {
    /// As a result.
    ///
    /// # Errors
    /// What it ended with.
    fn outcome(self) -> Result;
}

impl Outcome for () {
    fn outcome(self) -> Result {
        Ok(())
    }
}

impl<E: Into<Error>> Outcome for std::result::Result<(), E> {
    fn outcome(self) -> Result {
        self.map_err(Into::into)
    }
}

/// The end of a command.
///
/// # Errors
/// What it ended with.
pub fn outcome<T: Outcome>(end: T) -> Result {
    end.outcome()
}

/// An argument taken by value.
///
/// # Errors
/// If it is missing or can't be read.
pub fn value<T: CliArg>(args: &Args, name: &str) -> Result<T> {
    args.take(name)
}

/// An argument taken by reference.
///
/// # Errors
/// If the site has no such service.
pub fn service<T: Service>(services: &Services) -> Result<T> {
    T::of(services)
}

/// One of `commands![..]`.
#[must_use]
pub fn command<T: CommandDef>() -> Command {
    T::command()
}
