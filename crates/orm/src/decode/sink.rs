//! Rows as they come, decoded and kept.

use std::{any::Any, sync::Arc};

use quintet_core::{Error, Result};

use super::{Cursor, DecodeCx, Scales};
use crate::{
    executor::Executor,
    model::Record,
    query::join::Join,
    row::{RowAccess, RowSink},
    stmt::Stmt,
};

/// How one row becomes an `O`.
pub(crate) type Decode<O> = fn(&mut Cursor<'_>) -> Result<O>;

/// Finds the model inside a row, to load relations into it.
pub(crate) type Carrier<O> = fn(&mut O) -> &mut dyn Record;

/// The related objects that come in the same rows.
pub(crate) struct Joined<O> {
    pub(crate) carrier: Carrier<O>,
    pub(crate) joins: Vec<Arc<Join>>,
}

impl<O> Joined<O> {
    /// Reads the objects that follow a row's own columns, and puts them into it.
    pub(crate) fn load(&self, row: &mut O, cursor: &mut Cursor<'_>) -> Result {
        for join in &self.joins {
            join.load((self.carrier)(row), cursor)?;
        }
        Ok(())
    }
}

struct Rows<O> {
    rows: Vec<O>,
    decode: Decode<O>,
    joined: Option<Joined<O>>,
    cx: DecodeCx,
    /// More rows than these need not come.
    most: usize,
}

impl<O: Send + 'static> RowSink for Rows<O> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let mut cursor = Cursor::new(row, &mut self.cx);
        let mut decoded = (self.decode)(&mut cursor)?;
        if let Some(joined) = &self.joined {
            joined.load(&mut decoded, &mut cursor)?;
        }
        self.rows.push(decoded);
        Ok(self.rows.len() < self.most)
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A sink that decodes rows, for a statement that somebody else runs.
pub(crate) fn rows_sink<O: Send + 'static>(scales: Scales, decode: Decode<O>) -> Box<dyn RowSink> {
    rows_sink_with(scales, decode, None)
}

/// The same, with related objects in the rows.
pub(crate) fn rows_sink_with<O: Send + 'static>(
    scales: Scales,
    decode: Decode<O>,
    joined: Option<Joined<O>>,
) -> Box<dyn RowSink> {
    let cx = DecodeCx::for_rows(scales);
    Box::new(Rows { rows: Vec::new(), decode, joined, cx, most: usize::MAX })
}

/// The rows of such a sink.
pub(crate) fn rows_of<O: Send + 'static>(sink: Box<dyn RowSink>) -> Result<Vec<O>> {
    match sink.into_any().downcast::<Rows<O>>() {
        Ok(mut sink) => {
            sink.cx.finish();
            Ok(sink.rows)
        }
        Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
    }
}

/// Runs a statement that is to give one row. Of more than that it gives two.
pub(crate) async fn fetch_one<O: Send + 'static>(
    db: &dyn Executor,
    (stmt, scales): (Stmt, Scales),
    decode: Decode<O>,
) -> Result<Vec<O>> {
    let cx = DecodeCx::for_single_rows(scales);
    let sink = Box::new(Rows { rows: Vec::with_capacity(1), decode, joined: None, cx, most: 2 });
    rows_of(db.fetch(stmt, sink).await?)
}

/// Runs a statement and decodes its rows.
pub(crate) async fn fetch<O: Send + 'static>(
    db: &dyn Executor,
    (stmt, scales): (Stmt, Scales),
    decode: Decode<O>,
    joined: Option<Joined<O>>,
) -> Result<Vec<O>> {
    let cx = DecodeCx::for_rows(scales);
    let sink = Box::new(Rows { rows: Vec::new(), decode, joined, cx, most: usize::MAX });
    rows_of(db.fetch(stmt, sink).await?)
}
