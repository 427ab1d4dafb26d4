use std::{fmt, ops::Deref, panic::Location, sync::Arc};

use quintet_core::Value;

use crate::{
    change::Note,
    copied::{Asked, Written},
};

/// What a statement does to the data: decides which connection runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only.
    Read,
    /// Writes (and may answer with rows).
    Write,
}

/// The text of a statement. It is shared by all statements that differ in their parameters only, so that a clone costs nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sql(Arc<str>);

impl Deref for Sql {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<&str> for Sql {
    fn from(text: &str) -> Self {
        Sql(text.into())
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Sql(text.into())
    }
}

impl From<Sql> for String {
    fn from(sql: Sql) -> Self {
        (*sql).to_owned()
    }
}

impl PartialEq<str> for Sql {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Sql {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for Sql {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

/// SQL text with its parameters: rendered from the AST, values never inside the text.
#[derive(Clone)]
pub struct Stmt {
    /// The text, with the dialect's placeholders.
    pub sql: Sql,
    /// The values of the placeholders, in order.
    pub params: Vec<Value>,
    /// What it does.
    pub access: Access,
    /// Does it take long, or give very many rows? See [`Stmt::long`].
    pub long: bool,
    /// Does it touch a few rows only, found by their keys? See [`Stmt::short`].
    pub short: bool,
    /// Where the program asked for it, for logs.
    pub at: Option<&'static Location<'static>>,
    /// Who wants to know when it can't run any more.
    pub(crate) note: Option<Note>,
    /// Of a COPY, whose parameters are rows after rows: what stands in for it.
    pub(crate) copy: Option<Box<ByInsert>>,
}

/// The insert that a COPY stands for.
#[derive(Clone)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only that driver copies"))]
pub(crate) struct ByInsert {
    /// Of one row, which tells the columns' types.
    pub(crate) one: Sql,
    /// Of all rows, where they can't be copied.
    pub(crate) all: Sql,
    /// The table, quoted.
    pub(crate) table: Sql,
    /// The columns, with [`ByInsert::BETWEEN`] between them.
    pub(crate) columns: String,
    /// Who wants to know in which form its rows are copied.
    pub(crate) asked: Option<Asked>,
    /// Its rows, where they were written in that form already. There are no parameters then, and no insert stands in for them.
    pub(crate) written: Option<Written>,
}

impl ByInsert {
    /// No name has it.
    pub(crate) const BETWEEN: &str = "\u{1f}";
}

impl fmt::Debug for Stmt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stmt { sql, params, access, long, short, at, note: _, copy: _ } = self;
        let mut shown = f.debug_struct("Stmt");
        shown.field("sql", sql).field("params", params).field("access", access).field("long", long);
        shown.field("short", short).field("at", at).finish()
    }
}

impl Stmt {
    /// A statement that reads.
    #[must_use]
    pub fn read(sql: impl Into<Sql>, params: Vec<Value>) -> Self {
        Stmt {
            sql: sql.into(),
            params,
            access: Access::Read,
            long: false,
            short: false,
            at: None,
            note: None,
            copy: None,
        }
    }

    /// A statement that writes.
    #[must_use]
    pub fn write(sql: impl Into<Sql>, params: Vec<Value>) -> Self {
        Stmt {
            sql: sql.into(),
            params,
            access: Access::Write,
            long: false,
            short: false,
            at: None,
            note: None,
            copy: None,
        }
    }

    /// Marks it as one that takes long or gives very many rows: a report, an export. Databases whose connections are shared
    /// (PostgreSQL) give it one of its own, with the time limit `long_timeout`, so that nothing waits behind it.
    #[must_use]
    pub fn long(mut self) -> Self {
        self.long = true;
        self
    }

    /// Marks a write as one that touches a few rows only, each named by its key or given in full. SQLite runs it on the thread
    /// that asks for it where the writer is free, without the way to the writer's thread and back, which is longer than the
    /// write itself.
    #[must_use]
    pub fn short(mut self) -> Self {
        self.short = true;
        self
    }

    /// About how many bytes its parameters have.
    #[cfg(feature = "sqlite")]
    pub(crate) fn weight(&self) -> usize {
        let of = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            // Its size is not known before it is written.
            Value::Json(_) => 1024,
            _ => 8,
        };
        self.params.iter().map(of).sum()
    }

    /// Records where the program asked for it.
    #[must_use]
    pub fn at(mut self, place: &'static Location<'static>) -> Self {
        self.at = Some(place);
        self
    }
}
