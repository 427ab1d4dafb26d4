use quintet_core::{Result, near::did_you_mean};

use super::{CheckState, FieldState, IndexState};
use crate::error::refuse;

/// The many-to-many field that a table stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThroughOf {
    /// The label of the model that has the field.
    pub model: String,
    /// The field.
    pub field: String,
}

impl ThroughOf {
    /// The label of the table between: `cinema.Film_tags`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}_{}", self.model, self.field)
    }
}

/// A table at a point in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelState {
    /// The table's name.
    pub table: String,
    /// The name of the database that it is in, where that is not the default one.
    pub database: Option<String>,
    /// The columns.
    pub fields: Vec<FieldState>,
    /// Sets of fields (by name) that no two rows may share.
    pub unique_together: Vec<Vec<String>>,
    /// Indexes beyond those of single fields.
    pub indexes: Vec<IndexState>,
    /// Rules that the database checks for every row.
    pub checks: Vec<CheckState>,
    /// Set if it is the table of a many-to-many field.
    pub through: Option<ThroughOf>,
}

impl ModelState {
    /// A model of these fields.
    #[must_use]
    pub fn new(table: impl Into<String>, fields: Vec<FieldState>) -> Self {
        ModelState {
            table: table.into(),
            database: None,
            fields,
            unique_together: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            through: None,
        }
    }

    /// The database, as people call it.
    #[must_use]
    pub fn database_name(&self) -> &str {
        self.database.as_deref().unwrap_or("default")
    }

    /// Could it be the table `table` of that database? Databases take `Film` and `film` for one.
    pub(crate) fn is_table(&self, database: Option<&str>, table: &str) -> bool {
        self.database.as_deref() == database && self.table.eq_ignore_ascii_case(table)
    }

    /// The field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldState> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The field of this name.
    ///
    /// # Errors
    /// If there is none; the message names the nearest.
    pub fn field(&self, name: &str) -> Result<&FieldState> {
        self.get(name).ok_or_else(|| {
            let near = did_you_mean(name, self.fields.iter().map(|f| f.name.as_str()));
            refuse(format!("table `{}` has no field `{name}` at this point{near}", self.table))
        })
    }

    /// The fields that make the key.
    pub fn key(&self) -> impl Iterator<Item = &FieldState> {
        self.fields.iter().filter(|f| f.primary_key)
    }

    /// The columns of a set of fields.
    ///
    /// # Errors
    /// If one of the fields is not there.
    pub fn columns_of(&self, fields: &[String]) -> Result<Vec<&str>> {
        fields.iter().map(|name| self.field(name).map(|f| f.column.as_str())).collect()
    }

    /// Same table and columns, whatever their order?
    #[must_use]
    pub fn same_as(&self, other: &ModelState) -> bool {
        let sorted = |sets: &[Vec<String>]| {
            let mut sets = sets.to_vec();
            sets.sort();
            sets
        };
        self.table == other.table
            && self.database == other.database
            && self.through == other.through
            && self.fields.len() == other.fields.len()
            && self.fields.iter().all(|f| other.get(&f.name) == Some(f))
            && sorted(&self.unique_together) == sorted(&other.unique_together)
            && same_members(&self.indexes, &other.indexes)
            && same_members(&self.checks, &other.checks)
    }
}

/// The same ones, in whatever order?
fn same_members<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len() && a.iter().all(|one| b.contains(one))
}
