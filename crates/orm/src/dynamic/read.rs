//! Rows as values, read as the kinds that their columns have: a date is text on one database and a date on another.

use std::{any::Any, net::IpAddr};

use quintet_core::{
    Error, Result, Value,
    meta::FieldMeta,
    value::{Date, Decimal, JsonValue, Kind, SignedDuration, Time, Timestamp, Uuid},
};

use crate::{
    decode::{Cursor, DecodeCx, Scales},
    executor::Executor,
    field::FieldType,
    row::{RowAccess, RowSink},
    stmt::Stmt,
};

/// Runs a statement whose rows have these fields' columns.
pub(crate) async fn fetch_values(
    db: &dyn Executor,
    (stmt, scales): (Stmt, Scales),
    fields: Vec<&'static FieldMeta>,
) -> Result<Vec<Vec<Value>>> {
    values_of(db.fetch(stmt, values_sink(scales, fields)).await?)
}

/// A sink for a statement that somebody else runs.
pub(crate) fn values_sink(scales: Scales, fields: Vec<&'static FieldMeta>) -> Box<dyn RowSink> {
    Box::new(Sink { fields, rows: Vec::new(), cx: DecodeCx::for_rows(scales) })
}

/// The rows of such a sink.
pub(crate) fn values_of(sink: Box<dyn RowSink>) -> Result<Vec<Vec<Value>>> {
    match sink.into_any().downcast::<Sink>() {
        Ok(sink) => Ok(sink.rows),
        Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
    }
}

struct Sink {
    fields: Vec<&'static FieldMeta>,
    rows: Vec<Vec<Value>>,
    cx: DecodeCx,
}

impl RowSink for Sink {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let mut cursor = Cursor::new(row, &mut self.cx);
        let values: Result<Vec<Value>> =
            self.fields.iter().map(|field| read_value(field, &mut cursor)).collect();
        self.rows.push(values?);
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Reads the next column as the field's kind.
pub(crate) fn read_value(field: &'static FieldMeta, cursor: &mut Cursor<'_>) -> Result<Value> {
    match field.kind {
        Kind::Bool => one::<bool>(field, cursor),
        Kind::SmallInt => one::<i16>(field, cursor),
        Kind::Int => one::<i32>(field, cursor),
        Kind::BigInt => one::<i64>(field, cursor),
        Kind::U8 => one::<u8>(field, cursor),
        Kind::U16 => one::<u16>(field, cursor),
        Kind::U32 => one::<u32>(field, cursor),
        Kind::U64 => one::<u64>(field, cursor),
        Kind::Real => one::<f32>(field, cursor),
        Kind::Float => one::<f64>(field, cursor),
        Kind::Decimal => one::<Decimal>(field, cursor),
        Kind::Text => one::<String>(field, cursor),
        Kind::Bytes => one::<Vec<u8>>(field, cursor),
        Kind::Date => one::<Date>(field, cursor),
        Kind::Time => one::<Time>(field, cursor),
        Kind::DateTime => one::<Timestamp>(field, cursor),
        Kind::Duration => one::<SignedDuration>(field, cursor),
        Kind::Json => one::<JsonValue>(field, cursor),
        Kind::Uuid => one::<Uuid>(field, cursor),
        Kind::Ip => one::<IpAddr>(field, cursor),
        other => Err(Error::internal(format!("a column of kind {other} can't be read by name"))),
    }
}

fn one<T: FieldType<Base = T>>(field: &'static FieldMeta, cursor: &mut Cursor<'_>) -> Result<Value> {
    Ok(cursor.field::<Option<T>>(field.name)?.encode())
}
