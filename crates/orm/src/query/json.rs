//! Rows as JSON, written straight from the database's buffers.

use std::{any::Any, fmt, panic::Location};

use quintet_core::{
    Error, Result,
    meta::{FieldMeta, Relation},
    value::{Kind, ValueRef},
};
use serde::Serialize;

use super::{
    QuerySet,
    run::{is_empty, statement},
};
use crate::{
    ast::Select,
    db::at_home,
    decode::{Cursor, DecodeCx},
    dynamic::read_value,
    executor::Executor,
    field::mismatch,
    instance::to_value,
    model::Model,
    row::{RowAccess, RowSink},
};

/// A JSON array with an object for each row: [`QuerySet::json`]. A handler answers with it.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonRows {
    text: Vec<u8>,
    rows: usize,
}

impl JsonRows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The JSON, in UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The JSON, in UTF-8.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text
    }
}

impl fmt::Debug for JsonRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonRows({} rows, {} bytes)", self.rows, self.text.len())
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for JsonRows {
    fn into_response(self) -> axum_core::response::Response {
        let kind = http::HeaderValue::from_static("application/json");
        ([(http::header::CONTENT_TYPE, kind)], self.text).into_response()
    }
}

impl<M: Model> QuerySet<M> {
    /// The rows as JSON, for a list that is only passed on: what serde makes of the rows, without a struct or a text of a row's
    /// own in between. Columns have the fields' names, foreign keys are `{name}_id`, secret fields are left out.
    ///
    /// ```no_run
    /// # use quintet_orm::{prelude::*, query::JsonRows};
    /// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
    /// # async fn show(db: &dyn Executor) -> Result<JsonRows> {
    /// // [{"id":1,"title":"Alien","votes":900}, …]
    /// Film.order_by(Film.votes.desc()).limit(100).json(db).await
    /// # }
    /// ```
    ///
    /// Objects that the query loads (`select_related`, `prefetch_related`) are in it as well; then the rows are structs first.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn json(self, db: &dyn Executor) -> impl Future<Output = Result<JsonRows>> + Send {
        let at = Location::caller();
        async move {
            if self.loads.is_none() {
                return json_rows(self.select, db, at).await;
            }
            let mut out = Out::default();
            for row in &self.rows(db, at).await? {
                out.next();
                write(&mut out.text, &to_value(row));
            }
            Ok(out.finish())
        }
    }
}

async fn json_rows(
    mut select: Box<Select>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<JsonRows> {
    if is_empty(&select) {
        return Ok(Out::default().finish());
    }
    let meta = select.root;
    at_home!(db, &*select, at);
    let (stmt, scales) = statement(&mut select, &[], db.dialect()).map_err(|error| error.at(at))?;
    let writer = Writer {
        model: meta.name,
        out: Out::default(),
        columns: meta.columns().map(|(_, field)| Column::of(field)).collect(),
        cx: DecodeCx::for_single_rows(scales),
    };
    match db.fetch(stmt.at(at), Box::new(writer)).await?.into_any().downcast::<Writer>() {
        Ok(writer) => Ok(writer.out.finish()),
        Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
    }
}

/// An array on its way.
#[derive(Default)]
struct Out {
    text: Vec<u8>,
    rows: usize,
}

impl Out {
    /// A further row begins.
    fn next(&mut self) {
        self.text.push(if self.rows == 0 { b'[' } else { b',' });
        self.rows += 1;
    }

    fn finish(mut self) -> JsonRows {
        self.text.extend_from_slice(if self.rows == 0 { b"[]" } else { b"]" });
        JsonRows { text: self.text, rows: self.rows }
    }
}

/// Writes rows as they come.
struct Writer {
    /// Whose rows they are.
    model: &'static str,
    out: Out,
    columns: Vec<Column>,
    cx: DecodeCx,
}

struct Column {
    field: &'static FieldMeta,
    /// `"name":`
    name: Box<[u8]>,
    /// `,"name":null` of the object that no foreign key leads to.
    no_object: Box<[u8]>,
}

impl Column {
    fn of(field: &'static FieldMeta) -> Column {
        let (mut name, mut no_object) = (Vec::new(), Vec::new());
        if let Relation::ToOne { .. } = field.relation {
            write(&mut name, &format!("{}_id", field.name));
            no_object.push(b',');
            write(&mut no_object, field.name);
            no_object.extend_from_slice(b":null");
        } else {
            write(&mut name, field.name);
        }
        name.push(b':');
        Column { field, name: name.into(), no_object: no_object.into() }
    }

    fn write(&self, text: &mut Vec<u8>, row: &dyn RowAccess, place: usize, cx: &mut DecodeCx) -> Result {
        let field = self.field;
        text.extend_from_slice(&self.name);
        match (field.kind, row.get(place)?) {
            (_, ValueRef::Null) if field.null => {
                text.extend_from_slice(b"null");
                text.extend_from_slice(&self.no_object);
            }
            (Kind::Text, ValueRef::Text(value)) if is_choice(field, value) => write(text, value),
            (Kind::BigInt, ValueRef::Int(value)) => write(text, &value),
            (Kind::Int, ValueRef::Int(value)) if i32::try_from(value).is_ok() => write(text, &value),
            (Kind::Float, ValueRef::Float(value)) => write(text, &value),
            (Kind::Bool, ValueRef::Int(value)) => write(text, &(value != 0)),
            (Kind::Bool, ValueRef::Bool(value)) => write(text, &value),
            (_, value @ ValueRef::Null) | (Kind::Text, value @ ValueRef::Text(_)) => refused(field, value)?,
            // Through the value that the field's type makes of it, which also finds out what is no such value.
            _ => {
                let mut cursor = Cursor::new(row, cx);
                cursor.skip(place);
                write(text, &read_value(field, &mut cursor)?);
            }
        }
        Ok(())
    }
}

/// Can the field be this text?
fn is_choice(field: &FieldMeta, text: &str) -> bool {
    field.choices.is_empty() || field.choices.iter().any(|choice| choice.value == text)
}

/// What a struct's field would say of such a value.
#[cold]
fn refused(field: &FieldMeta, value: ValueRef<'_>) -> Result {
    let choices: Vec<&str> = field.choices.iter().map(|choice| choice.value).collect();
    let wanted = match choices.is_empty() {
        true => format!("a value of kind {}", field.kind),
        false => format!("one of {}", choices.join(", ")),
    };
    mismatch(&wanted, value).map_err(|error| Error::database(format!("{}: {error}", field.name)))
}

impl RowSink for Writer {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let Writer { model, out, columns, cx } = self;
        out.next();
        let mut between = b'{';
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| !column.field.secret) {
            out.text.push(between);
            between = b',';
            let written = column.write(&mut out.text, row, place, cx);
            written.map_err(|error| Error::database(format!("{model}.{error}")))?;
        }
        out.text.extend_from_slice(if between == b'{' { b"{}" } else { b"}" });
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.out = Out::default();
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Values of columns are always JSON, and a Vec takes all.
fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}
