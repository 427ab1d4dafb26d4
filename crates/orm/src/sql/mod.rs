//! From AST to SQL text and parameters.
//!
//! One [`Render`] writes one statement, front to back. Each query inside it is a scope: its root table and the
//! joins that its expressions mention ([`scope`]). Values become parameters, never text; names go through
//! [`Dialect::quote`]; what a database can do is asked of its [`Dialect`].
mod address;
mod aggregate;
mod cache;
mod calendar;
mod combine;
mod decimal;
mod derived;
mod facts;
mod function;
mod insert;
mod json;
mod key;
mod many;
mod node;
mod scope;
mod search;
mod select;
mod shape;
mod subquery;
mod text;
mod window;
mod write;

use std::{cell::RefCell, sync::Arc};

use quintet_core::{
    Error, Result, Value,
    meta::{FieldMeta, ModelMeta},
};

pub(crate) use facts::{column_of, decimal_places, model_at, scales_of};
pub(crate) use insert::{Conflict, Links, Returning};

use crate::{
    ast::{Comparison, Node, PathKey, Select, scope_of},
    copied::Written,
    decode::Scales,
    dialect::Dialect,
    key::key_is,
    stmt::{Access, ByInsert, Stmt},
};

/// What a query on rows is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The rows.
    Rows,
    /// The rows, their columns named `c0`, `c1` … for a query around.
    Named,
    /// Their number.
    Count,
    /// One number, if there is any row.
    Exists,
}

/// The statement of a query, and the scales of its columns.
pub(crate) fn select(query: &Select, ask: Ask, dialect: &'static Dialect) -> Result<(Stmt, Scales)> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::QUERY);
        shape.query(query, ask, &mut std::iter::empty())
    };
    cache::rendered(dialect, write, || render_select(query, ask, dialect))
}

/// The statement of a query for rows, with objects that come in the same rows. `complete` adds the columns to the query, which is
/// needed only where the statement is a new one.
pub(crate) fn rows(
    query: &mut Select,
    joins: &mut dyn Iterator<Item = PathKey>,
    complete: &dyn Fn(&mut Select),
    dialect: &'static Dialect,
) -> Result<(Stmt, Scales)> {
    let query = RefCell::new(query);
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::ROWS);
        shape.query(&query.borrow(), Ask::Rows, joins)
    };
    cache::rendered(dialect, write, || {
        let mut query = query.borrow_mut();
        complete(&mut query);
        render_select(&query, Ask::Rows, dialect)
    })
}

/// The statement of a query for the row that has this key, if the model's scope lets it through. It needs no limit, which would
/// cost an eighth of the query.
pub(crate) fn by_key(
    model: &'static ModelMeta,
    key: &Value,
    dialect: &'static Dialect,
) -> Result<(Stmt, Scales)> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::BY_KEY);
        shape.model(model);
        if let Some(scope) = scope_of(model) {
            shape.node(&scope)?;
        }
        shape.key(model, key)
    };
    cache::rendered(dialect, write, || {
        let mut query = Select::in_scope(model);
        query.add_filter(key_is(model, key.clone()));
        query.prepare();
        // One row has no order.
        query.order.clear();
        render_select(&query, Ask::Rows, dialect)
    })
}

/// The statement of an update of the row that has this key, and this version if it is to have one: the version's field, what it
/// is now and what it becomes.
pub(crate) fn update_row(
    model: &'static ModelMeta,
    sets: &[(u16, Value)],
    key: &Value,
    version: Option<(u16, i64, i64)>,
    returning: Returning,
    dialect: &'static Dialect,
) -> Result<Stmt> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::UPDATE_ROW);
        shape.byte(returning as u8);
        shape.model(model);
        shape.values(model, sets)?;
        shape.byte(version.is_some().into());
        shape.params(version.map(|(_, _, next)| Value::Int(next)));
        shape.key(model, key)?;
        shape.params(version.map(|(_, now, _)| Value::Int(now)));
        Ok(())
    };
    let render = || {
        let mut query = Select::new(model);
        query.add_filter(key_is(model, key.clone()));
        let mut nodes: Vec<(u16, Node)> =
            sets.iter().map(|(field, value)| (*field, Node::Value(value.clone()))).collect();
        if let Some((field, now, next)) = version {
            let column = Node::Column(PathKey::ROOT, field);
            query.add_filter(Node::compare(Comparison::Eq, column, Node::Value(Value::Int(now))));
            nodes.push((field, Node::Value(Value::Int(next))));
        }
        let nodes: Vec<(u16, &Node)> = nodes.iter().map(|(field, node)| (*field, node)).collect();
        let mut render = Render::new(dialect);
        render.update(&query, &nodes, returning)?;
        Ok((render.finish(Access::Write)?.short(), Scales::default()))
    };
    Ok(cache::rendered(dialect, write, render)?.0)
}

