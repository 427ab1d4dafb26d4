//! The commands that every site has without any room: `check`, `settings`, and `dev`.
mod check;
mod settings;

pub(crate) use check::check;
use quintet_core::command::{ArgSpec, Command};
pub(crate) use settings::settings;

/// What is done if nothing is said.
pub(crate) const SERVE: &str = "serve";

/// A command of the line.
#[derive(Debug, Clone)]
pub(crate) enum Picked {
    Command(Command),
    Builtin(Builtin),
}

/// A command that the line runs itself, because it is about the start of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    Check,
    Settings,
    #[cfg(all(feature = "dev", unix))]
    Dev,
}

impl Builtin {
    pub(crate) const ALL: &[Builtin] = &[
        Builtin::Check,
        Builtin::Settings,
        #[cfg(all(feature = "dev", unix))]
        Builtin::Dev,
    ];

    /// Its name and arguments, for the line. It is never run as such.
    pub(crate) fn command(self) -> Command {
        let nothing = |_, _| async { Ok(()) };
        match self {
            Builtin::Check => Command::new("check", "Looks for what is wrong with the site.", nothing)
                .arg(ArgSpec::of::<Option<String>>(
                    "fail_level",
                    "fail at this level and above: info, warning or error (the default)",
                ))
                .arg(ArgSpec::of::<bool>("deploy", "also what is wrong once others can reach the site")),
            Builtin::Settings => {
                Command::new("settings", "Lists all settings, and where each comes from.", nothing)
                    .arg(ArgSpec::of::<bool>("json", "as JSON, for programs"))
            }
            #[cfg(all(feature = "dev", unix))]
            Builtin::Dev => {
                let about = "Serves the site while it is worked on. Builds and starts it anew when its source changes, and \
                             reloads pages in the browser when what they show does.";
                Command::new("dev", about, nothing)
                    .arg(ArgSpec::of::<Option<String>>(
                        "bind",
                        "address:port to listen on, instead of [server] bind",
                    ))
                    .arg(ArgSpec::of::<Option<String>>("features", "for cargo build: as for cargo run"))
                    .arg(ArgSpec::of::<bool>("no_default_features", "for cargo build: as for cargo run"))
            }
        }
    }
}
