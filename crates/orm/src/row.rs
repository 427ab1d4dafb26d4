//! From a driver's row to a value: drivers push rows into a sink, which decodes on the driver's side,
//! straight from its buffers.

use std::any::Any;

use quintet_core::{Result, Value, value::ValueRef};

/// A row as the driver holds it.
pub trait RowAccess {
    /// How many columns it has.
    fn len(&self) -> usize;

    /// Has it no columns?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a column, as the database stores it.
    ///
    /// # Errors
    /// If there is no such column, or its bytes are no valid value (text that is not UTF-8).
    fn get(&self, column: usize) -> Result<ValueRef<'_>>;

    /// The name of a column, where the driver knows it.
    fn name(&self, column: usize) -> Option<&str> {
        let _ = column;
        None
    }
}

/// Takes rows as they come. It may run on a driver's thread, so it owns all it needs.
pub trait RowSink: Send + 'static {
    /// Takes one row. `Ok(false)` asks for no more.
    ///
    /// # Errors
    /// If the row can't be decoded; the query ends with that error.
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool>;

    /// Forgets the rows that it took, because the statement is run anew. `false` if it can't: rows that it took have gone on,
    /// or it may wait. Only for sinks that can does SQLite's driver try a statement on the thread that asks for it, breaking
    /// it off there when it takes long.
    fn restart(&mut self) -> bool {
        false
    }

    /// Gives the sink back as what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// Rows as dynamic values, for scripts, migrations and tests.
#[derive(Debug, Default)]
pub struct ValueRows(pub Vec<Vec<Value>>);

impl RowSink for ValueRows {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let values: Result<Vec<Value>> = (0..row.len()).map(|i| Ok(row.get(i)?.to_owned())).collect();
        self.0.push(values?);
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
