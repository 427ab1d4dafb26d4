//! Access by name: the same queries as the typed ones, built from strings at run time.
//!
//! For what learns at run time what it is asked for: addresses with filters, admin lists, scripts. A [`DynSet`] turns
//! names into the AST that typed queries build ([`name`] finds the field, [`lookup`] reads the value as the column's
//! kind), so there is one renderer and no SQL text here. Names come from outside: only what
//! [`allow`](DynSet::allow)ed can be filtered and ordered by, and only what is [`writable`](DynSet::writable) can be
//! written.
mod key;
mod lookup;
mod name;
mod raw_rows;
mod read;
mod registry;
mod row;
mod set;
mod values;
mod words;
mod write;

pub use key::DynKey;
pub use raw_rows::RawRows;
pub(crate) use read::{fetch_values, read_kind, read_value, values_of, values_sink};
pub use registry::Registry;
pub use row::DynRow;
pub use set::DynSet;
pub(crate) use set::order_by_key;
