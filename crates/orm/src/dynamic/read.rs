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
    read_kind(field.kind, field.name, cursor)
}

/// Reads the next column as this kind; errors name it.
pub(crate) fn read_kind(kind: Kind, label: &'static str, cursor: &mut Cursor<'_>) -> Result<Value> {
    match kind {
        Kind::Bool => one::<bool>(label, cursor),
        Kind::SmallInt => one::<i16>(label, cursor),
        Kind::Int => one::<i32>(label, cursor),
        Kind::BigInt => one::<i64>(label, cursor),
        Kind::U8 => one::<u8>(label, cursor),
        Kind::U16 => one::<u16>(label, cursor),
        Kind::U32 => one::<u32>(label, cursor),
        Kind::U64 => one::<u64>(label, cursor),
        Kind::Real => one::<f32>(label, cursor),
        Kind::Float => one::<f64>(label, cursor),
        Kind::Decimal => one::<Decimal>(label, cursor),
        Kind::Text => one::<String>(label, cursor),
        Kind::Bytes => one::<Vec<u8>>(label, cursor),
        Kind::Date => one::<Date>(label, cursor),
        Kind::Time => one::<Time>(label, cursor),
        Kind::DateTime => one::<Timestamp>(label, cursor),
        Kind::Duration => one::<SignedDuration>(label, cursor),
        Kind::Json => one::<JsonValue>(label, cursor),
        Kind::Uuid => one::<Uuid>(label, cursor),
        Kind::Ip => one::<IpAddr>(label, cursor),
        other => Err(Error::internal(format!("a column of kind {other} can't be read by name"))),
    }
}

fn one<T: FieldType<Base = T>>(label: &'static str, cursor: &mut Cursor<'_>) -> Result<Value> {
    Ok(cursor.field::<Option<T>>(label)?.encode())
}
