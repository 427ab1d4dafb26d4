use std::panic::Location;

use quintet_core::{
    BoxFuture, Error, Result, Value,
    meta::{ModelMeta, Relation},
};

use super::{DynSet, fetch_values};
use crate::{
    ast::{Node, PathKey},
    decode::Scales,
    dialect::Dialect,
    executor::Executor,
    stmt::Stmt,
    write::{restore_links, restore_new, restore_rows},
};

/// The rows of a model as they are: what fixtures and copies write and read.
///
/// No defaults, no rules, no [`clean`](quintet_core::meta::ModelMeta::clean), nothing computed on saving, and no signals: what
/// is given is what stands in the table. Subscribers of [`Db::changes`](crate::Db::changes) are told.
#[derive(Clone, Copy, Debug)]
pub struct RawRows(&'static ModelMeta);

impl RawRows {
    /// The rows of this model.
    #[must_use]
    pub fn of(meta: &'static ModelMeta) -> Self {
        RawRows(meta)
    }

    /// Writes rows of these fields, the key among them, in one statement. A row whose key exists is written over; fields that
    /// are not given stay as they are there.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) if the database can't keep a value, `Conflict` (409) if a unique value is another row's.
    #[track_caller]
    pub fn write<'a>(
        &self,
        fields: Vec<u16>,
        rows: Vec<Vec<Value>>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result> {
        Box::pin(restore_rows(self.0, fields, rows, db, Location::caller()))
    }

    /// Writes a row that has no key yet, and gives the one that it got.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    #[track_caller]
    pub fn write_new<'a>(
        &self,
        fields: Vec<u16>,
        values: Vec<Value>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Value>> {
        Box::pin(restore_new(self.0, fields, values, db, Location::caller()))
    }

    /// Makes the objects of a many-to-many exactly these, for each owner.
    ///
    /// # Errors
    /// If the field is no many-to-many, or the database fails.
    #[track_caller]
    pub fn write_links<'a>(
        &self,
        field: u16,
        links: Vec<(Value, Vec<Value>)>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result> {
        Box::pin(restore_links(self.0, field, links, db, Location::caller()))
    }

    /// The objects of a many-to-many: pairs of an owner's key and an object's, in the order of both.
    ///
    /// # Errors
    /// If the field is no many-to-many, or the database fails.
    #[track_caller]
    pub fn links<'a>(
        &self,
        field: u16,
        owners: &'a [Value],
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Vec<(Value, Value)>>> {
        let (meta, at) = (self.0, Location::caller());
        Box::pin(async move {
            if owners.is_empty() {
                return Ok(Vec::new());
            }
            let between = meta.between(field).map_err(|error| error.at(at))?;
            let keys = [single_key(meta)?, single_key(target(meta, field)?)?];
            let fields = keys.map(|(_, field)| field).to_vec();
            let dialect = db.dialect();
            let (owner, other) = (dialect.quoted(between.from), dialect.quoted(between.to));
            let mut sql =
                format!("SELECT {owner}, {other} FROM {} WHERE {owner} IN (", dialect.quoted(between.table));
            for n in 1..=owners.len() {
                sql.push_str(if n > 1 { ", " } else { "" });
                dialect.parameter(n, &mut sql);
            }
            sql.push_str(&format!(") ORDER BY {owner}, {other}"));
            let stmt = Stmt::read(sql, owners.to_vec()).at(at);
            let rows = fetch_values(db, (stmt, Scales::default()), fields).await?;
            let pair = |row: Vec<Value>| {
                let mut row = row.into_iter();
                Some((row.next()?, row.next()?))
            };
            Ok(rows.into_iter().filter_map(pair).collect())
        })
    }

    /// A row whose foreign key, or an owner whose many-to-many `field`, leads to no row: its key, and where it should lead.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn dangling<'a>(
        &self,
        field: u16,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Option<(Value, Value)>>> {
        let (meta, at) = (self.0, Location::caller());
        Box::pin(async move {
            let Some(known) = meta.field_at(field) else { return Ok(None) };
            let Ok(to) = target(meta, field) else { return Ok(None) };
            let dialect = db.dialect();
            let table = dialect.quoted(&to.identity()?.table);
            let (_, key) = single_key(to)?;
            let missing = |column: &str| missing(dialect, &table, key.column, column);
            let (sql, fields) = match known.relation {
                Relation::ToOne { .. } => {
                    let own: Vec<String> =
                        meta.key_fields().map(|part| format!("a.{}", dialect.quoted(part.column))).collect();
                    let from = dialect.quoted(&meta.identity()?.table);
                    let columns = format!("{}, a.{}", own.join(", "), dialect.quoted(known.column));
                    let sql =
                        format!("SELECT {columns} FROM {from} a WHERE {} LIMIT 1", missing(known.column));
                    (sql, meta.key_fields().chain([known]).collect::<Vec<_>>())
                }
                Relation::ManyToMany { .. } => {
                    let between = meta.between(field)?;
                    let columns =
                        [between.from, between.to].map(|column| format!("a.{}", dialect.quoted(column)));
                    let sql = format!(
                        "SELECT {} FROM {} a WHERE {} LIMIT 1",
                        columns.join(", "),
                        dialect.quoted(between.table),
                        missing(between.to)
                    );
                    (sql, vec![single_key(meta)?.1, key])
                }
                _ => return Ok(None),
            };
            let rows =
                fetch_values(db, (Stmt::read(sql, Vec::new()).at(at), Scales::default()), fields).await?;
            let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
            let missing = row.pop().unwrap_or_default();
            let key = match row.len() {
                1 => row.pop().unwrap_or_default(),
                _ => Value::List(row),
            };
            Ok(Some((key, missing)))
        })
    }

    /// Has the database number new rows behind the greatest number that is there. Where it does so by itself, nothing is done.
    ///
    /// # Errors
    /// If the database fails.
    pub fn number_on<'a>(&self, db: &'a dyn Executor) -> BoxFuture<'a, Result> {
        let meta = self.0;
        Box::pin(async move {
            let Some(key) = meta.key_fields().find(|field| field.auto) else { return Ok(()) };
            let dialect = db.dialect();
            if !dialect.sequences {
                return Ok(());
            }
            let table = dialect.quoted(&meta.identity()?.table);
            let column = dialect.quoted(key.column);
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence($1, $2)::regclass, COALESCE(MAX({column}), 1), MAX({column}) IS NOT NULL) \
                 FROM {table}"
            );
            let named = vec![Value::Text(table), Value::Text(key.column.to_owned())];
            db.rows(Stmt::write(sql, named)).await.map(drop)
        })
    }
}

