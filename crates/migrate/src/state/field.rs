use quintet_core::{
    meta::{Digits, OnDelete},
    value::Kind,
};

/// Where a foreign key points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The other model's label.
    pub model: String,
    /// What happens here when the other row goes.
    pub on_delete: OnDelete,
}

/// A column of a model at a point in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldState {
    /// The Rust field's name.
    pub name: String,
    /// The column's name.
    pub column: String,
    /// The column's type; for a foreign key that of the other model's key.
    pub kind: Kind,
    /// May it be NULL?
    pub null: bool,
    /// Is it the key, or a part of it?
    pub primary_key: bool,
    /// Does the database number it?
    pub auto: bool,
    /// May no two rows share a value?
    pub unique: bool,
    /// Has it an index of its own?
    pub index: bool,
    /// Longest text, in characters.
    pub max_length: Option<u32>,
    /// Size of a decimal.
    pub digits: Option<Digits>,
    /// The values of an enum, as stored; empty if it is none.
    pub choices: Vec<String>,
    /// An SQL expression that the database computes for rows that do not give a value.
    pub db_default: Option<String>,
    /// An SQL expression over the row's other columns that the database always computes it by.
    pub generated: Option<String>,
    /// Where it points, if it is a foreign key.
    pub reference: Option<Reference>,
}

impl FieldState {
    /// A required column without any option, named like its field.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let name = name.into();
        FieldState {
            column: name.clone(),
            name,
            kind,
            null: false,
            primary_key: false,
            auto: false,
            unique: false,
            index: false,
            max_length: None,
            digits: None,
            choices: Vec::new(),
            db_default: None,
            generated: None,
            reference: None,
        }
    }

    /// A key that the database numbers.
    #[must_use]
    pub fn auto_key(name: impl Into<String>) -> Self {
        FieldState { primary_key: true, auto: true, ..FieldState::new(name, Kind::BigInt) }
    }

    /// A required foreign key in the column `{name}_id`.
    #[must_use]
    pub fn foreign_key(name: &str, kind: Kind, to: impl Into<String>, on_delete: OnDelete) -> Self {
        FieldState {
            column: format!("{name}_id"),
            reference: Some(Reference { model: to.into(), on_delete }),
            ..FieldState::new(name, kind)
        }
    }

    /// The foreign key's clause for its `on_delete`. What databases can't do is left to the ORM, which does it before the
    /// row goes; the constraint catches programs that don't.
    pub(crate) fn on_delete_clause(&self) -> &'static str {
        match self.reference.as_ref().map(|reference| reference.on_delete) {
            Some(OnDelete::Cascade) => "CASCADE",
            Some(OnDelete::SetNull) => "SET NULL",
            Some(OnDelete::Protect) => "RESTRICT",
            Some(OnDelete::SetDefault) if self.db_default.is_some() => "SET DEFAULT",
            _ => "NO ACTION",
        }
    }

    /// The column that a field of this name has unless it is told otherwise.
    pub(crate) fn usual_column(&self, name: &str) -> String {
        if self.reference.is_some() { format!("{name}_id") } else { name.to_owned() }
    }

    /// Does a rename of the field rename the column too?
    pub(crate) fn has_usual_column(&self) -> bool {
        self.column == self.usual_column(&self.name)
    }
}
