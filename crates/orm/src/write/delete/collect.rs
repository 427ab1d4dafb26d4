//! Deleting row by row what somebody wants to know of, or what the database can't do by itself.
//!
//! All in one transaction, depth first: of each batch, first the rows that point to it, then the batch itself. In the
//! memory is one batch for each model on the way down (one for each row of a chain that leads from row to row), whatever
//! the number of rows.

use quintet_core::{
    Error, Result, Value,
    meta::{FieldDefault, ModelMeta, OnDelete},
};

use super::{
    super::{explain::explain_delete, update},
    plan::{Plan, Work},
    refuse,
    source::{self, Batch, Source, among, pointing},
};
use crate::{
    ast::{Node, Select},
    change::{Change, Entry, Keys, What},
    db::Key,
    decode::tap::Tap,
    executor::{Executor, Transaction},
    expr::{AssignValue, RawAssign},
    model::Erased,
    signal::Moment,
    sql::{self, Returning},
};

/// A batch of rows on its way.
struct Frame {
    model: &'static ModelMeta,
    keys: Vec<Value>,
    rows: Vec<Erased>,
    work: std::vec::IntoIter<(Key, Work)>,
    /// Rows that point here and have to go first.
    children: Option<Source>,
}

/// Rows that refuse the deletion, if they are still there in the end.
struct Restricted {
    key: Key,
    owner: &'static ModelMeta,
    owners: Vec<Value>,
    rows: Vec<Value>,
}

/// Deletes the rows of a query and what goes with them.
pub(super) async fn delete(plan: &Plan<'_>, select: Box<Select>, db: &dyn Executor) -> Result<u64> {
    let tx = db.begin().await?;
    let mut work = Collector { plan, tx: &*tx, stack: Vec::new(), restricted: Vec::new() };
    let mut roots = Source::of(select.clone(), &*tx, plan).await?;
    let mut deleted = 0;
    loop {
        let batch = roots.next(&*tx, plan).await?;
        if batch.keys.is_empty() {
            break;
        }
        deleted += u64::try_from(batch.keys.len()).unwrap_or(u64::MAX);
        work.enter(select.root, batch).await?;
        while !work.stack.is_empty() {
            work.step().await?;
        }
    }
    work.still_there().await?;
    let committed = tx.commit().await;
    committed.map_err(|error| explain_delete(error, select.root, plan.at))?;
    Ok(deleted)
}

struct Collector<'a> {
    plan: &'a Plan<'a>,
    tx: &'a dyn Transaction,
    stack: Vec<Frame>,
    restricted: Vec<Restricted>,
}

