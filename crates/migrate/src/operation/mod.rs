//! The steps that a migration is made of, as data.
//!
//! An operation changes the state ([`apply`](Operation::apply)), has an inverse that is computed from the state
//! before it ([`inverse`](Operation::inverse)), and is told in one line ([`describe`](Operation::describe)). Its
//! SQL is written elsewhere, by the database's [writer](crate::sql::SchemaWriter).
mod advice;
mod apply;
mod describe;
mod inverse;

use std::collections::BTreeMap;

pub(crate) use describe::difference;
pub use inverse::inverse_of;

use crate::state::{CheckState, FieldState, IndexState, ModelState};

/// SQL by dialect (`sqlite`, `postgres`, `mysql`), or under `all` for every one of them.
pub type SqlByDialect = BTreeMap<String, String>;

/// One step of a migration. Models are named by their full label (`cinema.Film`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Makes a table.
    CreateModel {
        /// The new model's label.
        model: String,
        /// Its table, fields and the rest.
        state: ModelState,
    },
    /// Drops a table with its rows.
    DeleteModel {
        /// The model's label.
        model: String,
    },
    /// Gives a model another label; its table stays until [`RenameTable`](Operation::RenameTable).
    RenameModel {
        /// The label that it had; possibly of another app.
        model: String,
        /// The label that it gets.
        to: String,
    },
    /// Renames a table.
    RenameTable {
        /// The model's label.
        model: String,
        /// The new name.
        table: String,
    },
    /// Adds a column.
    AddField {
        /// The model's label.
        model: String,
        /// The new field.
        field: FieldState,
        /// What the rows that exist get, as text that the field's kind can be read from.
        backfill: Option<String>,
    },
    /// Drops a column with its values.
    RemoveField {
        /// The model's label.
        model: String,
        /// The field's name.
        name: String,
        /// What rows get if this is reversed.
        backfill: Option<String>,
    },
    /// Changes a column in place; values are converted exactly, or the migration refuses.
    AlterField {
        /// The model's label.
        model: String,
        /// The field as it shall be; its name tells which one it is.
        field: FieldState,
        /// What takes the place of NULL where NULL is no longer allowed.
        backfill: Option<String>,
        /// What becomes of stored choices: old value, new value.
        values: BTreeMap<String, String>,
    },
    /// Renames a field, and its column if that is named after it.
    RenameField {
        /// The model's label.
        model: String,
        /// The name that it had.
        from: String,
        /// The name that it gets.
        to: String,
        /// The column that it gets, where that is not named after the field.
        column: Option<String>,
    },
    /// Changes which sets of fields no two rows may share.
    AlterUniqueTogether {
        /// The model's label.
        model: String,
        /// All sets, by field name.
        sets: Vec<Vec<String>>,
    },
    /// Makes an index.
    AddIndex {
        /// The model's label.
        model: String,
        /// The index.
        index: IndexState,
        /// Is the table kept open for writing meanwhile? Then its migration is no transaction.
        concurrently: bool,
    },
    /// Drops an index.
    RemoveIndex {
        /// The model's label.
        model: String,
        /// The index's name in the database.
        name: String,
        /// Is the table kept open for writing meanwhile? Then its migration is no transaction.
        concurrently: bool,
    },
    /// Gives an index another name.
    RenameIndex {
        /// The model's label.
        model: String,
        /// The name that it has in the database.
        from: String,
        /// The name that it gets; `None` for one that follows from table and columns.
        to: Option<String>,
    },
    /// Adds a rule that every row must meet, also those that exist.
    AddConstraint {
        /// The model's label.
        model: String,
        /// The rule.
        check: CheckState,
    },
    /// Drops a rule.
    RemoveConstraint {
        /// The model's label.
        model: String,
        /// The rule's name.
        name: String,
    },
    /// Changes what the files say about the tables by some operations, and the tables by others: for tables that were changed
    /// by hand, or that two models take turns with.
    Separate {
        /// What is done to the state only.
        state: Vec<Operation>,
        /// What is done to the database only.
        database: Vec<Operation>,
    },
    /// Runs the developer's own SQL. The state does not change.
    RunSql {
        /// Forwards.
        up: SqlByDialect,
        /// Backwards; empty if there is no way back.
        down: SqlByDialect,
        /// The database that it is for, where that is not the default one; `*` for all.
        database: Option<String>,
        /// May it be left out where the migration is squashed: is there nothing to do for a new database?
        elidable: bool,
    },
    /// Runs a function of the program, which sees the models as they are at this point. The state does not change.
    RunRust {
        /// App and name under which it is registered: `shop.fill_slugs`.
        function: String,
        /// The function that undoes it; empty if there is nothing to undo, `None` if there is no way back.
        reverse: Option<String>,
        /// The database that it is for, where that is not the default one; `*` for all.
        database: Option<String>,
        /// May it be left out where the migration is squashed: is there nothing to do for a new database?
        elidable: bool,
    },
}