/// `a.column` is set and leads to no row of the table.
fn missing(dialect: &Dialect, table: &str, key: &str, column: &str) -> String {
    let (key, column) = (dialect.quoted(key), dialect.quoted(column));
    format!("a.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} b WHERE b.{key} = a.{column})")
}

fn target(meta: &'static ModelMeta, field: u16) -> Result<&'static ModelMeta> {
    let target = meta.field_at(field).and_then(|field| field.relation.target());
    target.ok_or_else(|| Error::internal(format!("field {field} of {} leads nowhere", meta.name)))
}

fn single_key(meta: &'static ModelMeta) -> Result<(u16, &'static quintet_core::meta::FieldMeta)> {
    let key = meta.key().and_then(|index| Some((index, meta.field_at(index)?)));
    key.ok_or_else(|| Error::internal(format!("the key of {} has several columns", meta.name)))
}

impl DynSet {
    /// Only rows whose column `field` has one of these values; NULL is found, too.
    ///
    /// The index comes from the program: what is secret or not [`allow`](Self::allow)ed is no matter here.
    pub fn among(mut self, field: u16, mut values: Vec<Value>) -> Self {
        let column = || Box::new(Node::Column(PathKey::ROOT, field));
        let before = values.len();
        values.retain(|value| !value.is_null());
        let within = Node::In(column(), values.clone());
        let node = match (values.len() < before, values.is_empty()) {
            (false, _) => within,
            (true, true) => Node::IsNull(column()),
            (true, false) => Node::Or(vec![within, Node::IsNull(column())]),
        };
        self.select.add_filter(node);
        self
    }
}
