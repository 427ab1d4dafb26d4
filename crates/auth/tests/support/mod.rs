//! What the tests of this crate share.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use quintet_auth::passwords::{PasswordSettings, Passwords};
use quintet_core::{Result, settings::Settings};

/// What hardly takes any time.
const FAST: [(&str, &str); 6] = [
    ("auth.passwords.argon2_memory", "32 KiB"),
    ("auth.passwords.argon2_passes", "1"),
    ("auth.passwords.pbkdf2_iterations", "10"),
    ("auth.passwords.scrypt_work", "16"),
    ("auth.passwords.bcrypt_rounds", "4"),
    ("auth.passwords.at_once", "2"),
];

/// Fast passwords with these settings (`min_length`, …) otherwise.
pub(crate) fn try_passwords(changes: &[(&str, &str)]) -> Result<Passwords> {
    let mut all: Vec<(String, String)> =
        FAST.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.retain(|(key, _)| !changes.iter().any(|(name, _)| format!("auth.passwords.{name}") == *key));
    all.extend(changes.iter().map(|(name, value)| (format!("auth.passwords.{name}"), (*value).to_owned())));
    Passwords::new(Settings::for_tests("/", all).get::<PasswordSettings>()?)
}

pub(crate) fn passwords(changes: &[(&str, &str)]) -> Passwords {
    try_passwords(changes).unwrap()
}

/// Runs a script of `tests/django` with the real Django and gives what it writes; `None` where there is no Django.
pub(crate) fn django(script: &str, arguments: &[&str], input: &str) -> Option<String> {
    let Some(python) = std::env::var_os("QUINTET_TEST_DJANGO").filter(|python| !python.is_empty()) else {
        println!(
            "skipped: QUINTET_TEST_DJANGO names no Python with Django: QUINTET_TEST_DJANGO=$(scripts/django)"
        );
        return None;
    };
    let mut command = Command::new(python);
    command
        .args(["-B", script])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/django"));
    command.env("PYTHONWARNINGS", "ignore").env("PYTHONIOENCODING", "utf-8");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}
