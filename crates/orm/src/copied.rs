//! Rows in the form in which a database copies them: written straight from where the program has its values, without
//! parameters in between, and sent as they are.
//!
//! Only the driver knows the form, and only when it has asked the server what the columns are. So a COPY of rows of parameters
//! goes first, and takes an [`Asked`] along, in which the driver leaves a [`RowForm`] for the rows that follow.
use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use quintet_core::Value;

/// How rows of certain columns of a table are written, as long as the transaction that asked goes on.
pub(crate) trait RowForm: Send + Sync {
    /// No rows yet, and room for so many bytes.
    fn rows(&self, room: usize) -> Box<dyn WriteRows>;
}

/// Rows being written.
pub(crate) trait WriteRows: Send + Sync {
    /// Adds a row, if each value has a form of its column's that says the same as the value. Nothing is added otherwise.
    fn row(&mut self, values: &mut dyn Iterator<Item = &Value>) -> bool;

    /// How many bytes they take.
    fn size(&self) -> usize;

    /// The rows, for the driver that has given the form.
    fn done(self: Box<Self>) -> Written;
}

/// Rows as they were written, known to their driver.
pub(crate) type Written = Arc<dyn Any + Send + Sync>;

/// Where the driver leaves the form of rows of a COPY, if the table is one that it copies to.
pub(crate) type Asked = Arc<OnceLock<Box<dyn RowForm>>>;
