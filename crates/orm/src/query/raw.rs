//! SQL of the developer's own, read into models and tuples.

use std::{any::Any, fmt, panic::Location};

use quintet_core::{Error, Result, Value, meta::ModelMeta, value::ValueRef};

use crate::{
    db::home,
    decode::{Cursor, DecodeCx, sink::Decode},
    executor::Executor,
    field::FieldType,
    model::Model,
    row::{RowAccess, RowSink},
    stmt::{Access, Sql, Stmt},
    table::Table,
    write::row_scales,
};

/// SQL with its parameters, whose rows become `O`s: [`Table::raw`] and [`raw`].
#[must_use = "SQL does nothing until it is awaited: `.all(&db).await?`"]
pub struct Raw<O> {
    stmt: Stmt,
    decode: Decode<O>,
    /// Whose columns the rows have, by name; without it, columns are taken in order.
    model: Option<&'static ModelMeta>,
}

impl<M: Model> Table<M> {
    /// Objects from SQL of your own, its columns found by their names: `SELECT film.* FROM …`. A column of the model that is
    /// missing is an error that names it; others are left alone.
    ///
    /// Values belong into the parameters, never into the text: `?1` on SQLite, `$1` on PostgreSQL.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let films = Film.raw("SELECT * FROM docs_film WHERE length(title) > ?1", vec![10.into()]).all(db).await?;
    /// # let _: Vec<Film> = films; Ok(()) }
    /// ```
    pub fn raw(self, sql: impl Into<Sql>, params: Vec<Value>) -> Raw<M> {
        Raw { stmt: Stmt::read(sql, params), decode: M::from_row, model: Some(M::meta()) }
    }
}

/// Values and tuples from SQL of your own, its columns taken in order.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # async fn show(db: &dyn Executor) -> Result {
/// let rows: Vec<(String, i64)> =
///     raw("SELECT name, COUNT(*) FROM docs_tag GROUP BY name", vec![]).all(db).await?;
/// # let _ = rows; Ok(()) }
/// ```
///
/// SQLite keeps decimals as whole numbers of units of their last place, and knows nothing about it: read such a column
/// there as an `i64`.
pub fn raw<O: FromRow>(sql: impl Into<Sql>, params: Vec<Value>) -> Raw<O> {
    Raw { stmt: Stmt::read(sql, params), decode: O::from_row, model: None }
}

/// A value or a tuple of values, read in order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a row",
    label = "expected a column type or a tuple of them; for a model, write `Model.raw(..)`"
)]
pub trait FromRow: Sized + Send + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// If a column does not hold its type.
    fn from_row(cursor: &mut Cursor<'_>) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> FromRow for T {
    fn from_row(cursor: &mut Cursor<'_>) -> Result<Self> {
        cursor.next()
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<$($n: FieldType),+> FromRow for ($($n,)+) {
            fn from_row(cursor: &mut Cursor<'_>) -> Result<Self> {
                Ok(($(cursor.next::<$n>()?,)+))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

impl<O: Send + 'static> Raw<O> {
    /// Says that the SQL writes (and answers with rows, as by `RETURNING`).
    pub fn writes(mut self) -> Self {
        self.stmt.access = Access::Write;
        self
    }

    /// All rows.
    ///
    /// # Errors
    /// If the database refuses the SQL, or a row does not hold what is asked for.
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<O>>> + Send {
        self.rows(db, usize::MAX, Location::caller())
    }

    /// The first row, or `None`.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    #[track_caller]
    pub fn first(self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        let at = Location::caller();
        // A statement that writes has to end.
        let most = if self.stmt.access == Access::Write { usize::MAX } else { 1 };
        async move { Ok(self.rows(db, most, at).await?.into_iter().next()) }
    }

    async fn rows(self, db: &dyn Executor, most: usize, at: &'static Location<'static>) -> Result<Vec<O>> {
        let model = self.model.map(|model| home(db, model, self.stmt.access));
        let home = model.transpose().map_err(|error| error.at(at))?.flatten();
        let db = home.as_ref().map_or(db, |home| home as &dyn Executor);
        let scales = self.model.map(|model| row_scales(model, db.dialect())).unwrap_or_default();
        let cx = DecodeCx::for_rows(scales);
        let (decode, model) = (self.decode, self.model);
        let sink = Box::new(RawRows { rows: Vec::new(), most, decode, model, map: None, cx });
        match db.fetch(self.stmt.at(at), sink).await?.into_any().downcast::<RawRows<O>>() {
            Ok(mut sink) => {
                sink.cx.finish();
                Ok(sink.rows)
            }
            Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
        }
    }
}

impl<O> fmt::Debug for Raw<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stmt.fmt(f)
    }
}

struct RawRows<O> {
    rows: Vec<O>,
    most: usize,
    decode: Decode<O>,
    model: Option<&'static ModelMeta>,
    /// Where the model's columns are in a row, known from the first row on.
    map: Option<Vec<usize>>,
    cx: DecodeCx,
}

impl<O: Send + 'static> RowSink for RawRows<O> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let decoded = match self.model {
            None => (self.decode)(&mut Cursor::new(row, &mut self.cx))?,
            Some(model) => {
                let map = match &mut self.map {
                    Some(map) => &*map,
                    none => none.insert(find_columns(model, row)?),
                };
                (self.decode)(&mut Cursor::new(&Mapped { row, map }, &mut self.cx))?
            }
        };
        self.rows.push(decoded);
        Ok(self.rows.len() < self.most)
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.map = None;
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

fn find_columns(model: &'static ModelMeta, row: &dyn RowAccess) -> Result<Vec<usize>> {
    let find = |column: &str| (0..row.len()).find(|at| row.name(*at) == Some(column));
    model
        .columns()
        .map(|(_, field)| {
            find(field.column).ok_or_else(|| {
                Error::database(format!(
                    "the SQL gives no column `{}`, which {}.{} needs: select it, or read the columns that there are as a \
                     tuple with raw(..)",
                    field.column, model.name, field.name
                ))
            })
        })
        .collect()
}

/// A row with its columns in another order.
struct Mapped<'a> {
    row: &'a dyn RowAccess,
    map: &'a [usize],
}

impl RowAccess for Mapped<'_> {
    fn len(&self) -> usize {
        self.map.len()
    }

    fn get(&self, column: usize) -> Result<ValueRef<'_>> {
        let at = self.map.get(column).ok_or_else(|| Error::internal("the model has no further column"))?;
        self.row.get(*at)
    }
}