/// The label of the model that an operation names, borrowed as the operation is.
macro_rules! label {
    ($operation:expr) => {
        match $operation {
            Operation::CreateModel { model, .. }
            | Operation::DeleteModel { model }
            | Operation::RenameModel { model, .. }
            | Operation::RenameTable { model, .. }
            | Operation::AddField { model, .. }
            | Operation::RemoveField { model, .. }
            | Operation::AlterField { model, .. }
            | Operation::RenameField { model, .. }
            | Operation::AlterUniqueTogether { model, .. }
            | Operation::AddIndex { model, .. }
            | Operation::RemoveIndex { model, .. }
            | Operation::RenameIndex { model, .. }
            | Operation::AddConstraint { model, .. }
            | Operation::RemoveConstraint { model, .. } => Some(model),
            Operation::Separate { .. } | Operation::RunSql { .. } | Operation::RunRust { .. } => None,
        }
    };
}

impl Operation {
    /// The model that it changes, by its label before.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        label!(self).map(String::as_str)
    }

    /// The same, to be changed.
    pub(crate) fn model_mut(&mut self) -> Option<&mut String> {
        label!(self)
    }

    /// Makes an ordinary operation of one that keeps the table open for writing.
    pub(crate) fn take_turns(&mut self) {
        match self {
            Operation::AddIndex { concurrently, .. } | Operation::RemoveIndex { concurrently, .. } => {
                *concurrently = false;
            }
            Operation::Separate { database, .. } => database.iter_mut().for_each(Operation::take_turns),
            _ => {}
        }
    }

    /// Is it an index that is made or dropped while the table stays open for writing?
    #[must_use]
    pub fn is_concurrent(&self) -> bool {
        match self {
            Operation::AddIndex { concurrently, .. } | Operation::RemoveIndex { concurrently, .. } => {
                *concurrently
            }
            Operation::Separate { database, .. } => database.iter().any(Operation::is_concurrent),
            _ => false,
        }
    }

    /// Is it the developer's own SQL or Rust, or hides some? Nothing is known of what it reads and writes.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(self, Operation::RunSql { .. } | Operation::RunRust { .. } | Operation::Separate { .. })
    }

    /// The database that it names itself, where that is not the default one.
    #[must_use]
    pub fn own_database(&self) -> Option<&str> {
        match self {
            Operation::CreateModel { state, .. } => state.database.as_deref(),
            Operation::RunSql { database, .. } | Operation::RunRust { database, .. } => database.as_deref(),
            _ => None,
        }
    }

    /// Does it bring SQL that names columns, in an index or a rule?
    pub(crate) fn has_own_sql(&self) -> bool {
        match self {
            Operation::AddIndex { index, .. } => index.is_raw(),
            Operation::AddConstraint { .. } => true,
            _ => false,
        }
    }

    /// May it be left out for a new database?
    #[must_use]
    pub fn is_elidable(&self) -> bool {
        match self {
            Operation::RunSql { elidable, .. } | Operation::RunRust { elidable, .. } => *elidable,
            _ => false,
        }
    }

    /// The functions that it names, with those of the way back.
    pub fn functions(&self) -> Vec<&str> {
        match self {
            Operation::RunRust { function, reverse, .. } => {
                let reverse = reverse.as_deref().filter(|name| !name.is_empty());
                std::iter::once(function.as_str()).filter(|name| !name.is_empty()).chain(reverse).collect()
            }
            Operation::Separate { database, .. } => database.iter().flat_map(Operation::functions).collect(),
            _ => Vec::new(),
        }
    }

    /// Can data be lost that the inverse can't bring back?
    #[must_use]
    pub fn loses_data(&self) -> bool {
        match self {
            Operation::DeleteModel { .. } | Operation::RemoveField { .. } => true,
            Operation::Separate { database, .. } => database.iter().any(Operation::loses_data),
            _ => false,
        }
    }
}
