//! The databases that a command is for.

use quintet_core::{
    Result,
    command::{ArgSpec, Console},
};
use quintet_orm::Db;

use crate::error::refuse;

/// `--database NAME`.
pub(super) fn option(help: &'static str) -> ArgSpec {
    ArgSpec { positional: false, value_name: "NAME", ..ArgSpec::of::<Option<String>>("database", help) }
}

/// The database of this name, or all that migrations look after: the default one first.
///
/// # Errors
/// If there is none of the name, or others look after it.
pub(super) fn wanted(db: &Db, name: Option<&str>) -> Result<Vec<Db>> {
    let Some(name) = name else {
        let all = db.names().into_iter().map(|name| db.using(name)).collect::<Result<Vec<Db>>>()?;
        return Ok(all.into_iter().filter(Db::is_migrated).collect());
    };
    let one = db.using(name)?;
    if !one.is_migrated() {
        return Err(refuse(format!(
            "others look after the tables of the database `{name}`: `migrate = false` stands in its section"
        )));
    }
    Ok(vec![one])
}

/// Says which database the next lines are about, where there are several.
pub(super) fn head(console: &Console, db: &Db, all: &[Db]) {
    if all.len() > 1 {
        console.line(format!("Database {}:", db.name()));
    }
}

/// ` (database archive)`, where there are several.
pub(super) fn of(db: &Db, all: &[Db]) -> String {
    if all.len() > 1 { format!(" (database {})", db.name()) } else { String::new() }
}
