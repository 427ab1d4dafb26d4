//! Deletion.
//!
//! What happens to rows that point to a deleted one is the database's work wherever it can be: migrations write
//! `on_delete` into the foreign keys (`CASCADE`, `SET NULL`, `RESTRICT` for `protect`), so that it holds for every program
//! that deletes, and one statement does all. Where somebody listens to what goes, or a rule is one that databases do not
//! know, the rows are collected instead ([`plan`] decides, [`collect`] does it). [`refuse`] says which rows are in the way.
mod collect;
mod plan;
mod refuse;
mod source;

use std::panic::Location;

use quintet_core::{ErrorKind, Result};

use self::plan::Plan;
use super::explain::explain_delete;
use crate::{
    ast::Select,
    change::{Entry, Keys, What},
    db::to_home,
    decode::tap::Tap,
    executor::Executor,
    query::is_empty,
    sql::{self, Returning},
};

/// Deletes the rows of a query. Gives their number, without that of rows that go along.
pub(crate) async fn delete_rows(
    select: Box<Select>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    if is_empty(&select) {
        return Ok(0);
    }
    to_home!(db, &*select, at);
    let plan = Plan::of(db, at);
    if let Some(plan) = plan.as_ref().filter(|plan| plan.collects(select.root)) {
        return collect::delete(plan, select, db).await;
    }
    let protected = plan.filter(|plan| plan.protects(select.root));
    // After an error, a transaction may be able to do nothing more, so that one looks before.
    if let Some(plan) = protected.as_ref().filter(|_| db.log().is_some())
        && let Some(error) = refuse::blocking(plan, &select, db).await?
    {
        return Err(error.at(at));
    }
    let deleted = one_statement(&select, db, at).await;
    if let (Err(error), Some(plan), None) = (&deleted, &protected, db.log())
        && *error.kind() == ErrorKind::Protected
        && let Ok(Some(named)) = refuse::blocking(plan, &select, db).await
    {
        let details = error.details().iter();
        return Err(details.fold(named.at(at), |named, (name, text)| named.with_detail(name, text.clone())));
    }
    deleted
}

async fn one_statement(select: &Select, db: &dyn Executor, at: &'static Location<'static>) -> Result<u64> {
    let meta = select.root;
    let entry = Entry::open(db, meta, What::Deleted, &[]);
    let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
    let stmt = sql::delete(select, returning, db.dialect()).map_err(|error| error.at(at))?;
    let stmt = entry.stmt(stmt.at(at));
    let deleted = if entry.is_heard() {
        let tap = Tap::new(meta, returning).keys_for_feed(true).fetch(db, stmt).await;
        entry.close(tap, Tap::feed_keys).map(|tap| tap.count)
    } else {
        entry.close(db.execute(stmt).await, |_| Some(Keys::Unknown))
    };
    deleted.map_err(|error| explain_delete(error, meta, at))
}
