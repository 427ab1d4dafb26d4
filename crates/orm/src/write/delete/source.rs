//! The rows that go, a batch at a time.

use quintet_core::{Result, Value, meta::ModelMeta};

use super::plan::Plan;
use crate::{
    ast::{Lock, Node, Nulls, OrderBy, PathKey, Select},
    db::Key,
    decode::tap::Tap,
    executor::Executor,
    key::{key_after, key_columns, key_in},
    model::Erased,
    sql::{self, Ask, Returning},
    write::insert::row_scales,
};

/// How many rows are in the memory at a time, for each model on the way.
pub(super) const BATCH: usize = 500;

/// Where rows come from.
pub(super) enum Source {
    /// In the order of their keys, each batch after the last key of the one before.
    Paged { select: Box<Select>, last: Option<Value> },
    /// Those with these keys, for queries whose answer may change while rows go.
    Keys { model: &'static ModelMeta, keys: std::vec::IntoIter<Value> },
}

/// Some rows.
pub(super) struct Batch {
    pub(super) keys: Vec<Value>,
    /// The rows themselves, for receivers.
    pub(super) rows: Vec<Erased>,
}

impl Source {
    /// The rows of a query.
    pub(super) async fn of(select: Box<Select>, db: &dyn Executor, plan: &Plan<'_>) -> Result<Source> {
        let settled = !select.is_cut()
            && select.owners.is_none()
            && !select.filter.iter().any(|node| {
                let mut joins = false;
                node.visit(&mut |node| joins |= node.path().is_some_and(|path| !path.is_root()));
                joins || node.leaves_table()
            });
        if settled {
            return Ok(Source::Paged { select, last: None });
        }
        let model = select.root;
        let mut all = select;
        all.columns = keys_of(model);
        all.distinct = false;
        let keys = fetch(all, false, usize::MAX, db, plan).await?.keys;
        Ok(Source::Keys { model, keys: keys.into_iter() })
    }

    /// The rows that point to these by a key.
    pub(super) fn pointing(key: Key, to: &[Value]) -> Source {
        Source::Paged { select: pointing(key, to), last: None }
    }

    /// The next rows, locked where the database has row locks. Empty at the end.
    pub(super) async fn next(&mut self, db: &dyn Executor, plan: &Plan<'_>) -> Result<Batch> {
        let select = match self {
            Source::Paged { select, last } => {
                let mut page = select.clone();
                page.limit = Some(u64::try_from(BATCH).unwrap_or(u64::MAX));
                if let Some(last) = last {
                    page.add_filter(key_after(page.root, last)?);
                }
                let by = |node| OrderBy { node, descending: false, nulls: Nulls::Default };
                page.order = keys_of(page.root).into_iter().map(by).collect();
                page
            }
            Source::Keys { model, keys } => {
                let some: Vec<Value> = keys.by_ref().take(BATCH).collect();
                if some.is_empty() {
                    return Ok(Batch { keys: Vec::new(), rows: Vec::new() });
                }
                among(model, some)
            }
        };
        let batch = fetch(select, true, BATCH, db, plan).await?;
        match self {
            Source::Paged { last, .. } => *last = batch.keys.last().cloned(),
            // Rows that went meanwhile may leave a batch empty before the end.
            Source::Keys { keys, .. } if batch.keys.is_empty() && keys.len() > 0 => {
                return Box::pin(self.next(db, plan)).await;
            }
            Source::Keys { .. } => {}
        }
        Ok(batch)
    }
}

/// The query for the rows with these keys.
pub(super) fn among(model: &'static ModelMeta, keys: Vec<Value>) -> Box<Select> {
    let mut select = Box::new(Select::new(model));
    select.add_filter(key_in(model, keys));
    select
}

/// The query for the rows that point to these.
pub(super) fn pointing(key: Key, to: &[Value]) -> Box<Select> {
    let mut select = Box::new(Select::new(key.model));
    select.add_filter(Node::In(Box::new(Node::Column(PathKey::ROOT, key.field)), to.to_vec()));
    select
}

/// The columns of a model's key.
pub(super) fn keys_of(model: &'static ModelMeta) -> Vec<Node> {
    key_columns(model)
}

/// Reads keys, and rows where receivers are to see them.
pub(super) async fn fetch(
    mut select: Box<Select>,
    lock: bool,
    most: usize,
    db: &dyn Executor,
    plan: &Plan<'_>,
) -> Result<Batch> {
    let model = select.root;
    let voice = plan.ears(model).filter(|_| lock).map(|ears| ears.voice());
    let returning = if voice.is_some() { Returning::Rows } else { Returning::Keys };
    if returning == Returning::Keys && select.columns.is_empty() {
        select.columns = keys_of(model);
    }
    if select.order.is_empty() && !select.is_cut() {
        // Not in the model's own order: nobody sees it.
        let order = |node| OrderBy { node, descending: false, nulls: Nulls::Default };
        select.order = keys_of(model).into_iter().map(order).collect();
    }
    select.prepare();
    if lock {
        select.lock = db.dialect().row_locks.then_some(Lock::Wait);
    }
    let (stmt, scales) = sql::select(&select, Ask::Rows, db.dialect()).map_err(|error| error.at(plan.at))?;
    let mut tap = Tap::new(model, returning).keys(most);
    if voice.is_some() {
        tap = tap.copies(voice, if scales.is_empty() { row_scales(model, db.dialect()) } else { scales });
    }
    let tap = tap.fetch(db, stmt.at(plan.at)).await?;
    Ok(Batch { keys: tap.keys, rows: tap.copies })
}
