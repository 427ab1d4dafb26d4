//! Rows whose type nobody knows: written and read as values.

use std::panic::Location;

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use super::{
    draft::RawDraft,
    insert::{self, OnConflict, row_scales},
    save::{Save, save},
    update, version,
};
use crate::{
    ast::Select,
    dynamic::{values_of, values_sink},
    executor::Executor,
    expr::RawAssign,
    query::is_empty,
};

/// Inserts a row and gives its columns back.
pub(crate) async fn insert_values(
    meta: &'static ModelMeta,
    sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<Value>> {
    let fields = meta.columns().map(|(_, field)| field).collect();
    let sink = values_sink(row_scales(meta, db.dialect()), fields);
    let sink = insert::run(&RawDraft::new(meta, sets), &OnConflict::Refuse, sink, db, at).await?;
    let row = values_of(sink)?.into_iter().next();
    row.ok_or_else(|| Error::database(format!("inserting a {} gave no row back", meta.name)).at(at))
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

/// Updates the row of a query and gives its columns back. A version among the values is not written but compared.
pub(crate) async fn update_values(
    select: Box<Select>,
    mut sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<Vec<Value>>> {
    if is_empty(&select) {
        return Ok(None);
    }
    let version = version::expected(select.root, &mut sets);
    let change = Save { select, sets, version, row: None };
    Ok(save(change, true, db, at).await?.and_then(|done| done.row))
}
