//! SQL of the developer's own, read into models, shapes, tuples and values.

use std::{any::Any, fmt, panic::Location};

use quintet_core::{Error, Result, Value, meta::ModelMeta, value::ValueRef};

use crate::{
    db::{home, primary},
    decode::{Cursor, DecodeCx, Scales, sink::Decode},
    dialect::Dialect,
    executor::Executor,
    field::FieldType,
    model::Model,
    row::{RowAccess, RowSink},
    shape::{Shape, Wanted},
    stmt::{Access, Sql, Stmt},
    table::Table,
    write::row_scales,
};

/// SQL with its parameters, whose rows become `O`s: [`Table::raw`] and [`raw`].
#[must_use = "SQL does nothing until it is awaited: `.all(&db).await?`"]
pub struct Raw<O> {
    stmt: Stmt,
    decode: Decode<O>,
    /// How columns are found.
    columns: fn(&Dialect) -> Result<Columns>,
    /// The model whose database is asked.
    home: Option<&'static ModelMeta>,
    /// May a replica answer?
    anywhere: bool,
}

/// How the columns of a row are found.
enum Columns {
    /// They are taken in order.
    InOrder,
    /// Those of a model, by their names; further ones are left alone.
    Of(&'static ModelMeta, Scales),
    /// Those of a shape, by their names.
    Wanted(Wanted),
}

impl<M: Model> Table<M> {
    /// Objects from SQL of your own, its columns found by their names: `SELECT film.* FROM …`. A column of the model that is
    /// missing is an error that names it; others are left alone. [`shape`](Raw::shape) reads a shape of the model instead.
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
        let columns = |dialect: &Dialect| Ok(Columns::Of(M::meta(), row_scales(M::meta(), dialect)));
        Raw { columns, home: Some(M::meta()), ..Raw::of(sql.into(), params, M::from_row) }
    }
}

/// Rows of SQL of your own: values and tuples with the columns in order, [shapes](Shape) with the columns found by name.
///
/// The columns of a shape are called as its fields, those of a nested one `director__name`; a column of the model that a field
/// reads may have its own name. One that is missing or that the shape has no field for is an error. `#[shape(raw)]` is a shape
/// of no model.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// #[derive(Shape)]
/// #[shape(raw)]
/// struct Used {
///     name: String,
///     times: i64,
/// }
///
/// # async fn show(db: &dyn Executor) -> Result {
/// let sql = "SELECT name, COUNT(*) AS times FROM docs_tag WHERE name <> ?1 GROUP BY name";
/// let tags: Vec<Used> = raw(sql, vec!["noir".into()]).all(db).await?;
/// let pairs: Vec<(String, i64)> = raw(sql, vec!["noir".into()]).all(db).await?;
/// # let _ = (tags, pairs); Ok(()) }
/// ```
///
/// SQLite keeps decimals as whole numbers of units of their last place. A shape of a model knows of how many; read such a
/// column into others as an `i64`.
pub fn raw<O: FromRow>(sql: impl Into<Sql>, params: Vec<Value>) -> Raw<O> {
    let columns = |dialect: &Dialect| Ok(O::wanted(dialect)?.map_or(Columns::InOrder, Columns::Wanted));
    Raw { columns, ..Raw::of(sql.into(), params, O::from_row) }
}

/// What a row of SQL can be read into: a value or a tuple of values in order, a shape by names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a row",
    label = "expected a column type, a tuple of them, or a struct with #[derive(Shape)]; for a model, write `Model.raw(..)`"
)]
pub trait FromRow: Sized + Send + 'static {
    /// The columns that it wants, by their names; `None` takes them in order.
    #[doc(hidden)]
    fn wanted(dialect: &Dialect) -> Result<Option<Wanted>> {
        let _ = dialect;
        Ok(None)
    }

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

impl<M: Model> Raw<M> {
    /// Reads a shape of the model instead of whole rows, its columns found by their names: see [`raw`].
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
    /// #[derive(Shape)]
    /// #[shape(model = Film)]
    /// struct Title {
    ///     title: String,
    /// }
    ///
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let titles = Film.raw("SELECT title FROM docs_film WHERE votes > ?1", vec![10.into()]).shape::<Title>();
    /// # let _ = titles.all(db).await?; Ok(()) }
    /// ```
    pub fn shape<S: Shape<Model = M> + FromRow>(self) -> Raw<S> {
        Raw { anywhere: self.anywhere, home: self.home, stmt: self.stmt, ..raw("", Vec::new()) }
    }
}

impl<O: Send + 'static> Raw<O> {
    /// Says that the SQL writes (and answers with rows, as by `RETURNING`).
    pub fn writes(mut self) -> Self {
        self.stmt.access = Access::Write;
        self
    }

    /// Lets a replica of the database answer, where there is one: the SQL only reads, and what it reads may be a moment old.
    /// Otherwise the database itself is asked, since nobody has looked at what the SQL calls.
    pub fn on_replica(mut self) -> Self {
        self.anywhere = true;
        self
    }

    fn of(sql: Sql, params: Vec<Value>, decode: Decode<O>) -> Self {
        let columns = |_: &Dialect| Ok(Columns::InOrder);
        Raw { stmt: Stmt::read(sql, params), decode, columns, home: None, anywhere: false }
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
        let home = self.home.map(|model| home(db, model, self.stmt.access));
        let home = home.transpose().map_err(|error| error.at(at))?.flatten();
        let db = home.as_ref().map_or(db, |home| home as &dyn Executor);
        let primary = if self.anywhere { None } else { primary(db) };
        let db = primary.as_ref().map_or(db, |primary| primary as &dyn Executor);
        let columns = (self.columns)(db.dialect()).map_err(|error| error.at(at))?;
        let scales = match &columns {
            Columns::InOrder => Scales::default(),
            Columns::Of(_, scales) => scales.clone(),
            Columns::Wanted(wanted) => wanted.scales.clone(),
        };
        let cx = DecodeCx::for_rows(scales);
        let sink = Box::new(RawRows { rows: Vec::new(), most, decode: self.decode, columns, map: None, cx });
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
    columns: Columns,
    /// Where the named columns are in a row, known from the first row on.
    map: Option<Vec<usize>>,
    cx: DecodeCx,
}

impl<O: Send + 'static> RowSink for RawRows<O> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        if self.map.is_none() {
            self.map = match &self.columns {
                Columns::InOrder => None,
                Columns::Of(model, _) => Some(find_columns(model, row)?),
                Columns::Wanted(wanted) => Some(wanted.find(row)?),
            };
        }
        let decoded = match &self.map {
            None => (self.decode)(&mut Cursor::new(row, &mut self.cx))?,
            Some(map) => (self.decode)(&mut Cursor::new(&Mapped { row, map }, &mut self.cx))?,
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
