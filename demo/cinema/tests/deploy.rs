//! What `check --deploy` says of the cinema: what it lacks as it comes, and nothing with the settings that README.md names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, process::Command};

/// The settings of README.md for where others come.
fn settings_of_the_readme() -> Vec<(&'static str, &'static str)> {
    let readme = include_str!("../README.md");
    let block = readme.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(|line| line.split_once('=').unwrap()).collect()
}

/// The cinema's binary on a database in this folder, without what the environment of the tests says.
fn cinema(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cinema"));
    for (name, _) in std::env::vars() {
        if name.starts_with("QUINTET_") || name.starts_with("MAIL_") {
            command.env_remove(name);
        }
    }
    command.env("DATABASE_URL", format!("sqlite://{}", folder.join("site.db").display()));
    command
}

/// A folder with a database that is up to date.
fn migrated() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(cinema(folder.path()).arg("migrate").output().unwrap().status.success());
    folder
}

/// The status, what was found (ids in their order), and all that was said.
fn check(folder: &Path, env: &[(&str, &str)], words: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let output =
        cinema(folder).args(["check", "--deploy"]).args(words).envs(env.iter().copied()).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let id = |line: &str| line.strip_prefix("warning ")?.split(':').next().map(str::to_owned);
    (output.status.code(), text.lines().filter_map(id).collect(), text)
}

#[test]
fn as_it_comes_it_lacks_a_host_and_https_and_says_how_to_have_them() {
    let folder = migrated();
    let (status, found, text) = check(folder.path(), &[], &[]);
    assert_eq!(status, Some(0), "{text}");
    let (mail, web): (Vec<String>, Vec<String>) = found.into_iter().partition(|id| id.starts_with("mail."));
    assert_eq!(
        web,
        ["security.W020", "security.W008", "security.W004", "security.W010", "security.W016"],
        "{text}"
    );
    // A build of the whole workspace has the room of mail for the sake of other tests.
    let without = mail.is_empty() && !cfg!(feature = "mail");
    assert!(without || mail == ["mail.W001"], "{text}");
    // Each with what to do about it.
    let hints = text.lines().filter(|line| line.trim_start().starts_with("hint: ")).count();
    assert_eq!(hints, web.len() + mail.len(), "{text}");
    for (key, _) in settings_of_the_readme().iter().filter(|(key, _)| key.ends_with("SITE_URL")) {
        assert!(text.contains(key), "{text}");
    }
    // Who wants to be stopped is.
    let (status, _, text) = check(folder.path(), &[], &["--fail-level", "warning"]);
    assert_eq!(status, Some(1), "{text}");
}

#[test]
fn with_the_settings_of_the_readme_it_lacks_nothing() {
    let folder = migrated();
    let settings = settings_of_the_readme();
    let (status, found, text) = check(folder.path(), &settings, &["--fail-level", "info"]);
    assert_eq!((status, found.len()), (Some(0), 0), "{text}");
    assert!(text.contains("No findings."), "{text}");
    // None of them is there for nothing, but those of the mails where there are none.
    for at in 0..settings.len() {
        let (without, _) = settings[at];
        if (without.starts_with("MAIL") || without.contains("_MAIL_")) && !cfg!(feature = "mail") {
            continue;
        }
        let rest: Vec<_> = settings.iter().copied().filter(|(name, _)| *name != without).collect();
        let (status, _, text) = check(folder.path(), &rest, &["--fail-level", "info"]);
        assert_eq!(status, Some(1), "nothing is missed without {without}:\n{text}");
    }
}

#[test]
fn what_is_wrong_in_a_release_is_told() {
    let folder = migrated();
    for (name, value, id) in [
        ("QUINTET_DEBUG", "true", "security.W018"),
        ("QUINTET_SECRET_KEY", "short and typed", "security.W009"),
        ("QUINTET_SECURITY_HOSTS", "*", "security.W020"),
        ("QUINTET_SESSION_SAME_SITE", "none", "security.W031"),
        ("QUINTET_AUTH_WRONG_LOGINS", "0", "auth.W001"),
        ("QUINTET_AUTH_PASSWORDS_MIN_LENGTH", "4", "auth.W002"),
    ] {
        let mut settings = settings_of_the_readme();
        settings.push((name, value));
        let (status, found, text) = check(folder.path(), &settings, &["--fail-level", "warning"]);
        assert_eq!((status, &*found), (Some(1), &[id.to_owned()][..]), "{name}={value}:\n{text}");
    }
}
