//! Values of one kind as values of another, in SQL.
//!
//! Every conversion is exact: what it could not keep is named by a condition, and any row that meets one stops the
//! migration. What is accepted is the same as on SQLite.

use quintet_core::{Result, meta::Digits, value::Kind};

use super::table;
use crate::{
    error::refuse,
    sql::shared::{Converted, EXACT_DOUBLE, EXACT_SINGLE, wider},
    state::FieldState,
};

/// A number of a JSON document; three digits of an exponent are more than a double has.
const NUMBER: &str = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$";

/// PostgreSQL before 16 can't be asked whether a text is JSON.
const IS_JSON: &str = "CREATE OR REPLACE FUNCTION pg_temp.quintet_is_json(given text) RETURNS boolean LANGUAGE plpgsql AS $body$ \
     BEGIN PERFORM given::jsonb; RETURN true; EXCEPTION WHEN others THEN RETURN false; END $body$";

/// The expression `e`, which holds values of `old`, as values of `new`.
pub(super) fn convert(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    if old.kind == new.kind { same_kind(old, new, e) } else { other_kind(old, new, e) }
}

fn same_kind(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    match new.digits {
        Some(to) if old.kind == Kind::Decimal && old.digits != new.digits => {
            Ok(sized(Converted::to(e), &format!("({e})"), &new.name, to))
        }
        _ => Ok(Converted::to(e)),
    }
}

/// Unless the decimal `number` has more digits than fit.
fn sized(out: Converted, number: &str, name: &str, to: Digits) -> Converted {
    let limit = format!("1{}", "0".repeat(usize::from(to.max - to.places)));
    out.unless(
        format!("round({number}, {}) <> {number}", to.places),
        format!("have a `{name}` that needs more than {} places after the point", to.places),
    )
    .unless(
        format!("abs({number}) >= {limit}"),
        format!("have a `{name}` of more than {} digits ({} after the point)", to.max, to.places),
    )
}

fn other_kind(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    let name = &new.name;
    let (ty, from) = (table::declared(new)?, &old.kind);
    let cast = |value: &str| Converted::to(format!("({value})::{ty}"));
    Ok(match (*from, new.kind) {
        (a, b) if wider(a, b) => Converted::to(e),
        (a, b) if a.is_integer() && b.is_integer() => cast(e).within(e, b, name),
        (Kind::Bool, b) if b.is_integer() => cast(&format!("({e})::integer")),
        (a, Kind::Bool) if a.is_integer() => Converted::to(format!("({e}) = 1"))
            .unless(format!("({e}) NOT IN (0, 1)"), format!("have a `{name}` that is neither 0 nor 1")),
        (a, Kind::Float | Kind::Real) if a.is_integer() => {
            let exact = if new.kind == Kind::Real { EXACT_SINGLE } else { EXACT_DOUBLE };
            cast(e).unless(
                format!("({e}) NOT BETWEEN -{exact} AND {exact}"),
                format!("have a `{name}` that a float can't hold exactly"),
            )
        }
        // The number that people read, not the one that the bits of a single are as a double.
        (Kind::Real, Kind::Float) => Converted::to(format!("({e})::text::{ty}")),
        (a, Kind::Decimal) if a.is_integer() => with_digits(cast(e), &format!("({e})::numeric"), new),
        (a, Kind::Text)
            if a.is_integer()
                || matches!(
                    a,
                    Kind::Bool
                        | Kind::Float
                        | Kind::Real
                        | Kind::Decimal
                        | Kind::Time
                        | Kind::Json
                        | Kind::Uuid
                ) =>
        {
            Converted::to(format!("({e})::text"))
        }
        (Kind::Ip, Kind::Text) => Converted::to(format!("host({e})")),
        (Kind::Float | Kind::Real, b) if b.is_integer() => cast(e)
            .unless(format!("({e}) <> trunc({e})"), format!("have a `{name}` that is not whole"))
            .unless(
                format!("abs({e}) > {EXACT_DOUBLE}"),
                format!("have a `{name}` that is no exact whole number"),
            )
            .within(e, b, name),
        // By way of the shortest text that is read back as the same double.
        (Kind::Float | Kind::Real, Kind::Decimal) => {
            let finite = Converted::to(format!("({e})::text::{ty}")).unless(
                format!("({e}) IN ('NaN', 'Infinity', '-Infinity')"),
                format!("have a `{name}` that is no finite number"),
            );
            with_digits(finite, &format!("({e})::text::numeric"), new)
        }
        (Kind::Decimal, b) if b.is_integer() => cast(e)
            .unless(format!("({e}) <> trunc({e})"), format!("have a `{name}` that is not whole"))
            .within(e, b, name),
        (Kind::Decimal, Kind::Float) => cast(e).unless(
            format!("({e})::double precision::text::numeric <> ({e})"),
            format!("have a `{name}` that a float can't hold exactly"),
        ),
        (Kind::Text, _) => from_text(old, new, e, &ty)?,
        (Kind::Date, Kind::Text) => Converted::to(format!("to_char({e}, 'YYYY-MM-DD')")),
        (Kind::DateTime, Kind::Text) => {
            Converted::to(format!("to_char(({e}) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"))
        }
        (Kind::Date, Kind::DateTime) => Converted::to(format!("({e})::timestamp AT TIME ZONE 'UTC'")),
        (Kind::DateTime, Kind::Date) => Converted::to(format!("(({e}) AT TIME ZONE 'UTC')::date")).unless(
            format!("(({e}) AT TIME ZONE 'UTC')::time <> '00:00'"),
            format!("have a `{name}` with a time of day, which a date would lose"),
        ),
        _ => return Err(no_way(old, new)),
    })
}

