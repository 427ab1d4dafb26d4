//! A database's tables as its own catalogue tells them, in one form for all databases.

use quintet_core::{
    meta::{Digits, OnDelete},
    value::Kind,
};

/// What a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Table,
    View,
}

/// A table or view.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) sort: Sort,
    pub(super) columns: Vec<Column>,
    /// The columns of the key, in its order.
    pub(super) key: Vec<String>,
    pub(super) references: Vec<Reference>,
    pub(super) indexes: Vec<Index>,
    pub(super) checks: Vec<Check>,
    /// The columns of Quintet's own full-text search.
    pub(super) search: Vec<String>,
    /// What the database says about it, for people.
    pub(super) comment: Option<String>,
    /// What no model can say.
    pub(super) notes: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) null: bool,
    /// The SQL of its default.
    pub(super) default: Option<String>,
    /// Does the database number it?
    pub(super) auto: bool,
    /// Does the database compute it?
    pub(super) generated: bool,
    /// The SQL that it computes it by, where it says so.
    pub(super) computed: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) notes: Vec<String>,
}

/// The nearest type that a field can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) max_length: Option<u32>,
    pub(super) digits: Option<Digits>,
}

impl Default for Type {
    fn default() -> Self {
        Type::of(Kind::Text)
    }
}

impl Type {
    pub(super) fn of(kind: Kind) -> Type {
        Type { kind, max_length: None, digits: None }
    }

    pub(super) fn text(max_length: Option<u32>) -> Type {
        Type { max_length: max_length.filter(|most| *most > 0), ..Type::of(Kind::Text) }
    }
}

/// A foreign key.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) columns: Vec<String>,
    pub(super) table: String,
    /// Empty for the other table's key.
    pub(super) to: Vec<String>,
    pub(super) on_delete: OnDelete,
}

/// An index, or what is unique.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// None if the database has no name for it that anybody chose.
    pub(super) name: Option<String>,
    pub(super) parts: Vec<Part>,
    pub(super) include: Vec<String>,
    pub(super) unique: bool,
    pub(super) condition: Option<String>,
    pub(super) deferrable: bool,
    /// Why no model can say it.
    pub(super) odd: Option<String>,
}

/// A part of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A column, and whether it descends.
    Column(String, bool),
    /// An SQL expression.
    Expression(String),
}

impl Index {
    /// The columns, if it is over plain columns of all rows, and nothing else.
    pub(super) fn plain(&self) -> Option<Vec<&str>> {
        let bare =
            self.condition.is_none() && self.include.is_empty() && !self.deferrable && self.odd.is_none();
        let column = |part| match part {
            &Part::Column(ref name, false) => Some(name.as_str()),
            _ => None,
        };
        bare.then(|| self.parts.iter().map(column).collect())?
    }
}

/// A rule for every row.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: Option<String>,
    pub(super) sql: String,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Does a unique index over these columns alone keep its rows apart, in whatever order?
    pub(super) fn is_unique(&self, columns: &[&str]) -> bool {
        let same = |other: &[&str]| other.len() == columns.len() && columns.iter().all(|c| other.contains(c));
        let key: Vec<&str> = self.key.iter().map(String::as_str).collect();
        same(&key) || self.indexes.iter().filter(|i| i.unique).filter_map(Index::plain).any(|c| same(&c))
    }
}
