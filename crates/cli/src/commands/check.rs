use quintet_core::{
    Error, Result,
    check::Level,
    command::{Args, Console},
};

use crate::boot::Running;

/// Runs the checks of all rooms, tells what they found, and fails if it is bad.
pub(crate) async fn check(running: &Running, args: &Args, console: &Console) -> Result {
    let fail = level(args.take::<Option<String>>("fail_level")?.as_deref())?;
    let mut found = running.checks().await?;
    if args.take::<bool>("deploy")? {
        found.extend(running.deploy_checks().await?);
        found.sort_by_key(|check| std::cmp::Reverse(check.level));
    }
    running.tell(&found, Level::Info);
    let bad = found.iter().filter(|check| check.level >= fail).count();
    let count = |n: usize| if n == 1 { "1 finding".to_owned() } else { format!("{n} findings") };
    if bad > 0 {
        return Err(Error::of_kind(
            quintet_core::ErrorKind::Unavailable,
            Error::internal("").status(),
            format!("{} of level `{fail}` or above", count(bad)),
        ));
    }
    console.line(if found.is_empty() {
        "No findings.".to_owned()
    } else {
        format!("{}, none that fails.", count(found.len()))
    });
    Ok(())
}

fn level(name: Option<&str>) -> Result<Level> {
    match name {
        None | Some("error") => Ok(Level::Error),
        Some("warning") => Ok(Level::Warning),
        Some("info") => Ok(Level::Info),
        Some(other) => {
            Err(Error::bad_request(format!("--fail-level: `{other}` is none of info, warning, error")))
        }
    }
}
