//! `cargo build`, and what it says.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use quintet_core::{Result, command::Console};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use super::{
    problem::Problem,
    project::{Project, at, cargo},
};
use crate::style::Style;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Built {
    New,
    /// Nothing had to be done.
    Fresh,
    Failed(Problem),
}

/// Builds the binary. Warnings go to the terminal; errors are the problem.
///
/// # Errors
/// If there is no Cargo.
pub(super) async fn build(project: &Project, console: &Console) -> Result<Built> {
    let mut child = command(project).spawn()?;
    let (Some(out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else {
        return Ok(Built::Failed(Problem::new("Cargo can't be heard", "")));
    };
    let said = tokio::spawn(async move {
        let mut said = String::new();
        // What can't be read can't be told.
        let _ = err.read_to_string(&mut said).await;
        said
    });
    let mut messages = Messages::new(&project.binary);
    let mut lines = BufReader::new(out).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(warning) = messages.read(&line) {
            console.warn(warning.trim_end());
        }
    }
    let status = child.wait().await?;
    let said = said.await.unwrap_or_default();
    Ok(messages.end(status.success(), &said))
}

fn command(project: &Project) -> Command {
    let mut command = cargo(&project.package);
    let coloured = Style::stderr().is_on();
    let format = if coloured { "json-diagnostic-rendered-ansi" } else { "json" };
    command
        .args(["build", "--quiet", "--bin", &project.binary])
        .arg(format!("--message-format={format}"))
        .args(&project.options)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

/// The binary that `cargo build` makes.
pub(super) fn binary(project: &Project) -> PathBuf {
    // Cargo puts it where this program was started from, by the same options.
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|folder| folder.join(&project.binary)))
        .unwrap_or_else(|| project.target.join("debug").join(&project.binary))
}

/// Which file a binary is: another one after each build, whoever has built it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity(Option<(u64, u64, Option<SystemTime>)>);

impl Identity {
    /// That of the binary as it is now.
    pub(super) fn of(file: &Path) -> Self {
        let known = std::fs::metadata(file).ok();
        Identity(known.map(|known| (known.dev(), known.ino(), known.modified().ok())))
    }
}

/// The messages of one build.
struct Messages<'a> {
    binary: &'a str,
    errors: Vec<String>,
    fresh: bool,
}

impl<'a> Messages<'a> {
    fn new(binary: &'a str) -> Self {
        Messages { binary, errors: Vec::new(), fresh: false }
    }

    /// Reads a line; gives a warning to be shown.
    fn read(&mut self, line: &str) -> Option<String> {
        let message: Value = serde_json::from_str(line).ok()?;
        match at(&message, "reason").as_str()? {
            "compiler-artifact" => {
                let target = at(&message, "target");
                let is_binary =
                    at(target, "kind").as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"));
                if is_binary && *at(target, "name") == self.binary {
                    self.fresh = *at(&message, "fresh") == true;
                }
                None
            }
            "compiler-message" => {
                let inner = at(&message, "message");
                let rendered = at(inner, "rendered").as_str()?.to_owned();
                // How many there were is said by their number.
                let counted = at(inner, "message")
                    .as_str()
                    .is_some_and(|text| text.starts_with("aborting due to") || text.ends_with("emitted"));
                match at(inner, "level").as_str()? {
                    _ if counted => None,
                    level if level.starts_with("error") => {
                        self.errors.push(rendered);
                        None
                    }
                    // Of an old build: shown when it was made.
                    "warning" => Some(rendered).filter(|_| *at(&message, "fresh") != true),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn end(self, success: bool, said: &str) -> Built {
        if success {
            return if self.fresh { Built::Fresh } else { Built::New };
        }
        // What Cargo itself has to say: a Cargo.toml that is none, a package that is missing.
        let text = if self.errors.is_empty() { said.to_owned() } else { self.errors.join("\n") };
        Built::Failed(Problem::new("It does not compile", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str = r#"{"reason":"compiler-message","message":{"level":"error","rendered":"error[E0308]: no\n","message":"no"}}"#;
    const COUNT: &str = r#"{"reason":"compiler-message","message":{"level":"error","rendered":"error: aborting\n","message":"aborting due to 1 previous error"}}"#;
    const NOTE: &str = r#"{"reason":"compiler-message","message":{"level":"failure-note","rendered":"For more","message":"For more"}}"#;
    const WARNING: &str =
        r#"{"reason":"compiler-message","message":{"level":"warning","rendered":"warning: hm\n"}}"#;

    #[test]
    fn a_binary_that_was_built_again_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site");
        let none = Identity::of(&file);
        std::fs::write(&file, "one").unwrap();
        let one = Identity::of(&file);
        assert!(one != none && one == Identity::of(&file));
        // As Cargo does: another file takes its name.
        std::fs::write(folder.path().join("new"), "two").unwrap();
        std::fs::rename(folder.path().join("new"), &file).unwrap();
        assert_ne!(Identity::of(&file), one);
    }

    fn artifact(name: &str, kind: &str, fresh: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","target":{{"name":"{name}","kind":["{kind}"]}},"fresh":{fresh}}}"#
        )
    }

    #[test]
    fn what_cargo_says_is_understood() {
        let read = |lines: &[&str], success, said| {
            let mut messages = Messages::new("site");
            let warnings: Vec<String> = lines.iter().filter_map(|line| messages.read(line)).collect();
            (messages.end(success, said), warnings)
        };
        let (lib, bin) = (artifact("site", "lib", false), artifact("site", "bin", true));
        assert_eq!(read(&[&lib, &bin, "no json"], true, ""), (Built::Fresh, vec![]));
        let new = artifact("site", "bin", false);
        assert_eq!(read(&[WARNING, &lib, &new], true, ""), (Built::New, vec!["warning: hm\n".to_owned()]));
        let failed = |text: &str| Built::Failed(Problem::new("It does not compile", text));
        assert_eq!(
            read(&[WARNING, ERROR, ERROR, COUNT, NOTE], false, "could not compile").0,
            failed("error[E0308]: no\n\nerror[E0308]: no\n")
        );
        assert_eq!(read(&[], false, "error: no Cargo.toml").0, failed("error: no Cargo.toml"));
    }
}
