use quintet_core::{
    Result, Service, Services,
    command::{Args, Command, Console},
};

use super::Sessions;

/// `clearsessions`
pub(crate) fn clear_sessions() -> Command {
    Command::new("clearsessions", "Forgets the sessions that are over.", clear)
}

async fn clear(services: Services, _: Args) -> Result {
    let cleared = Sessions::of(&services)?.clear().await?;
    let console = services.require::<Console>()?;
    console.line(format!("{cleared} sessions were over."));
    Ok(())
}
