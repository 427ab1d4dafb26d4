//! Reading rows of shapes, and the parts of all rows after them.

use std::{any::Any, collections::HashMap, panic::Location, sync::Arc};

use quintet_core::{Error, Result, Value};

use super::part::{Part, Parts, too_deep};
use crate::{
    ast::Select,
    db::at_home,
    decode::{Cursor, DecodeCx, Scales, sink::Decode},
    executor::Executor,
    model::Key,
    row::{RowAccess, RowSink},
    sql::{self, Ask},
};

/// Who asks, from where, and how many levels of `Vec` fields up the query is.
#[derive(Clone, Copy)]
pub struct Level<'a> {
    pub(super) db: &'a dyn Executor,
    pub(super) at: &'static Location<'static>,
    depth: usize,
}

impl<'a> Level<'a> {
    pub(crate) fn first(db: &'a dyn Executor, at: &'static Location<'static>) -> Self {
        Level { db, at, depth: 0 }
    }
}

impl Level<'_> {
    /// More than any tree of comments needs, fewer than a circle.
    const MOST: usize = 16;

    /// One level of `Vec` fields further down.
    pub(super) fn deeper(self, outer: &str, inner: &str) -> Result<Self> {
        if self.depth == Self::MOST {
            return Err(too_deep(outer, inner, Self::MOST).at(self.at));
        }
        Ok(Level { depth: self.depth + 1, ..self })
    }
}

/// Runs a prepared query for shapes.
pub(crate) async fn rows<S: Send + 'static>(
    select: &Select,
    decode: Decode<S>,
    parts: Parts<S>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<S>> {
    let level = Level { db, at, depth: 0 };
    let Found { mut rows, keys } = read::<S, i64>(select, decode, None, parts.clone(), level).await?;
    load(&parts, keys, rows.iter_mut().map(|(_, row)| row).collect(), level).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The sink of such a query, for a statement that somebody else runs.
pub(crate) fn sink<S: Send + 'static>(
    scales: Scales,
    decode: Decode<S>,
    parts: Parts<S>,
) -> Box<dyn RowSink> {
    Box::new(Sink::<S, i64>::new(scales, decode, None, parts))
}

/// The rows of that sink, with all their parts.
pub(crate) async fn rows_of<S: Send + 'static>(
    sink: Box<dyn RowSink>,
    parts: &Parts<S>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<S>> {
    let Found { mut rows, keys } = found::<S, i64>(sink)?;
    let level = Level { db, at, depth: 0 };
    load(parts, keys, rows.iter_mut().map(|(_, row)| row).collect(), level).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Rows with the slots of their owners, and for each part the owners' keys of all rows.
pub(super) struct Found<S> {
    pub(super) rows: Vec<(usize, S)>,
    pub(super) keys: Vec<Vec<Value>>,
}

/// Runs a prepared query for the shapes in a `Vec` field.
pub(super) async fn fetch<S: super::Shape, K: Key>(
    select: &Select,
    owners: Option<Arc<HashMap<K, Vec<usize>>>>,
    parts: Parts<S>,
    level: Level<'_>,
) -> Result<Found<S>> {
    read(select, S::decode, owners, parts, level).await
}

async fn read<S: Send + 'static, K: Key>(
    select: &Select,
    decode: Decode<S>,
    owners: Option<Arc<HashMap<K, Vec<usize>>>>,
    parts: Parts<S>,
    Level { db, at, .. }: Level<'_>,
) -> Result<Found<S>> {
    at_home!(db, select, at);
    let (stmt, scales) = sql::select(select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
    let sink = Sink::<S, K>::new(scales, decode, owners, parts);
    found::<S, K>(db.fetch(stmt.at(at), Box::new(sink)).await?)
}

fn found<S: Send + 'static, K: Key>(sink: Box<dyn RowSink>) -> Result<Found<S>> {
    match sink.into_any().downcast::<Sink<S, K>>() {
        Ok(mut sink) => {
            sink.cx.finish();
            Ok(sink.found)
        }
        Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
    }
}

/// Loads all parts of all rows.
pub(crate) async fn load<S>(
    parts: &[Box<dyn Part<S>>],
    keys: Vec<Vec<Value>>,
    mut rows: Vec<&mut S>,
    level: Level<'_>,
) -> Result
where
    S: Send + 'static,
{
    for (part, keys) in parts.iter().zip(keys) {
        part.load(level, keys.into_iter().zip(rows.iter_mut().map(|row| &mut **row)).collect()).await?;
    }
    Ok(())
}

struct Sink<S, K> {
    found: Found<S>,
    decode: Decode<S>,
    /// Which rows a related row belongs to, by the key in its first column; `None` for the rows of the query itself.
    owners: Option<Arc<HashMap<K, Vec<usize>>>>,
    parts: Parts<S>,
    cx: DecodeCx,
}

impl<S, K> Sink<S, K> {
    fn new(
        scales: Scales,
        decode: Decode<S>,
        owners: Option<Arc<HashMap<K, Vec<usize>>>>,
        parts: Parts<S>,
    ) -> Self {
        let found = Found { rows: Vec::new(), keys: parts.iter().map(|_| Vec::new()).collect() };
        Sink { found, decode, owners, parts, cx: DecodeCx::for_rows(scales) }
    }
}

impl<S: Send + 'static, K: Key> RowSink for Sink<S, K> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let slots = match &self.owners {
            None => &[0][..],
            Some(owners) => {
                let key = K::read(&mut Cursor::new(row, &mut self.cx))?;
                owners.get(&key).map_or(&[][..], Vec::as_slice)
            }
        };
        for slot in slots {
            let mut cursor = Cursor::new(row, &mut self.cx);
            if self.owners.is_some() {
                cursor.skip(K::WIDTH);
            }
            self.found.rows.push((*slot, (self.decode)(&mut cursor)?));
            for (part, keys) in self.parts.iter().zip(&mut self.found.keys) {
                keys.push(part.read(&mut cursor)?);
            }
        }
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.found.rows.clear();
        self.found.keys.iter_mut().for_each(Vec::clear);
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
