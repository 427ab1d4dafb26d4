//! `quintet dev`: `cargo run -- dev` for who does not want to type it. The loop itself is in the site's own binary.

use quintet_core::{
    Error, Services,
    command::{ArgSpec, Args, Command},
};

/// The command.
pub(super) fn command() -> Command {
    let run = |_: Services, args: Args| async move {
        let mut cargo =
            std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("run");
        if let Some(package) = args.take::<Option<String>>("package")? {
            cargo.args(["--package", &package]);
        }
        cargo.args(["--", "dev"]);
        if let Some(bind) = args.take::<Option<String>>("bind")? {
            cargo.args(["--bind", &bind]);
        }
        Err(replaced_by(cargo))
    };
    Command::new("dev", "Serves the site in this directory while it is worked on: `cargo run -- dev`.", run)
        .arg(ArgSpec::of::<Option<String>>("package", "which package of the workspace"))
        .arg(ArgSpec::of::<Option<String>>("bind", "address:port to listen on, instead of [server] bind"))
}

/// Goes on as another program; comes back only if that can't be.
#[cfg(unix)]
fn replaced_by(mut program: std::process::Command) -> Error {
    let error = std::os::unix::process::CommandExt::exec(&mut program);
    Error::internal(format!("cargo can't be run: {error}")).with_source(error)
}

#[cfg(not(unix))]
fn replaced_by(_: std::process::Command) -> Error {
    Error::bad_request("`dev` hands a socket from one process to another, which works on Unix only")
}
