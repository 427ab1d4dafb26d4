//! Rows of a model between the two sides of a many-to-many.

use std::{collections::HashSet, panic::Location};

use quintet_core::{Result, Value, meta::ModelMeta};

use super::{
    draft::{RawDraft, Row},
    explain::explain_write,
    insert::{OnConflict, row_scales, run, statement},
};
use crate::{
    ast::{Node, PathKey, Select},
    change::{Entry, What},
    decode::tap::Tap,
    dynamic::{fetch_values, values_sink},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::keys_at_once,
    signal::{Ears, Moment},
    sql::{self, Ask, Conflict, Returning},
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
        insert(model, &drafts, db, at).await?;
    }
    Ok(added)
}

/// Inserts rows: one by one where somebody hears of them, else in one statement.
async fn insert(
    model: &'static ModelMeta,
    drafts: &[RawDraft],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let sink = || values_sink(row_scales(model, db.dialect()), model.columns().map(|(_, f)| f).collect());
    if Ears::of(db, model, &[Moment::Saving, Moment::Saved], at).is_some() {
        for draft in drafts {
            // Boxed, as the row might have links of its own.
            Box::pin(run(draft, &OnConflict::Refuse, sink(), db, at)).await?;
        }
        return Ok(());
    }
    let rows = drafts.iter().map(RawDraft::row).collect::<Result<Vec<Row>>>();
    let rows = rows.map_err(|error| error.at(at))?;
    let Some(fields) = rows.first().map(|row| row.fields.clone()) else { return Ok(()) };
    // They have the same fields, and of each as many values: those that are given, and defaults.
    for some in rows.chunks((db.dialect().max_parameters / fields.len().max(1)).max(1)) {
        let values: Vec<Vec<Node>> = some.iter().map(|row| row.values.clone()).collect();
        let (stmt, _) = statement(model, &fields, &values, Conflict::Refuse, db.dialect(), at)?;
        let entry = Entry::open(db, model, What::Created, &[]);
        let tap = Tap::new(model, Returning::Rows).into(sink()).keys_for_feed(entry.is_heard());
        let written = entry.close(tap.fetch(db, entry.stmt(stmt)).await, Tap::feed_keys);
        written.map_err(|error| explain_write(error, model, &fields, at))?;
    }
    Ok(())
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
