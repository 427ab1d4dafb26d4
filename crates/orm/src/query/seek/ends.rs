//! What the order goes by of a page's first and last row, read while the rows pass by.

use std::any::Any;

use quintet_core::{Error, Result, Value, value::Kind};

use super::term::Term;
use crate::{
    decode::{Cursor, DecodeCx, Scales},
    dynamic::read_kind,
    executor::Executor,
    row::{RowAccess, RowSink},
    stmt::Stmt,
};

/// Of no rows: nothing.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) first: Option<Vec<Value>>,
    pub(super) last: Option<Vec<Value>>,
}

impl Ends {
    /// A sink that passes rows on, and reads the columns from `tail` on, of the first row and of the one with number `most`, or
    /// the last one before it.
    pub(super) fn around(
        inner: Box<dyn RowSink>,
        terms: &[Term],
        tail: usize,
        most: usize,
        scales: Scales,
    ) -> Around {
        let kinds = terms.iter().map(|term| term.kind).collect();
        let cx = DecodeCx::for_single_rows(scales);
        Around { inner, kinds, tail, most, seen: 0, ends: Ends::default(), cx }
    }
}

pub(super) struct Around {
    inner: Box<dyn RowSink>,
    kinds: Vec<Kind>,
    tail: usize,
    most: usize,
    seen: usize,
    ends: Ends,
    cx: DecodeCx,
}

impl Around {
    /// Runs the statement; gives the inner sink back, and the ends.
    pub(super) async fn fetch(self, db: &dyn Executor, stmt: Stmt) -> Result<(Box<dyn RowSink>, Ends)> {
        match db.fetch(stmt, Box::new(self)).await?.into_any().downcast::<Around>() {
            Ok(around) => Ok((around.inner, around.ends)),
            Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
        }
    }
}

impl RowSink for Around {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        self.seen += 1;
        if self.seen <= self.most {
            let mut cursor = Cursor::new(row, &mut self.cx);
            cursor.skip(self.tail);
            let values: Result<Vec<Value>> =
                self.kinds.iter().map(|kind| read_kind(*kind, "", &mut cursor)).collect();
            let values = values?;
            if self.seen == 1 {
                self.ends.first = Some(values.clone());
            }
            self.ends.last = Some(values);
        }
        self.inner.push(row)
    }

    fn restart(&mut self) -> bool {
        self.seen = 0;
        self.ends = Ends::default();
        self.cx.restart();
        self.inner.restart()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
