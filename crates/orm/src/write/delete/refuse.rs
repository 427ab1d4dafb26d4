//! Which rows are in the way of a deletion.

use http::StatusCode;
use quintet_core::{
    BoxFuture, Error, ErrorKind, Result, Value,
    meta::{ModelMeta, OnDelete},
};

use super::{
    plan::Plan,
    source::{fetch, keys_of},
};
use crate::{
    ast::{Node, PathKey, Select},
    db::Key,
    executor::Executor,
    query::count,
};

/// How many keys an error names.
const NAMED: usize = 5;

/// The error of the first protected rows that the rows of a query, or rows that go with them, are kept by.
pub(super) async fn blocking(plan: &Plan<'_>, select: &Select, db: &dyn Executor) -> Result<Option<Error>> {
    look(plan, select.clone(), db, &mut Vec::new()).await
}

fn look<'a>(
    plan: &'a Plan<'_>,
    rows: Select,
    db: &'a dyn Executor,
    seen: &'a mut Vec<&'static ModelMeta>,
) -> BoxFuture<'a, Result<Option<Error>>> {
    Box::pin(async move {
        let model = rows.root;
        if seen.contains(&model) || !plan.protects(model) || model.key().is_none() {
            return Ok(None);
        }
        seen.push(model);
        for key in plan.keys_to(model) {
            if !matches!(key.rule, OnDelete::Protect | OnDelete::Cascade) {
                continue;
            }
            let mut owners = rows.clone();
            owners.columns = keys_of(model);
            let mut pointing = Box::new(Select::new(key.model));
            let column = Node::Column(PathKey::ROOT, key.field);
            pointing.add_filter(Node::InQuery(Box::new(column), Box::new(owners)));
            let found = match key.rule {
                OnDelete::Protect => named(*key, model, pointing, db, plan).await?,
                _ => look(plan, *pointing, db, seen).await?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    })
}

/// The error that names these rows, if there are any.
pub(super) async fn named(
    key: Key,
    owner: &'static ModelMeta,
    rows: Box<Select>,
    db: &dyn Executor,
    plan: &Plan<'_>,
) -> Result<Option<Error>> {
    let mut some = rows.clone();
    some.columns = keys_of(key.model);
    some.order = Vec::new();
    some.limit = u64::try_from(NAMED + 1).ok();
    let keys = fetch_first(some, db, plan).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    let all = match keys.len() > NAMED {
        true => count(rows, db, plan.at).await?,
        false => u64::try_from(keys.len()).unwrap_or(u64::MAX),
    };
    let field = key.model.field_at(key.field).map_or("", |field| field.name);
    let who = match all {
        1 => format!("1 {} points", key.model.verbose_name),
        many => format!("{many} {} point", key.model.verbose_name_plural),
    };
    let mut shown: Vec<String> = keys.iter().take(NAMED).map(shown).collect();
    if keys.len() > NAMED {
        shown.push("…".to_owned());
    }
    let message =
        format!("{} can't be deleted: {who} to it by `{field}` ({})", owner.verbose_name, shown.join(", "));
    Ok(Some(Error::of_kind(ErrorKind::Protected, StatusCode::CONFLICT, message)))
}

async fn fetch_first(select: Box<Select>, db: &dyn Executor, plan: &Plan<'_>) -> Result<Vec<Value>> {
    use crate::ast::{Nulls, OrderBy};
    let mut select = select;
    let order = |node| OrderBy { node, descending: false, nulls: Nulls::Default };
    select.order = keys_of(select.root).into_iter().map(order).collect();
    Ok(fetch(select, false, NAMED + 1, db, plan).await?.keys)
}

fn shown(key: &Value) -> String {
    match key {
        Value::Int(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(parts) => format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}
