//! `cache clear [NAME]`

use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
    near::did_you_mean,
};

use crate::Cache;

pub(crate) fn command() -> Command {
    let about = "Empties caches: `cache clear` all of them, `cache clear NAME` one.\n\n\
                 A cache in memory is that of the process that holds it: of a site that is running, it stays as it is.";
    Command::new("cache", about, run)
        .arg(ArgSpec::of::<String>("action", "What to do: `clear`"))
        .arg(ArgSpec::of::<Option<String>>("name", "The cache; `default` is that of [cache]").positional())
}

async fn run(services: Services, args: Args) -> Result {
    let (cache, console) = (services.require::<Cache>()?, services.require::<Console>()?);
    let action: String = args.take("action")?;
    if action != "clear" {
        let meant = did_you_mean(&action, ["clear"]);
        return Err(Error::bad_request(format!("a cache can't `{action}`{meant} (there is `clear`)")));
    }
    let names: Vec<String> = match args.take::<Option<String>>("name")? {
        Some(name) => vec![cache.named(&name)?.name().to_owned()],
        None => cache.names().map(str::to_owned).collect(),
    };
    for name in &names {
        cache.named(name)?.clear().await?;
        console.line(format!("The cache `{name}` is empty."));
    }
    Ok(())
}
