/// An index over several fields or expressions, or over a part of the rows.
///
/// A field's own `index` and `unique`, and `unique_together`, are no such indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexMeta {
    /// Its name, or `None` for one that follows from table and columns.
    pub name: Option<&'static str>,
    /// The fields, in order, and whether each descends.
    pub fields: &'static [(u16, bool)],
    /// SQL expressions behind the fields: the developer's, never a user's.
    pub expressions: &'static [&'static str],
    /// An SQL condition: only the rows that meet it are in the index.
    pub condition: Option<&'static str>,
    /// Fields that the index carries along, so that a query needs no look into the table.
    pub include: &'static [u16],
    /// May no two of its rows share their values?
    pub unique: bool,
    /// Is that only checked when a transaction commits, so that two rows can exchange their values?
    pub deferrable: bool,
    /// Is it of the words of its fields, for full-text search?
    pub search: bool,
}

impl IndexMeta {
    /// An index of nothing: what macros start from.
    pub const BASE: IndexMeta = IndexMeta {
        name: None,
        fields: &[],
        expressions: &[],
        condition: None,
        include: &[],
        unique: false,
        deferrable: false,
        search: false,
    };
}

/// A rule that the database checks for every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckMeta {
    /// Its name, which errors show.
    pub name: &'static str,
    /// The SQL condition that every row meets: the developer's, never a user's.
    pub sql: &'static str,
}
