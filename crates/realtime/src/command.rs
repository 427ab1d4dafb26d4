//! `publish TOPIC JSON`: saying something in a topic from the command line.

use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
};

use crate::Channels;

pub(crate) fn publish() -> Command {
    let about = "Say something in a topic of the site's channels: publish film:7 '{\"event\":\"typing\",\"by\":\"Ann\"}'";
    Command::new("publish", about, run)
        .arg(ArgSpec::of::<String>("topic", "The topic: film:7"))
        .arg(ArgSpec::of::<String>("data", "What its listeners hear: JSON"))
        .arg(ArgSpec::of::<bool>("passing", "Nobody hears it later"))
}

async fn run(services: Services, args: Args) -> Result {
    let (channels, console) = (services.require::<Channels>()?, services.require::<Console>()?);
    let (topic, data): (String, String) = (args.take("topic")?, args.take("data")?);
    let data: serde_json::Value = serde_json::from_str(&data).map_err(|why| {
        Error::bad_request(format!("that is no JSON: {why}; quote it: '{{\"event\":\"typing\"}}'"))
    })?;
    if channels.reaches_only_itself() {
        return Err(Error::settings(
            "`url` of `[channels]` is memory://, which no other process hears: give the site redis:// or database://",
        ));
    }
    channels.health().await?;
    let passing: bool = args.take("passing")?;
    channels.check(&topic, &data)?;
    match passing {
        true => channels.pass(&topic, &data).await?,
        false => channels.publish(&topic, &data).await?,
    }
    console.line(format!("Said in {topic}."));
    Ok(())
}
