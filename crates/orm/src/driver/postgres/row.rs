//! A row in the read buffer, decoded as it is asked for.

use jiff::ToSpan;
use quintet_core::{
    Error, Result,
    value::{Date, SignedDuration, Time, Timestamp, Uuid, ValueRef},
};

use super::{
    bind::{EPOCH, EPOCH_MICROS},
    numeric, oid,
    plan::{Column, Format},
    reader::Span,
};
use crate::row::RowAccess;

/// A row in the connection's buffer.
pub(super) struct PgRow<'a> {
    pub(super) body: &'a [u8],
    pub(super) spans: &'a [Span],
    pub(super) columns: &'a [Column],
}

impl RowAccess for PgRow<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.columns.len()
    }

    #[inline]
    fn get(&self, column: usize) -> Result<ValueRef<'_>> {
        let (Some(described), Some(span)) = (self.columns.get(column), self.spans.get(column)) else {
            return Err(self.no_column(column));
        };
        let Some((start, end)) = *span else { return Ok(ValueRef::Null) };
        let bytes = self.body.get(start as usize..end as usize).unwrap_or_default();
        read(bytes, described).map_err(|why| unreadable(described, why))
    }

    fn name(&self, column: usize) -> Option<&str> {
        self.columns.get(column).map(|column| &*column.name)
    }
}

impl PgRow<'_> {
    #[cold]
    fn no_column(&self, column: usize) -> Error {
        Error::database(format!(
            "column {column} was asked for, but the row has {} (counted from 0)",
            self.columns.len()
        ))
    }
}

#[cold]
fn unreadable(column: &Column, why: &str) -> Error {
    Error::database(format!("column `{}` ({}) {why}", column.name, oid::name(column.oid)))
}

#[inline]
fn read<'a>(bytes: &'a [u8], column: &Column) -> Result<ValueRef<'a>, &'static str> {
    if column.format == Format::Text {
        return text(bytes).map(ValueRef::Text);
    }
    Ok(match column.oid {
        oid::INT8 => ValueRef::Int(i64::from_be_bytes(exactly(bytes)?)),
        oid::INT4 => ValueRef::Int(i32::from_be_bytes(exactly(bytes)?).into()),
        oid::INT2 => ValueRef::Int(i16::from_be_bytes(exactly(bytes)?).into()),
        oid::OID => ValueRef::Int(u32::from_be_bytes(exactly(bytes)?).into()),
        oid::BOOL => ValueRef::Bool(exactly(bytes)? != [0]),
        oid::FLOAT8 => ValueRef::Float(f64::from_be_bytes(exactly(bytes)?)),
        oid::FLOAT4 => ValueRef::Float(f32::from_be_bytes(exactly(bytes)?).into()),
        oid::NUMERIC => ValueRef::Decimal(numeric::read(bytes)?),
        oid::BYTEA => ValueRef::Bytes(bytes),
        oid::DATE => ValueRef::Date(date(i32::from_be_bytes(exactly(bytes)?))?),
        oid::TIME => ValueRef::Time(time(i64::from_be_bytes(exactly(bytes)?))?),
        oid::TIMESTAMPTZ | oid::TIMESTAMP => {
            ValueRef::DateTime(instant(i64::from_be_bytes(exactly(bytes)?))?)
        }
        oid::INTERVAL => ValueRef::Duration(interval(bytes)?),
        oid::UUID => ValueRef::Uuid(Uuid::from_bytes(exactly(bytes)?)),
        oid::JSON => ValueRef::Json(text(bytes)?),
        oid::JSONB => match bytes.split_first() {
            Some((1, json)) => ValueRef::Json(text(json)?),
            _ => return Err("comes in a form that this driver does not know: select it with `::text`"),
        },
        _ => ValueRef::Text(text(bytes)?),
    })
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], &'static str> {
    bytes.try_into().map_err(|_| "has another length than its type")
}

fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "holds text that is not UTF-8")
}

fn date(days: i32) -> Result<Date, &'static str> {
    if days == i32::MAX || days == i32::MIN {
        return Err(
            "is an infinite date, which no Rust date can be: use NULL, or filter with `isfinite(..)`",
        );
    }
    EPOCH.checked_add(days.days()).map_err(|_| "is a date outside of the years -9999 to 9999")
}

fn time(micros: i64) -> Result<Time, &'static str> {
    const DAY: i64 = 86_400_000_000;
    if !(0..DAY).contains(&micros) {
        return Err("is the time 24:00, which no Rust time can be: write it as 00:00");
    }
    let part = |unit: i64, most: i64| i8::try_from(micros / unit % most).unwrap_or_default();
    let nanos = i32::try_from(micros % 1_000_000 * 1000).unwrap_or_default();
    Time::new(part(3_600_000_000, 24), part(60_000_000, 60), part(1_000_000, 60), nanos)
        .map_err(|_| "is no time of day")
}

/// A `timestamp` without a zone is read as UTC, which the connection's own zone is.
fn instant(micros: i64) -> Result<Timestamp, &'static str> {
    if micros == i64::MAX || micros == i64::MIN {
        return Err(
            "is an infinite instant, which no Rust instant can be: use NULL, or filter with `isfinite(..)`",
        );
    }
    let micros = micros.checked_add(EPOCH_MICROS);
    let instant = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    instant.ok_or("is an instant outside of the years -9999 to 9999")
}

/// A span without months: days are 24 hours, as they are in UTC.
fn interval(bytes: &[u8]) -> Result<SignedDuration, &'static str> {
    let all = u128::from_be_bytes(exactly(bytes)?).cast_signed();
    // 8 bytes of microseconds, 4 of days, 4 of months.
    #[expect(clippy::cast_possible_truncation, reason = "the lower halves are meant")]
    let (micros, days, months) = ((all >> 64) as i64, (all >> 32) as i32, all as i32);
    if months != 0 {
        return Err("is an interval of months, which have no fixed length: keep days or seconds");
    }
    let days = SignedDuration::from_hours(i64::from(days) * 24);
    days.checked_add(SignedDuration::from_micros(micros)).ok_or("is an interval that is too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(oid: u32) -> Column {
        Column { name: "c".into(), oid, format: oid::format(oid) }
    }

    #[test]
    fn what_rust_can_not_hold_is_refused_by_name() {
        for (oid, bytes, word) in [
            (oid::DATE, &i32::MAX.to_be_bytes()[..], "infinite"),
            (oid::TIMESTAMPTZ, &i64::MIN.to_be_bytes(), "infinite"),
            (oid::TIMESTAMPTZ, &(i64::MAX - 1).to_be_bytes(), "9999"),
            (oid::TIME, &86_400_000_000i64.to_be_bytes(), "24:00"),
            (oid::INTERVAL, &1u128.to_be_bytes(), "months"),
            (oid::INT8, &[1, 2], "length"),
            (oid::TEXT, &[0xff], "UTF-8"),
            (oid::JSONB, &[2, b'1'], "form"),
        ] {
            let why = read(bytes, &column(oid)).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn days_of_an_interval_are_24_hours() {
        let bytes = ((1_500_000u128 << 64) | ((-1i32).cast_unsigned() as u128) << 32).to_be_bytes();
        assert_eq!(interval(&bytes).unwrap(), "-PT23H59M58.5S".parse().unwrap());
    }

    #[test]
    fn the_error_names_the_column() {
        let columns = [column(oid::INT4)];
        let row = PgRow { body: &[1], spans: &[Some((0, 1))], columns: &columns };
        assert!(row.get(0).unwrap_err().to_string().contains("`c` (integer)"));
        assert!(row.get(1).unwrap_err().to_string().contains("the row has 1"));
    }
}
