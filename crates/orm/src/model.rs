//! What `#[model]` implements: [`Record`], erased, for everything that works by name or index, and [`Model`],
//! typed, for everything that must know the struct.

use std::{any::Any, sync::Arc};

use quintet_core::{Result, Value, meta::ModelMeta};

pub use crate::key::Key;
use crate::{decode::Cursor, path::Path};

/// A loaded object whose type is known to its holder only.
pub type Erased = Arc<dyn Any + Send + Sync>;

/// A row of some model, by field index. `#[model]` implements it.
pub trait Record: Send + Sync + 'static {
    /// The model.
    fn model(&self) -> &'static ModelMeta;

    /// The value of a column; `None` if the field is no column.
    fn value_at(&self, field: u16) -> Option<Value>;

    /// Sets a column.
    ///
    /// # Errors
    /// If the field is no column or the value is not of its type.
    fn set_at(&mut self, field: u16, value: &Value) -> Result;

    /// A relation; `None` if the field is none, or is an empty foreign key.
    fn relation_at(&self, field: u16) -> Option<&dyn Relative>;

    /// A relation, to load something into it.
    fn relation_at_mut(&mut self, field: u16) -> Option<&mut dyn Relative>;
}

/// The key of a row: a list, if it has several columns.
pub(crate) fn key_of(record: &dyn Record) -> Value {
    let part = |index: &u16| record.value_at(*index).unwrap_or_default();
    match record.model().primary_key {
        [one] => part(one),
        several => Value::List(several.iter().map(part).collect()),
    }
}

/// A relation inside a row: a foreign key or a to-many.
pub trait Relative: Send + Sync {
    /// The loaded object, if this leads to one object and nobody else holds it.
    fn loaded_mut(&mut self) -> Option<&mut dyn Record>;

    /// Keeps what was loaded: an `Arc<T>` for one object, an `Arc<Vec<T>>` for a to-many.
    fn put(&mut self, loaded: Erased);

    /// Keeps that there is no object, if this is the other end of a one-to-one.
    fn put_nothing(&mut self) {}

    /// What was loaded, for templates; `None` if nothing was.
    fn show(&self) -> Option<Value>;
}

/// A struct that is a row of a table. `#[model]` implements it.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a model", label = "add #[model] to `{Self}`")]
pub trait Model: Record + Sized {
    /// The type of the key: a column's type, or a tuple where several columns make the key.
    type Pk: Key;

    /// The typed columns, reached by the path `P`.
    type Columns<P: Path>: Columns;

    /// What `create!` must be given, with the message for a missing one.
    const REQUIRED: &'static [(&'static str, &'static str)];

    /// What `create!` can't be given, because the database computes it, with the message.
    #[doc(hidden)]
    const COMPUTED: &'static [(&'static str, &'static str)] = &[];

    /// The metadata: one static a model.
    fn meta() -> &'static ModelMeta;

    /// The key.
    fn pk(&self) -> Self::Pk;

    /// Reads the columns of a row, in declared order.
    ///
    /// # Errors
    /// If a column does not hold its field's type.
    fn from_row(cursor: &mut Cursor<'_>) -> Result<Self>;
}

/// A model whose changes are told: `#[model(live)]` implements it.
#[diagnostic::on_unimplemented(
    message = "nobody tells of changes of `{Self}`",
    label = "write #[model(live)] above `{Self}`"
)]
pub trait LiveModel: Model {}

/// The columns of a model: a struct of zero-sized or index-sized values in static memory.
pub trait Columns: Sized + 'static {
    /// The columns.
    const NEW: &'static Self;
}
