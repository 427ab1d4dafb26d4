//! `inspectdb`.

use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
};
use quintet_orm::Db;

use super::databases;
use crate::inspect::{InspectOptions, inspect};

pub(super) fn command() -> Command {
    let about = "Writes models for the tables that the database has.\n\n\
                 Shows Rust, to be put into a file and read through. The models say `managed = false`, so that migrations \
                 leave their tables alone, unless --managed is given. Needs no models and no migrations.";
    let named = |arg: ArgSpec, value_name: &'static str| ArgSpec { positional: false, value_name, ..arg };
    Command::new("inspectdb", about, run)
        .arg(named(
            ArgSpec::of::<Option<String>>(
                "app",
                "The app that is to have them: tables APP_… lose that in the models' names",
            ),
            "APP",
        ))
        .arg(named(
            ArgSpec::of::<Vec<String>>(
                "table",
                "Only these tables, parted by commas; `*` stands for any characters",
            ),
            "TABLES",
        ))
        .arg(databases::option("The database; the default one if it is not given"))
        .arg(ArgSpec::of::<bool>("include_views", "Views too, as models without migrations"))
        .arg(ArgSpec::of::<bool>("managed", "Migrations are to keep the tables from now on"))
}

async fn run(services: Services, args: Args) -> Result {
    let app: Option<String> = args.take("app")?;
    if let Some(app) = &app {
        let good = app.starts_with(|c: char| c.is_ascii_lowercase())
            && app.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !good {
            return Err(Error::bad_request(format!(
                "`{app}` is no label of an app: small letters, digits and _, with a letter first"
            )));
        }
    }
    let tables: Vec<String> = args.take("table")?;
    let database = args.take::<Option<String>>("database")?.filter(|name| name != "default");
    let db = services.require::<Db>()?.using(database.as_deref().unwrap_or("default"))?;
    let options = InspectOptions {
        app,
        tables: tables.iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned()).collect(),
        views: args.take("include_views")?,
        managed: args.take("managed")?,
        database,
    };
    let written = inspect(&db, &options).await?;
    services.require::<Console>()?.line(written.trim_end());
    Ok(())
}
