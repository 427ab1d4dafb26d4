//! Rows whose type nobody knows: written and read as values.

use std::panic::Location;

use quintet_core::{Error, FieldErrors, Result, Value, meta::ModelMeta};

use super::{
    insert::{self, OnConflict, row_scales},
    raw_draft::RawDraft,
    save::{Save, save},
    update, version,
};
use crate::{
    ast::{Node, Select},
    db::{at_primary, to_home},
    dynamic::{values_of, values_sink},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    query::is_empty,
    sql::{self, Ask},
    validate::{check_given, own_rules},
};

/// Inserts a row and gives its columns back.
pub(crate) async fn insert_values(
    meta: &'static ModelMeta,
    sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<Value>> {
    insert_draft(&RawDraft::new(meta, sets), db, at).await
}

/// Inserts a row that people gave, as far as it could be read, and gives its columns back.
pub(crate) async fn insert_given(
    meta: &'static ModelMeta,
    (sets, errors): (Vec<RawAssign>, FieldErrors),
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<Value>> {
    let draft = RawDraft::new(meta, sets);
    let (_, errors) = draft.checked(errors, check_given);
    errors.into_result().map_err(|error| error.at(at))?;
    insert_draft(&draft, db, at).await
}

async fn insert_draft(
    draft: &RawDraft,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<Value>> {
    let meta = draft.meta;
    to_home!(db, meta, at);
    let sink = values_sink(row_scales(meta, db.dialect()), meta.columns().map(|(_, field)| field).collect());
    let sink = insert::run(draft, &OnConflict::Refuse, sink, db, at).await?;
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
    (mut sets, mut errors): (Vec<RawAssign>, FieldErrors),
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<Vec<Value>>> {
    if is_empty(&select) {
        return Ok(None);
    }
    let meta = select.root;
    to_home!(db, &*select, at);
    let written = db;
    at_primary!(db);
    if !own_rules_by_name(&select, &mut sets, &mut errors, db, at).await? {
        return Ok(None);
    }
    errors.into_result().map_err(|error| error.at(at))?;
    let version = version::expected(meta, &mut sets);
    for (index, field) in meta.columns() {
        if let Some(make) = field.on_save.filter(|_| !sets.iter().any(|assign| assign.field == index)) {
            sets.push(RawAssign { field: index, value: AssignValue::Node(Node::Value(make())) });
        }
    }
    let change = Save { select, sets, version, row: None };
    Ok(save(change, true, written, at).await?.and_then(|done| done.row))
}

/// Runs the model's own rules over the row as it is with the changes in it. Tells whether there is a row.
async fn own_rules_by_name(
    select: &Select,
    sets: &mut Vec<RawAssign>,
    errors: &mut FieldErrors,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<bool> {
    let meta = select.root;
    if meta.clean.is_none() {
        return Ok(true);
    }
    let mut query = select.clone();
    query.prepare();
    let (stmt, scales) = sql::select(&query, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
    let columns = meta.columns().map(|(_, field)| field).collect();
    let rows = values_of(db.fetch(stmt.at(at), values_sink(scales, columns)).await?)?;
    let Some(row) = rows.into_iter().next() else { return Ok(false) };
    let mut row: Vec<(u16, Value)> = meta.columns().map(|(index, _)| index).zip(row).collect();
    for assign in &*sets {
        if let (AssignValue::Node(Node::Value(value)), Some((_, known))) =
            (&assign.value, row.iter_mut().find(|(index, _)| *index == assign.field))
        {
            known.clone_from(value);
        }
    }
    let (set, refused) = own_rules(meta, false, row.iter().map(|(index, value)| (*index, value)));
    for (field, value) in set {
        sets.retain(|assign| assign.field != field);
        sets.push(RawAssign { field, value: AssignValue::Node(Node::Value(value)) });
    }
    for assign in &*sets {
        if let (AssignValue::Node(Node::Value(value)), Some(field)) =
            (&assign.value, meta.field_at(assign.field))
        {
            check_given(field, value, errors);
        }
    }
    errors.extend(refused);
    Ok(true)
}
