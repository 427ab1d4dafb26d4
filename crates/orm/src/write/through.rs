//! Rows of a model between the two sides of a many-to-many.

use std::{collections::HashSet, panic::Location};

use quintet_core::{Result, Value, meta::ModelMeta};

use super::{
    batch::Batch,
    chunks::Chunks,
    insert::{OnConflict, row_scales, run},
    raw_draft::RawDraft,
};
use crate::{
    ast::{Node, PathKey, Select},
    dynamic::{fetch_values, values_sink},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::keys_at_once,
    signal::{Ears, Moment},
    sql::{self, Ask},
};

/// Relates each owner to the other of its pair by a row of `model`, whose foreign keys `near` and `far` are theirs. Those
/// that are related already stay as they are. Gives the new pairs back.
pub(super) async fn add(
    model: &'static ModelMeta,
    (near, far): (u16, u16),
    pairs: &[(&Value, &Value)],
    extra: &[RawAssign],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<(Value, Value)>> {
    let mut added = Vec::new();
    for pairs in pairs.chunks(keys_at_once(db.dialect().max_parameters, 2)) {
        // Those that are there, and then those that are about to be.
        let mut known: HashSet<String> = related(model, (near, far), pairs, db, at)
            .await?
            .iter()
            .map(|pair| format!("{pair:?}"))
            .collect();
        let mut drafts = Vec::new();
        for (owner, other) in pairs {
            let pair = ((*owner).clone(), (*other).clone());
            if !known.insert(format!("{pair:?}")) {
                continue;
            }
            let mut sets: Vec<RawAssign> = extra.to_vec();
            for (field, value) in [(near, *owner), (far, *other)] {
                sets.push(RawAssign { field, value: AssignValue::Node(Node::Value(value.clone())) });
            }
            drafts.push(RawDraft::new(model, sets));
            added.push(pair);
        }
        insert(model, drafts, db, at).await?;
    }
    Ok(added)
}

/// Inserts rows: one by one where somebody hears of them, else in few statements.
async fn insert(
    model: &'static ModelMeta,
    drafts: Vec<RawDraft>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    if Ears::of(db, model, &[Moment::Saving, Moment::Saved], at).is_some() {
        for draft in &drafts {
            let columns = model.columns().map(|(_, field)| field).collect();
            let sink = values_sink(row_scales(model, db.dialect()), columns);
            // Boxed, as the row might have links of its own.
            Box::pin(run(draft, &OnConflict::Refuse, sink, db, at)).await?;
        }
        return Ok(());
    }
    let mut batch = Batch::new(model, db.dialect());
    drafts.into_iter().for_each(|draft| batch.push(draft));
    let batch = batch.checked().map_err(|error| error.at(at))?;
    Chunks::new(model, batch.chunks, at).insert_in(db).await.map(drop)
}

/// The pairs of these owners and others that are related already, and perhaps further ones of theirs.
async fn related(
    model: &'static ModelMeta,
    (near, far): (u16, u16),
    pairs: &[(&Value, &Value)],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<(Value, Value)>> {
    let column = |index| Node::Column(PathKey::ROOT, index);
    let (mut owners, mut others): (Vec<Value>, Vec<Value>) =
        pairs.iter().map(|(owner, other)| ((*owner).clone(), (*other).clone())).unzip();
    owners.dedup();
    others.dedup();
    let mut select = Select::new(model);
    select.columns = vec![column(near), column(far)];
    select.add_filter(Node::In(Box::new(column(near)), owners));
    select.add_filter(Node::In(Box::new(column(far)), others));
    let (stmt, scales) = sql::select(&select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
    let fields = [near, far].iter().filter_map(|index| model.field_at(*index)).collect();
    let rows = fetch_values(db, (stmt.at(at), scales), fields).await?;
    let pair = |row: Vec<Value>| {
        let mut row = row.into_iter();
        Some((row.next()?, row.next()?))
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}