impl Collector<'_> {
    /// Takes in a batch, without what is being deleted already.
    async fn enter(&mut self, model: &'static ModelMeta, batch: Batch) -> Result {
        let known =
            |key: &Value| self.stack.iter().any(|frame| frame.model == model && frame.keys.contains(key));
        let fresh: Vec<bool> = batch.keys.iter().map(|key| !known(key)).collect();
        let mut at = fresh.iter();
        let rows: Vec<Erased> =
            batch.rows.into_iter().filter(|_| at.next().copied().unwrap_or(true)).collect();
        let mut at = fresh.iter();
        let keys: Vec<Value> =
            batch.keys.into_iter().filter(|_| at.next().copied().unwrap_or(true)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        if let Some(ears) = self.plan.ears(model) {
            ears.deleted(self.tx, Moment::Deleting, &rows).await?;
        }
        let work = self.plan.work(model).into_iter();
        self.stack.push(Frame { model, keys, rows, work, children: None });
        Ok(())
    }

    /// Does one thing about the innermost batch.
    async fn step(&mut self) -> Result {
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        if let Some(children) = &mut frame.children {
            let batch = children.next(self.tx, self.plan).await?;
            if batch.keys.is_empty() {
                frame.children = None;
                return Ok(());
            }
            let Source::Paged { select, .. } = children else { return Ok(()) };
            let model = select.root;
            return self.enter(model, batch).await;
        }
        match frame.work.next() {
            Some((key, work)) => self.act(key, work).await,
            None => self.leave().await,
        }
    }

    async fn act(&mut self, key: Key, work: Work) -> Result {
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        let (owner, at) = (frame.model, self.plan.at);
        match work {
            Work::Leave => {}
            Work::Protect => {
                let rows = pointing(key, &frame.keys);
                if let Some(error) = refuse::named(key, owner, rows, self.tx, self.plan).await? {
                    return Err(error.at(at));
                }
            }
            Work::Restrict => {
                let mut rows = pointing(key, &frame.keys);
                rows.columns = source::keys_of(key.model);
                let rows = source::fetch(rows, false, usize::MAX, self.tx, self.plan).await?.keys;
                if !rows.is_empty() {
                    self.restricted.push(Restricted { key, owner, owners: frame.keys.clone(), rows });
                }
            }
            Work::Change => {
                let value = AssignValue::Node(Node::Value(replacement(key)?));
                let sets = vec![RawAssign { field: key.field, value }];
                update::execute(pointing(key, &frame.keys), sets, self.tx, at).await?;
            }
            Work::Note => {
                let mut rows = pointing(key, &frame.keys);
                (rows.columns, rows.limit) =
                    (source::keys_of(key.model), u64::try_from(Keys::MOST).ok().map(|most| most + 1));
                let keys = source::fetch(rows, false, usize::MAX, self.tx, self.plan).await?.keys;
                if let Some(log) = self.tx.inside().log.filter(|_| !keys.is_empty()) {
                    log.push(Change::new(key.model, What::Updated, Keys::of(keys), &[key.field]));
                }
            }
            Work::Delete => {
                run(&pointing(key, &frame.keys), None, self.tx, self.plan).await?;
            }
            Work::Collect => frame.children = Some(Source::pointing(key, &frame.keys)),
        }
        Ok(())
    }

    /// Nothing points to the innermost batch any more: it goes.
    async fn leave(&mut self) -> Result {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let Frame { model, keys, rows, .. } = frame;
        run(&among(model, keys.clone()), Some(keys), self.tx, self.plan).await?;
        match self.plan.ears(model) {
            Some(ears) => ears.deleted(self.tx, Moment::Deleted, &rows).await,
            None => Ok(()),
        }
    }

    /// Rows that had to go with others and have not.
    async fn still_there(&mut self) -> Result {
        for Restricted { key, owner, owners, rows } in std::mem::take(&mut self.restricted) {
            for some in rows.chunks(source::BATCH) {
                let mut left = among(key.model, some.to_vec());
                left.filter.extend(pointing(key, &owners).filter);
                if let Some(error) = refuse::named(key, owner, left, self.tx, self.plan).await? {
                    return Err(error.at(self.plan.at));
                }
            }
        }
        Ok(())
    }
}

/// What a key becomes when its row goes.
fn replacement(key: Key) -> Result<Value> {
    let field = key.model.field_at(key.field).ok_or_else(|| Error::internal("no such field"))?;
    match (key.rule, field.on_delete_value, field.default) {
        (OnDelete::SetNull, ..) => Ok(Value::Null),
        (OnDelete::Set, Some(make), _) | (OnDelete::SetDefault, _, FieldDefault::Value(make)) => Ok(make()),
        (OnDelete::SetDefault, _, FieldDefault::None) if field.null => Ok(Value::Null),
        _ => Err(Error::internal(format!(
            "{}.{} has no value for on_delete: give it one by `set(..)`, or a default",
            key.model.name, field.name
        ))),
    }
}

/// Deletes rows that nothing points to. Their keys are asked for unless they are known.
async fn run(select: &Select, keys: Option<Vec<Value>>, tx: &dyn Transaction, plan: &Plan<'_>) -> Result {
    let model = select.root;
    let entry = Entry::open(tx, model, What::Deleted, &[]);
    let ask = keys.is_none() && entry.is_heard();
    let returning = if ask { Returning::Keys } else { Returning::Nothing };
    let stmt = entry.stmt(sql::delete(select, returning, tx.dialect())?.at(plan.at));
    let done = if ask {
        let tap = Tap::new(model, returning).keys_for_feed(true).fetch(tx, stmt).await;
        entry.close(tap, Tap::feed_keys).map(drop)
    } else {
        entry.close(tx.execute(stmt).await, |_| keys.map(Keys::of)).map(drop)
    };
    done.map_err(|error| explain_delete(error, model, plan.at))
}