/// The statement of an update.
pub(crate) fn update(
    query: &Select,
    sets: &[(u16, &Node)],
    returning: Returning,
    dialect: &'static Dialect,
) -> Result<Stmt> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::UPDATE);
        shape.byte(returning as u8);
        shape.model(query.root);
        shape.assigned(query.root, sets.iter().copied())?;
        shape.chosen(query)
    };
    let render = || {
        let mut render = Render::new(dialect);
        render.update(query, sets, returning)?;
        let mut stmt = render.finish(Access::Write)?;
        stmt.short = query.is_by_key() && !sets.iter().any(|(_, node)| node.leaves_table());
        Ok((stmt, Scales::default()))
    };
    Ok(cache::rendered(dialect, write, render)?.0)
}

/// The statement of a deletion.
pub(crate) fn delete(query: &Select, returning: Returning, dialect: &'static Dialect) -> Result<Stmt> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::DELETE);
        shape.byte(returning as u8);
        shape.model(query.root);
        shape.chosen(query)
    };
    let render = || {
        let mut render = Render::new(dialect);
        render.delete(query, returning)?;
        Ok((render.finish(Access::Write)?, Scales::default()))
    };
    Ok(cache::rendered(dialect, write, render)?.0)
}

/// The statement of an insert of one row, which answers with the row.
pub(crate) fn insert(
    model: &'static ModelMeta,
    fields: &[u16],
    values: &[Node],
    conflict: Conflict<'_>,
    dialect: &'static Dialect,
) -> Result<Stmt> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::INSERT);
        shape.model(model);
        shape.assigned(model, fields.iter().copied().zip(values))?;
        shape.conflict(conflict)
    };
    let render = || {
        let mut render = Render::new(dialect);
        render.insert(model, fields, &[values], conflict, Returning::Rows)?;
        Ok((render.finish(Access::Write)?.short(), Scales::default()))
    };
    Ok(cache::rendered(dialect, write, render)?.0)
}

/// The statement of an insert of rows of these values, one after the other, in the form in which columns keep them.
pub(crate) fn insert_many(
    model: &'static ModelMeta,
    fields: &[u16],
    rows: usize,
    params: Vec<Value>,
    (conflict, returning): (Conflict<'_>, Returning),
    dialect: &'static Dialect,
) -> Result<Stmt> {
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::INSERT_MANY);
        shape.byte(returning as u8);
        shape.model(model);
        shape.fields(fields)?;
        shape.length(rows)?;
        shape.conflict(conflict)
    };
    let render = || {
        // A value's text is a placeholder, whatever it is; this one costs nothing.
        let row: Vec<Node> = fields.iter().map(|_| Node::Value(Value::Null)).collect();
        let mut render = Render::new(dialect);
        render.insert(model, fields, &vec![&*row; rows], conflict, returning)?;
        let mut stmt = render.finish(Access::Write)?;
        stmt.params.clear();
        Ok((stmt, Scales::default()))
    };
    let mut stmt = cache::rendered(dialect, write, render)?.0;
    stmt.params = params;
    Ok(stmt)
}

/// The COPY of rows of these values, one after the other, in the form in which columns keep them.
pub(crate) fn copy_many(
    model: &'static ModelMeta,
    fields: &[u16],
    rows: usize,
    params: Vec<Value>,
    dialect: &'static Dialect,
) -> Result<Stmt> {
    copy(model, fields, (rows, params, None), dialect)
}

/// The COPY of rows that are written already.
pub(crate) fn copy_written(
    model: &'static ModelMeta,
    fields: &[u16],
    written: Written,
    dialect: &'static Dialect,
) -> Result<Stmt> {
    copy(model, fields, (1, Vec::new(), Some(written)), dialect)
}

