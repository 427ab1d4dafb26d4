//! Commands of a site's binary, as values: what `#[command]` makes and what rooms bring.
//!
//! The command line parses the arguments by the [`ArgSpec`]s and calls [`Command::run`] with the services
//! of the started site.
mod arg;
mod console;
mod progress;
#[doc(hidden)]
pub mod rt;

use std::{fmt, sync::Arc};

pub use arg::{ArgSpec, ArgStyle, Args, CliArg};
pub use console::{Captured, Console, Terminal};
pub use progress::{Progress, ProgressState};

use crate::{
    boxed::BoxFuture,
    error::Result,
    own_writes,
    services::Services,
    site::{App, Site},
};

type Run = Arc<dyn Fn(Services, Args) -> BoxFuture<'static, Result> + Send + Sync>;

/// A command: `cinema import-films data/movies.json`.
#[derive(Clone)]
pub struct Command {
    /// The word on the command line.
    pub name: String,
    /// What it does; the first line is shown in the list.
    pub about: String,
    /// What it takes.
    pub args: Vec<ArgSpec>,
    run: Run,
}

impl Command {
    /// A command without arguments.
    pub fn new<F, R>(name: impl Into<String>, about: impl Into<String>, run: F) -> Self
    where
        F: Fn(Services, Args) -> R + Send + Sync + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        Command {
            name: name.into(),
            about: about.into(),
            args: Vec::new(),
            run: Arc::new(move |services, args| Box::pin(run(services, args))),
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, arg: ArgSpec) -> Self {
        self.args.push(arg);
        self
    }

    /// Runs it.
    pub fn run(&self, services: Services, args: Args) -> BoxFuture<'static, Result> {
        let work = (self.run)(services.clone(), args);
        Box::pin(own_writes::scope(services.scope(work)))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("name", &self.name).field("args", &self.args).finish_non_exhaustive()
    }
}

/// The commands that an app or a site brings.
#[derive(Default, Debug)]
pub struct CommandSlot(pub Vec<Command>);

/// `.commands(commands![import_films])`, on apps and sites.
pub trait Commands: Sized {
    /// Adds commands.
    #[must_use]
    fn commands(self, commands: Vec<Command>) -> Self;
}

impl Commands for App {
    fn commands(mut self, commands: Vec<Command>) -> Self {
        self.slot_mut::<CommandSlot>().0.extend(commands);
        self
    }
}

impl Commands for Site {
    fn commands(mut self, commands: Vec<Command>) -> Self {
        self.slot_mut::<CommandSlot>().0.extend(commands);
        self
    }
}

/// What `#[command]` implements.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a command", label = "needs #[command]")]
pub trait CommandDef {
    /// The command.
    fn command() -> Command;
}

/// A list of functions with `#[command]`, for `.commands(..)`.
///
/// ```
/// use quintet_core::{App, command::Commands, commands};
/// # use quintet_macros::command;
///
/// /// Says hello.
/// #[command]
/// async fn greet(name: String) {
///     println!("hello {name}");
/// }
///
/// let app = App::new("hello").commands(commands![greet]);
/// # let _ = app;
/// ```
#[macro_export]
macro_rules! commands {
    ($($command:ty),* $(,)?) => {
        ::std::vec![$($crate::command::rt::command::<$command>()),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_runs_with_its_arguments_and_services() {
        let command = Command::new("greet", "Says hello.", |services: Services, args: Args| async move {
            let name: String = args.take("name")?;
            services.require::<Console>()?.line(format!("hello {name}"));
            Ok(())
        })
        .arg(ArgSpec::of::<String>("name", "whom"));
        let (console, out) = Console::captured();
        let mut services = Services::builder();
        services.insert(console);
        let mut args = Args::default();
        args.push("name", "ann");
        command.run(services.build(), args).await.unwrap();
        assert_eq!(out.text(), "hello ann\n");
    }
}
