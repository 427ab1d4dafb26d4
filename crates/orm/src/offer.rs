//! Rows as lists offer them: a key, and what people read.

use std::panic::Location;

use quintet_core::{
    Result, Value,
    meta::{FieldMeta, ModelMeta},
    value::JsonValue,
};

use crate::{
    ast::{Comparison, Node, Owners, PathKey, Select},
    dynamic::{DynSet, fetch_values},
    executor::Executor,
    key::key_columns,
    query::is_empty,
    relation::{Between, Link, link},
    sql::{self, Ask},
};

impl DynSet {
    /// The rows that are related to one row: by a many-to-many of its model, or by the other end of a key.
    ///
    /// # Errors
    /// If the field is no such relation.
    pub fn related(meta: &'static ModelMeta, field: u16, key: Value) -> Result<DynSet> {
        let (to, link) = link(meta, field)?;
        let mut set = DynSet::new(to);
        match link {
            Link::Key { via } => {
                let column = Node::Column(PathKey::ROOT, via);
                set.select.add_filter(Node::compare(Comparison::Eq, column, Node::Value(key)));
            }
            Link::Table(Between { table, owner_column, related_column, .. }) => {
                set.select.owners =
                    Some(Owners { table, owner_column, root_column: related_column, keys: vec![key] });
            }
        }
        Ok(set)
    }

    /// The keys of all rows, in the query's order.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn keys(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<Value>>> + Send {
        let at = Location::caller();
        async move { Ok(keys_with(self.select, None, db, at).await?.into_iter().map(|(key, _)| key).collect()) }
    }

    /// The rows as a list offers them, in the query's order: each with its key, and the text of its model's
    /// [`display_field`](ModelMeta::display_field).
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn offers(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<(Value, String)>>> + Send {
        let at = Location::caller();
        async move {
            let meta = self.meta();
            let display = meta.display_field();
            let rows = keys_with(self.select, display, db, at).await?;
            Ok(rows.into_iter().map(|(key, shown)| label(meta, key, shown)).collect())
        }
    }
}

fn label(meta: &'static ModelMeta, key: Value, shown: Option<Value>) -> (Value, String) {
    let text = match shown {
        Some(Value::Text(text)) => text,
        Some(other) => match serde_json::to_value(&other) {
            Ok(JsonValue::String(text)) => text,
            Ok(JsonValue::Null) | Err(_) => String::new(),
            Ok(json) => json.to_string(),
        },
        None => String::new(),
    };
    if !text.is_empty() {
        return (key, text);
    }
    let shown = meta.key_text(&key).unwrap_or_default();
    (key, format!("{} {shown}", meta.verbose_name))
}

async fn keys_with(
    mut select: Box<Select>,
    display: Option<(u16, &'static FieldMeta)>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<(Value, Option<Value>)>> {
    if is_empty(&select) {
        return Ok(Vec::new());
    }
    let meta = select.root;
    select.columns = key_columns(meta);
    let mut fields: Vec<&'static FieldMeta> = meta.key_fields().collect();
    let parts = fields.len();
    if let Some((index, field)) = display {
        select.columns.push(Node::Column(PathKey::ROOT, index));
        fields.push(field);
    }
    select.prepare();
    let (stmt, scales) = sql::select(&select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
    let rows = fetch_values(db, (stmt.at(at), scales), fields).await?;
    let split = |mut row: Vec<Value>| {
        let shown = if row.len() > parts { row.pop() } else { None };
        let key = if parts == 1 { row.pop().unwrap_or_default() } else { Value::List(row) };
        (key, shown)
    };
    Ok(rows.into_iter().map(split).collect())
}