fn copy(
    model: &'static ModelMeta,
    fields: &[u16],
    (rows, params, written): (usize, Vec<Value>, Option<Written>),
    dialect: &'static Dialect,
) -> Result<Stmt> {
    let how = (Conflict::Refuse, Returning::Nothing);
    let insert = |rows| insert_many(model, fields, rows, Vec::new(), how, dialect).map(|stmt| stmt.sql);
    let (one, all) = (insert(1)?, insert(rows)?);
    let write = |shape: &mut shape::Shape<'_>| {
        shape.byte(kind::COPY);
        shape.model(model);
        shape.fields(fields)
    };
    let render = || {
        let mut render = Render::new(dialect);
        render.copy(model, fields)?;
        Ok((render.finish(Access::Write)?, Scales::default()))
    };
    let mut stmt = cache::rendered(dialect, write, render)?.0;
    let mut table = Render::new(dialect);
    table.table(model, None)?;
    let table = table.finish(Access::Read)?.sql;
    let columns = fields.iter().map(|field| facts::field_at(model, *field).map(|field| field.column));
    let columns = columns.collect::<Result<Vec<_>>>()?.join(ByInsert::BETWEEN);
    stmt.params = params;
    stmt.copy = Some(Box::new(ByInsert { one, all, table, columns, asked: None, written }));
    Ok(stmt)
}

/// The form in which a column keeps a value.
pub(crate) fn kept(field: &FieldMeta, value: Value, dialect: &Dialect) -> Result<Value> {
    match (decimal_places(field, dialect), &value) {
        (Some(places), Value::Decimal(decimal)) => decimal::stored_units(*decimal, places).map(Value::Int),
        _ => Ok(value),
    }
}

/// What a shape is of: the first byte.
mod kind {
    pub(super) const QUERY: u8 = 1;
    pub(super) const ROWS: u8 = 2;
    pub(super) const UPDATE: u8 = 3;
    pub(super) const INSERT: u8 = 4;
    pub(super) const INSERT_MANY: u8 = 5;
    pub(super) const DELETE: u8 = 6;
    pub(super) const BY_KEY: u8 = 7;
    pub(super) const UPDATE_ROW: u8 = 8;
    pub(super) const COPY: u8 = 9;
}

fn render_select(query: &Select, ask: Ask, dialect: &'static Dialect) -> Result<(Stmt, Scales)> {
    let mut render = Render::new(dialect);
    let scales = match ask {
        Ask::Rows | Ask::Named => facts::scales(query, dialect)?,
        Ask::Count | Ask::Exists => Scales::default(),
    };
    render.ask(query, ask)?;
    Ok((render.finish(Access::Read)?, scales))
}

/// Can an expression be NULL, as far as its parts tell?
pub(crate) fn can_be_null(root: &'static quintet_core::meta::ModelMeta, node: &crate::ast::Node) -> bool {
    facts::nullable(root, node).unwrap_or(true)
}

/// Writes one statement.
pub(crate) struct Render {
    dialect: &'static Dialect,
    sql: String,
    params: Vec<Value>,
    scopes: Vec<scope::Scope>,
    aliases: usize,
    /// The database that the whole statement says it is for, once its first query was seen.
    using: Option<Option<Arc<str>>>,
}

impl Render {
    pub(crate) fn new(dialect: &'static Dialect) -> Self {
        Render {
            dialect,
            sql: String::with_capacity(256),
            params: Vec::new(),
            scopes: Vec::new(),
            aliases: 0,
            using: None,
        }
    }

    pub(crate) fn finish(self, access: Access) -> Result<Stmt> {
        let (have, most) = (self.params.len(), self.dialect.max_parameters);
        if have > most {
            return Err(Error::database(format!(
                "the statement has {have} values, but {} takes at most {most}: \
                 split the list, or ask with in_query(..) instead of is_in(..)",
                self.dialect.name
            )));
        }
        Ok(Stmt {
            sql: self.sql.into(),
            params: self.params,
            access,
            long: false,
            short: false,
            at: None,
            note: None,
            copy: None,
        })
    }

    /// Adds text of the renderer's own.
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Adds a number: an alias, a limit, a power of ten.
    fn number(&mut self, number: impl std::fmt::Display) {
        use std::fmt::Write;
        // Writing to a String can't fail.
        let _ = write!(self.sql, "{number}");
    }

    /// Adds a name, quoted.
    fn name(&mut self, name: &str) {
        self.dialect.quote(name, &mut self.sql);
    }

    /// Adds a parameter.
    fn value(&mut self, value: Value) {
        self.params.push(value);
        self.dialect.parameter(self.params.len(), &mut self.sql);
    }

    /// Adds `items` with `separator` between them.
    fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut each: impl FnMut(&mut Self, T) -> Result,
    ) -> Result {
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.push(separator);
            }
            each(self, item)?;
        }
        Ok(())
    }
}
