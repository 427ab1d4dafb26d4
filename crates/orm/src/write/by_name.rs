//! Rows whose type nobody knows: written and read as values.

use std::panic::Location;

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use super::{
    draft::{RawDraft, Row},
    explain::explain_write,
    insert::{row_scales, statement},
    update,
};
use crate::{
    ast::Select, dynamic::fetch_values, executor::Executor, expr::RawAssign, query::is_empty, sql::Conflict,
};

/// Inserts a row and gives its columns back.
pub(crate) async fn insert_values(
    meta: &'static ModelMeta,
    sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<Value>> {
    let Row { fields, values } = RawDraft::new(meta, sets).row().map_err(|error| error.at(at))?;
    let stmt = statement(meta, &fields, &[values], Conflict::Refuse, db.dialect(), at)?;
    let columns = meta.columns().map(|(_, field)| field).collect();
    let rows =
        fetch_values(db, stmt, columns).await.map_err(|error| explain_write(error, meta, &fields, at))?;
    rows.into_iter()
        .next()
        .ok_or_else(|| Error::database(format!("inserting a {} gave no row back", meta.name)).at(at))
}

/// Updates the rows of a query and tells how many there were.
pub(crate) async fn update_rows(
    select: Box<Select>,
    sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    update::execute(select, sets, db, at).await
}

/// Updates the rows of a query and gives the columns of the first back.
pub(crate) async fn update_values(
    select: Box<Select>,
    sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<Vec<Value>>> {
    if is_empty(&select) {
        return Ok(None);
    }
    let meta = select.root;
    let stmt = update::statement(&select, &sets, true, db.dialect(), at)?;
    let fields: Vec<u16> = sets.iter().map(|assign| assign.field).collect();
    let columns = meta.columns().map(|(_, field)| field).collect();
    let rows = fetch_values(db, (stmt, row_scales(meta, db.dialect())), columns)
        .await
        .map_err(|error| explain_write(error, meta, &fields, at))?;
    Ok(rows.into_iter().next())
}
