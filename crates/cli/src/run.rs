//! The whole way of a call: arguments, settings, log, rooms, command, end.

use std::{ffi::OsString, io::IsTerminal, process::ExitCode, sync::Arc};

use quintet_core::{
    Error, Result, Room, Site,
    check::Level,
    clock::Clock,
    command::{Args, Command, CommandSlot, Console},
    settings::{Log, Settings},
};

#[cfg(all(feature = "dev", unix))]
use crate::dev;
use crate::{
    boot::{self, Running},
    commands::{self, Builtin, Picked, SERVE},
    line::{Chosen, Group, Line},
    log, process,
    terminal::RealTerminal,
};

/// Does what the command line of this process says with `site`; serves it if it says nothing.
///
/// # Errors
/// What the command ended with; a wrong command line and wrong settings among them.
pub async fn run(site: Site, rooms: Vec<Box<dyn Room>>) -> Result {
    let line = std::env::args_os().skip(1);
    run_with(site, rooms, line.collect(), Console::new(RealTerminal::new())).await
}

/// [`run`] on a runtime of its own, for a plain `fn main() -> ExitCode`.
#[must_use]
pub fn main(site: Site, rooms: Vec<Box<dyn Room>>) -> ExitCode {
    process::end(process::runtime().and_then(|runtime| runtime.block_on(run(site, rooms))))
}

/// [`run`] with other arguments (without the program's name) and another console.
///
/// # Errors
/// What the command ended with; a wrong command line and wrong settings among them.
pub async fn run_with(
    mut site: Site,
    mut rooms: Vec<Box<dyn Room>>,
    line: Vec<OsString>,
    console: Console,
) -> Result {
    rooms.extend(site.take_rooms());
    let groups = groups(&site, &rooms);
    let (command, args) = match Line::new(program_name(), version(), &groups)?.read(line)? {
        Chosen::Told(text) => {
            console.line(text.trim_end());
            return Ok(());
        }
        Chosen::Command(command, args) => (command, args),
    };
    let sources = boot::read_sources(&boot::directory(&site)?)?;
    let settings = boot::settings(&site, &rooms, sources)?;
    let _log = log::start(&settings.get::<Log>()?, std::io::stderr().is_terminal());
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    match command {
        // Needs no room: it must work where a room can't start because of a setting.
        Picked::Builtin(Builtin::Settings) => commands::settings(&settings, &args, &console),
        // The site itself runs in another process.
        #[cfg(all(feature = "dev", unix))]
        Picked::Builtin(Builtin::Dev) => dev::run(&settings, &args, &console).await,
        Picked::Builtin(Builtin::Check) => {
            let running = start(site, rooms, settings, console.clone()).await?;
            let end = commands::check(&running, &args, &console).await;
            running.stop().await;
            end
        }
        Picked::Command(command) => {
            let running = start(site, rooms, settings, console).await?;
            let end = work(&running, &command, args).await;
            running.stop().await;
            end
        }
    }
}

async fn start(
    site: Site,
    rooms: Vec<Box<dyn Room>>,
    settings: Settings,
    console: Console,
) -> Result<Running> {
    boot::start(Arc::new(site), Arc::new(rooms), settings, console, Clock::system()).await
}

impl Running {
    /// Runs a command on the started site, as the command line would: `["migrate", "--plan"]`. Its output goes
    /// to the site's console.
    ///
    /// # Errors
    /// What the command ended with; a wrong command line among them.
    pub async fn command(&self, words: Vec<OsString>) -> Result {
        let site: &Arc<Site> = self.services().require()?;
        let console = self.services().require::<Console>()?.clone();
        let groups = groups(site, self.rooms());
        match Line::new(program_name(), version(), &groups)?.read(words)? {
            Chosen::Told(text) => console.line(text.trim_end()),
            Chosen::Command(Picked::Builtin(Builtin::Settings), args) => {
                commands::settings(self.services().require()?, &args, &console)?;
            }
            #[cfg(all(feature = "dev", unix))]
            Chosen::Command(Picked::Builtin(Builtin::Dev), _) => {
                return Err(Error::bad_request(
                    "`dev` runs a site in a process of its own, not one that runs already",
                ));
            }
            Chosen::Command(Picked::Builtin(Builtin::Check), args) => {
                commands::check(self, &args, &console).await?
            }
            Chosen::Command(Picked::Command(command), args) => work(self, &command, args).await?,
        }
        Ok(())
    }
}

/// Runs a command. Before the site works the rooms are told, and before it is served its checks are run.
async fn work(running: &Running, command: &Command, args: Args) -> Result {
    let of_room = running.rooms().iter().flat_map(|room| room.commands()).any(|c| c.name == command.name);
    if command.name == SERVE || !of_room {
        running.ready().await?;
    }
    if command.name == SERVE {
        let found = running.checks().await?;
        running.tell(&found, Level::Warning);
        let errors = found.iter().filter(|check| check.level >= Level::Error).count();
        if errors > 0 {
            let what = if errors == 1 { "the error".to_owned() } else { format!("the {errors} errors") };
            return Err(Error::of_kind(
                quintet_core::ErrorKind::Settings,
                Error::internal("").status(),
                format!("the site is not served because of {what} above"),
            ));
        }
    }
    command.run(running.services().clone(), args).await
}

/// The site's own commands, app by app, then the rooms', then the line's own.
fn groups(site: &Site, rooms: &[Box<dyn Room>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (app, slot) in site.slots::<CommandSlot>() {
        let title = if app.label().is_empty() { "the site".to_owned() } else { format!("`{}`", app.label()) };
        let commands = slot.0.iter().map(|c| (c.clone(), Picked::Command(c.clone()))).collect();
        groups.push(Group { title: format!("Commands of {title}"), commands });
    }
    let of_rooms = rooms.iter().flat_map(|room| room.commands()).map(|c| (c.clone(), Picked::Command(c)));
    let own = Builtin::ALL.iter().map(|builtin| (builtin.command(), Picked::Builtin(*builtin)));
    groups.push(Group { title: "Commands".to_owned(), commands: of_rooms.chain(own).collect() });
    groups
}

/// What the person typed to get here, without the directory.
fn program_name() -> String {
    let typed = std::env::args_os().next().map(std::path::PathBuf::from);
    let typed =
        typed.as_deref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    let declared = process::program().and_then(|program| program.name).map(str::to_owned);
    declared.or(typed).unwrap_or_else(|| "site".to_owned())
}

fn version() -> &'static str {
    process::program().map_or(env!("CARGO_PKG_VERSION"), |program| program.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_may_move_between_threads() {
        fn movable(_: impl Future + Send) {}
        movable(run(Site::new(), Vec::new()));
    }
}