fn with_digits(out: Converted, number: &str, new: &FieldState) -> Converted {
    match new.digits {
        Some(digits) => sized(out, number, &new.name, digits),
        None => out,
    }
}

fn from_text(old: &FieldState, new: &FieldState, e: &str, ty: &str) -> Result<Converted> {
    let name = &new.name;
    let trimmed = format!("btrim({e})");
    let cast = Converted::to(format!("{trimmed}::{ty}"));
    let wrong = |what: &str| format!("have a `{name}` that {what}");
    Ok(match new.kind {
        b if b.is_integer() => {
            let number = format!("{trimmed}::numeric");
            let (what, long) = ("is not a whole number", "is not a whole number of 64 bits");
            cast.unless(format!("{trimmed} !~ '^(0|-?[1-9][0-9]*)$'"), wrong(what))
                .unless(format!("{number} NOT BETWEEN {} AND {}", i64::MIN, i64::MAX), wrong(long))
                .within(&number, b, name)
        }
        Kind::Float => {
            let number = format!("{trimmed}::numeric");
            let range = format!(
                "abs({number}) > 1.7976931348623157e308 OR ({number} <> 0 AND abs({number}) < 5e-324)"
            );
            cast.unless(format!("{trimmed} !~ '{NUMBER}'"), wrong("is not a number"))
                .unless(range, wrong("is not a number that a float can hold"))
        }
        Kind::Decimal => {
            let out = cast.unless(
                format!("{trimmed} !~ '^-?[0-9]+(\\.[0-9]+)?$'"),
                wrong("is no decimal such as 12.50"),
            );
            with_digits(out, &format!("{trimmed}::numeric"), new)
        }
        Kind::Bool => {
            let word = format!("lower({trimmed})");
            Converted::to(format!("{word} IN ('true', 'on', 'yes', '1')")).unless(
                format!("{word} NOT IN ('true', 'on', 'yes', '1', 'false', 'off', 'no', '0')"),
                wrong("is neither yes nor no"),
            )
        }
        Kind::Date => Converted::to(format!("({e})::date"))
            .unless(no_date(e, "$"), wrong("is no date such as 1979-05-25")),
        Kind::Time => Converted::to(format!("({e})::time")).unless(
            format!("({e}) !~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{{6}})?)?$'"),
            wrong("is no time such as 20:15:00"),
        ),
        Kind::DateTime => Converted::to(format!("(rtrim({e}, 'Z') || '+00')::timestamptz")).unless(
            no_date(e, "[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z?$"),
            wrong("is no date and time in UTC such as 1979-05-25 20:15:00"),
        ),
        Kind::Json => Converted { prepare: Some(IS_JSON), ..Converted::to(format!("({e})::jsonb")) }
            .unless(format!("NOT pg_temp.quintet_is_json({e})"), wrong("is no JSON")),
        Kind::Bytes => Converted::to(format!("convert_to({e}, 'UTF8')")),
        Kind::Uuid => {
            let h = |n: u8| format!("[0-9a-fA-F]{{{n}}}");
            let form = format!("^({}|{1}-{2}-{2}-{2}-{3})$", h(32), h(8), h(4), h(12));
            cast.unless(format!("{trimmed} !~ '{form}'"), wrong("is no UUID"))
        }
        _ => return Err(no_way(old, new)),
    })
}

/// Is the text no date of this form, or a day that no month has?
fn no_date(e: &str, rest: &str) -> String {
    let part = |from: u8, length: u8| format!("substr({e}, {from}, {length})::integer");
    let (year, month, day) = (part(1, 4), part(6, 2), part(9, 2));
    let days = format!(
        "CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} <> 2 THEN 31 WHEN {year} % 4 = 0 AND ({year} % 100 <> 0 \
         OR {year} % 400 = 0) THEN 29 ELSE 28 END"
    );
    format!(
        "CASE WHEN ({e}) !~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{rest}' THEN true ELSE {year} = 0 OR {month} NOT BETWEEN 1 \
         AND 12 OR {day} NOT BETWEEN 1 AND {days} END"
    )
}

fn no_way(old: &FieldState, new: &FieldState) -> quintet_core::Error {
    refuse(format!(
        "`{}` can't be converted from {} to {} without a loss: add a field of another name, fill it with run_sql, and \
         remove the old one",
        new.name, old.kind, new.kind
    ))
}
