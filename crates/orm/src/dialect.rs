//! What a database calls things and what it can do. Code asks for a capability, never for a database's name.

use crate::isolation::Isolation;

/// A database's language and abilities.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `sqlite`, `postgres`, `mysql`: for messages and for raw SQL in migrations.
    pub name: &'static str,
    /// How the n-th parameter is written.
    pub placeholder: Placeholder,
    /// Most parameters of one statement.
    pub max_parameters: usize,
    /// Does `INSERT`/`UPDATE`/`DELETE` answer with rows (`RETURNING`)?
    pub returning: bool,
    /// Can a failed transaction undo changes to the schema?
    pub transactional_ddl: bool,
    /// Can rows be locked by `SELECT … FOR UPDATE`?
    pub row_locks: bool,
    /// Does it hold decimals exactly by itself? Otherwise they are stored as scaled integers.
    pub native_decimal: bool,
    /// Are values stored by their own types (dates, booleans), rather than as text and integers?
    pub native_types: bool,
    /// Is altering a column done by building the table anew?
    pub rebuilds_tables: bool,
    /// How a text is searched for a part.
    pub text_search: TextSearch,
    /// Can a long list be one parameter: a JSON array, read by `json_each`?
    pub json_lists: bool,
    /// Can a long list be one parameter: an array of the database's own?
    pub array_lists: bool,
    /// Is a parameter taken for a text where nothing beside it has a type (in `VALUES`, in `CASE`), so that its type must be
    /// written out?
    pub typed_values: bool,
    /// Does it take NULLs for less than all values where an order says nothing about them? Where it doesn't, the order
    /// says it: see [`Nulls::Default`](crate::ast::Nulls::Default).
    pub nulls_are_least: bool,
    /// Whose functions on texts, dates and JSON are called.
    pub functions: Functions,
    /// Can an aggregate be given its rows by `FILTER (WHERE …)`?
    pub aggregate_filter: bool,
    /// Are there regular expressions (`~`, `~*`)?
    pub regex: bool,
    /// Is there `DISTINCT ON (…)`?
    pub distinct_on: bool,
    /// How texts are searched for words.
    pub text_index: TextIndex,
    /// Are numbers of new rows those of a sequence, which knows nothing of rows that bring their own?
    pub sequences: bool,
    /// What stands before a query to be told how it would be run.
    pub explain: &'static str,
    /// Are the rows of a long query fetched in parts, through a cursor in a transaction? Otherwise the driver has a thread
    /// that can wait for whoever reads them.
    pub cursors: bool,
    /// Does it look at the value of a limit when it plans, so that a parameter there is planned anew each time?
    pub plans_by_limit: bool,
    /// What its transactions are isolated by at least, whatever is asked for.
    pub isolation: Isolation,
    /// Can only one transaction write at a time, so that the next one waits for it from its beginning on? Then two that write
    /// never clash.
    pub one_writer: bool,
}

/// Whose functions are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Functions {
    /// The database's own, as the standard and PostgreSQL have them: `EXTRACT`, `DATE_TRUNC`, `GREATEST`, `jsonb_typeof`.
    Standard,
    /// SQLite's (`strftime`, `json_type`, `MAX` of several), and where it has none, those that the driver registers under
    /// names with `quintet_`.
    Registered,
}

/// How a text is searched for a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSearch {
    /// By `instr` and `substr`, which mind the case (`LIKE` would not, for ASCII); without regard to case through the function
    /// [`FOLD_FUNCTION`](crate::fold::FOLD_FUNCTION), which the driver registers.
    Functions,
    /// By `LIKE`, which minds the case, and `ILIKE`, which does not.
    Like,
}

/// How texts are searched for words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextIndex {
    /// By a table of FTS5 beside the model's, which triggers keep.
    Fts5,
    /// By `tsvector` and an index over it.
    TsVector,
}

/// How parameters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `?1`
    QuestionNumber,
    /// `$1`
    DollarNumber,
    /// `?`
    Question,
}

impl Dialect {
    /// Does it look at the values when it plans, so that a plan for any values is that of a prepared statement? Others tell the same
    /// plan whatever they are given.
    pub(crate) fn plans_by_values(&self) -> bool {
        self.name == "postgres"
    }

    /// Does its driver send many rows by COPY, which costs less than an insert?
    pub(crate) fn copies_rows(&self) -> bool {
        self.name == "postgres"
    }
}

/// SQLite 3.35 and newer.
pub static SQLITE: Dialect = Dialect {
    name: "sqlite",
    placeholder: Placeholder::QuestionNumber,
    max_parameters: 32_766,
    returning: true,
    transactional_ddl: true,
    row_locks: false,
    native_decimal: false,
    native_types: false,
    rebuilds_tables: true,
    text_search: TextSearch::Functions,
    json_lists: true,
    array_lists: false,
    typed_values: false,
    nulls_are_least: true,
    functions: Functions::Registered,
    aggregate_filter: true,
    regex: true,
    distinct_on: false,
    text_index: TextIndex::Fts5,
    sequences: false,
    explain: "EXPLAIN QUERY PLAN ",
    cursors: false,
    plans_by_limit: true,
    isolation: Isolation::Serializable,
    one_writer: true,
};

/// PostgreSQL 13 and newer.
pub static POSTGRES: Dialect = Dialect {
    name: "postgres",
    placeholder: Placeholder::DollarNumber,
    max_parameters: 65_535,
    returning: true,
    transactional_ddl: true,
    row_locks: true,
    native_decimal: true,
    native_types: true,
    rebuilds_tables: false,
    text_search: TextSearch::Like,
    json_lists: false,
    array_lists: true,
    typed_values: true,
    nulls_are_least: false,
    functions: Functions::Standard,
    aggregate_filter: true,
    regex: true,
    distinct_on: true,
    text_index: TextIndex::TsVector,
    sequences: true,
    explain: "EXPLAIN ",
    cursors: true,
    plans_by_limit: false,
    isolation: Isolation::ReadCommitted,
    one_writer: false,
};

impl Dialect {
    /// Writes `name` quoted as an identifier, with inner quotes doubled.
    pub fn quote(&self, name: &str, out: &mut String) {
        let quote = if self.placeholder == Placeholder::Question { '`' } else { '"' };
        out.push(quote);
        for c in name.chars() {
            if c == quote {
                out.push(quote);
            }
            out.push(c);
        }
        out.push(quote);
    }

    /// `name` quoted as an identifier.
    #[must_use]
    pub fn quoted(&self, name: &str) -> String {
        let mut out = String::with_capacity(name.len() + 2);
        self.quote(name, &mut out);
        out
    }

    /// Writes the `n`-th parameter, counted from 1.
    pub fn parameter(&self, n: usize, out: &mut String) {
        use std::fmt::Write;
        // Writing to a String can't fail.
        let _ = match self.placeholder {
            Placeholder::QuestionNumber => write!(out, "?{n}"),
            Placeholder::DollarNumber => write!(out, "${n}"),
            Placeholder::Question => write!(out, "?"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_is_doubled() {
        assert_eq!(SQLITE.quoted(r#"a"b"#), r#""a""b""#);
    }
}
