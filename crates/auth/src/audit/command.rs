use std::time::Duration;

use jiff::SignedDuration;
use quintet_core::{
    Error, Result, Services, clock,
    command::{ArgSpec, Args, Command, Console},
    settings::Settings,
};
use quintet_orm::Db;

use super::AuditRow;
use crate::settings::AuditSettings;

const DAY: u64 = 86_400;

/// `clearaudit`
pub(crate) fn clear_audit() -> Command {
    let about = "Removes entries of the audit log that are older than `[audit] keep` says.";
    Command::new("clearaudit", about, clear).arg(ArgSpec::of::<Option<u64>>(
        "days",
        "Keep the entries of so many days, whatever the settings say",
    ))
}

async fn clear(services: Services, args: Args) -> Result {
    let keep = match args.take::<Option<u64>>("days")? {
        Some(days) => Duration::from_secs(days.saturating_mul(DAY)),
        None => services.require::<Settings>()?.get::<AuditSettings>()?.keep,
    };
    let console = services.require::<Console>()?;
    if keep.is_zero() {
        console.line("Entries of the audit log are kept for ever; `[audit] keep` says otherwise, or --days.");
        return Ok(());
    }
    let before = clock::now()
        .checked_sub(SignedDuration::try_from(keep)?)
        .map_err(|_| Error::bad_request("that is before the calendar begins"))?;
    let gone = AuditRow.filter(AuditRow.at.lt(before)).delete(services.require::<Db>()?).await?;
    console.line(format!("{gone} entries of the audit log were too old."));
    Ok(())
}
