//! Values of one kind as values of another, in SQL.
//!
//! Every conversion is exact: what it could not keep is named by a condition, and any row that meets one stops the
//! migration. What SQLite keeps is known from its driver: booleans and durations as whole numbers, decimals as whole
//! numbers of their last place, dates, times and instants as text of a fixed form.

use quintet_core::{Result, meta::Digits, value::Kind};

use crate::{
    error::refuse,
    sql::{
        literal,
        shared::{Converted, EXACT_DOUBLE, EXACT_SINGLE, wider},
    },
    state::FieldState,
};

/// The expression `e`, which holds values of `old`, as values of `new`.
pub(super) fn convert(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    if old.kind == new.kind { same_kind(old, new, e) } else { other_kind(old, new, e) }
}

fn same_kind(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    if old.kind != Kind::Decimal || old.digits == new.digits {
        return Ok(Converted::to(e));
    }
    let (from, to) = (digits(old)?, digits(new)?);
    let name = &new.name;
    let not_decimal = format!("typeof({e}) <> 'integer'");
    let out = if to.places >= from.places {
        let factor = power(to.places - from.places);
        Converted::to(format!("({e}) * {factor}"))
            .unless(format!("abs({e}) > {}", (power(to.max) - 1) / factor), too_large(name, to))
    } else {
        let factor = power(from.places - to.places);
        Converted::to(format!("({e}) / {factor}"))
            .unless(format!("({e}) % {factor} <> 0"), too_fine(name, to))
            .unless(format!("abs(({e}) / {factor}) >= {}", power(to.max)), too_large(name, to))
    };
    Ok(out.unless(not_decimal, format!("have a `{name}` that is no decimal")))
}

fn other_kind(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    let name = &new.name;
    Ok(match (old.kind, new.kind) {
        (a, b) if wider(a, b) => Converted::to(e),
        (a, b) if a.is_integer() && b.is_integer() => Converted::to(e).within(e, b, name),
        (Kind::Bool, b) if b.is_integer() => Converted::to(e),
        (a, Kind::Bool) if a.is_integer() => Converted::to(e)
            .unless(format!("({e}) NOT IN (0, 1)"), format!("have a `{name}` that is neither 0 nor 1")),
        (a, Kind::Float | Kind::Real) if a.is_integer() => {
            let exact = if new.kind == Kind::Real { EXACT_SINGLE } else { EXACT_DOUBLE };
            Converted::to(format!("CAST({e} AS REAL)")).unless(
                format!("({e}) NOT BETWEEN -{exact} AND {exact}"),
                format!("have a `{name}` that a float can't hold exactly"),
            )
        }
        // A single is kept as the double that people read.
        (Kind::Real, Kind::Float) => Converted::to(e),
        (a, Kind::Decimal) if a.is_integer() => {
            let to = digits(new)?;
            let factor = power(to.places);
            let most = (power(to.max) - 1) / factor;
            Converted::to(format!("({e}) * {factor}"))
                .unless(format!("({e}) NOT BETWEEN -{most} AND {most}"), too_large(name, to))
        }
        (a, Kind::Text) if a.is_integer() => Converted::to(format!("CAST({e} AS TEXT)")),
        (Kind::Bool, Kind::Text) => {
            Converted::to(format!("CASE WHEN ({e}) IS NULL THEN NULL WHEN {e} THEN 'true' ELSE 'false' END"))
        }
        (Kind::Float | Kind::Real, b) if b.is_integer() => Converted::to(format!("CAST({e} AS INTEGER)"))
            .unless(format!("({e}) <> CAST({e} AS INTEGER)"), format!("have a `{name}` that is not whole"))
            .unless(
                format!("abs({e}) > {EXACT_DOUBLE}.0"),
                format!("have a `{name}` that is no exact whole number"),
            )
            .within(e, b, name),
        (Kind::Float | Kind::Real, Kind::Decimal) => float_to_decimal(e, name, digits(new)?),
        // Fifteen digits if they say it all, else the seventeen that always do.
        (Kind::Float | Kind::Real, Kind::Text) => Converted::to(format!(
            "CASE WHEN ({e}) IS NULL THEN NULL WHEN CAST(CAST({e} AS TEXT) AS REAL) = {e} THEN CAST({e} AS TEXT) ELSE printf('%!.17g', {e}) END"
        )),
        (Kind::Decimal, b) => from_decimal(old, new, e, b)?,
        (Kind::Text, _) => from_text(old, new, e)?,
        (Kind::Json | Kind::Date | Kind::Time | Kind::DateTime | Kind::Ip, Kind::Text) => Converted::to(e),
        (Kind::Uuid, Kind::Text) => {
            let part = |from: u8, length: u8| format!("substr({e}, {from}, {length})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
            Converted::to(parts.join(" || '-' || "))
        }
        (Kind::Date, Kind::DateTime) => Converted::to(format!("({e}) || ' 00:00:00.000000'")),
        (Kind::DateTime, Kind::Date) => Converted::to(format!("substr({e}, 1, 10)")).unless(
            format!("substr({e}, 11) NOT IN (' 00:00:00', ' 00:00:00.000000')"),
            format!("have a `{name}` with a time of day, which a date would lose"),
        ),
        _ => return Err(no_way(old, new)),
    })
}

fn from_decimal(old: &FieldState, new: &FieldState, e: &str, to: Kind) -> Result<Converted> {
    let places = digits(old)?.places;
    let factor = power(places);
    let name = &new.name;
    let out = match to {
        b if b.is_integer() => {
            let whole = format!("(({e}) / {factor})");
            Converted::to(whole.clone())
                .unless(format!("({e}) % {factor} <> 0"), format!("have a `{name}` that is not whole"))
                .within(&whole, b, name)
        }
        Kind::Float => Converted::to(format!("({e}) / {factor}.0")).unless(
            format!("({e}) NOT BETWEEN -{EXACT_DOUBLE} AND {EXACT_DOUBLE}"),
            format!("have a `{name}` that a float can't hold exactly"),
        ),
        Kind::Text if places == 0 => Converted::to(format!("CAST({e} AS TEXT)")),
        Kind::Text => Converted::to(format!(
            "CASE WHEN ({e}) IS NULL THEN NULL WHEN ({e}) < 0 THEN '-' ELSE '' END || \
             printf('%d.%0{places}d', abs({e}) / {factor}, abs({e}) % {factor})"
        )),
        _ => return Err(no_way(old, new)),
    };
    Ok(out.unless(format!("typeof({e}) <> 'integer'"), format!("have a `{name}` that is no decimal")))
}

/// A double becomes the decimal that is read back as the same double.
fn float_to_decimal(e: &str, name: &str, to: Digits) -> Converted {
    let factor = power(to.places);
    let scaled = format!("CAST(round(({e}) * {factor}.0) AS INTEGER)");
    Converted::to(scaled.clone())
        .unless(
            format!("abs(({e}) * {factor}.0) >= {}.0", power(to.max).min(EXACT_DOUBLE)),
            too_large(name, to),
        )
        .unless(format!("{scaled} / {factor}.0 <> ({e})"), too_fine(name, to))
}

fn from_text(old: &FieldState, new: &FieldState, e: &str) -> Result<Converted> {
    let name = &new.name;
    let trimmed = format!("trim({e})");
    let digit = |n: usize| "[0-9]".repeat(n);
    Ok(match new.kind {
        b if b.is_integer() => {
            let number = format!("CAST({trimmed} AS INTEGER)");
            // Read and written again it must be the same: `007`, `7.0` and `7 kg` are not.
            Converted::to(number.clone())
                .unless(
                    format!("CAST({number} AS TEXT) <> {trimmed}"),
                    format!("have a `{name}` that is not a whole number"),
                )
                .within(&number, b, name)
        }
        Kind::Float => {
            let number = format!(
                "CASE WHEN json_valid({trimmed}) THEN json_type({trimmed}) IN ('integer', 'real') ELSE 0 END"
            );
            Converted::to(format!("CAST({e} AS REAL)")).unless(
                format!("NOT ({number}) OR abs(CAST({e} AS REAL)) > 1.7976931348623157e308"),
                format!("have a `{name}` that is not a number"),
            )
        }
        Kind::Decimal => text_to_decimal(&trimmed, name, digits(new)?),
        Kind::Bool => {
            let word = format!("lower({trimmed})");
            Converted::to(format!("{word} IN ('true', 'on', 'yes', '1')")).unless(
                format!("{word} NOT IN ('true', 'on', 'yes', '1', 'false', 'off', 'no', '0')"),
                format!("have a `{name}` that is neither yes nor no"),
            )
        }
        Kind::Date => Converted::to(e).unless(
            format!("date({e}) IS NOT ({e})"),
            format!("have a `{name}` that is no date such as 1979-05-25"),
        ),
        Kind::Time => {
            let (minutes, seconds) = (format!("{0}:{0}", digit(2)), format!("{0}:{0}:{0}", digit(2)));
            let fine = format!("{seconds}.{}", digit(6));
            Converted::to(format!("CASE WHEN length({e}) <= 8 THEN time({e}) ELSE {e} END")).unless(
                format!(
                    "time({e}) IS NULL OR ({e}) >= '24' OR NOT (({e}) GLOB '{minutes}' OR ({e}) GLOB '{seconds}' OR \
                     ({e}) GLOB '{fine}')"
                ),
                format!("have a `{name}` that is no time such as 20:15:00"),
            )
        }
        Kind::DateTime => {
            let head = format!("replace(substr({e}, 1, 19), 'T', ' ')");
            let fraction = format!("rtrim(substr({e}, 21), 'Z')");
            let form = format!("{}-{1}-{1} {1}:{1}:{1}", digit(4), digit(2));
            Converted::to(format!("CASE WHEN ({e}) IS NULL THEN NULL ELSE {head} || '.' || substr({fraction} || '000000', 1, 6) END"))
                .unless(
                    format!(
                        "{head} NOT GLOB '{form}' OR datetime({head}) IS NOT {head} OR substr({e}, 12, 2) >= '24' OR \
                         NOT (substr({e}, 20) IN ('', 'Z') OR (substr({e}, 20, 1) = '.' AND length({fraction}) \
                         BETWEEN 1 AND 6 AND {fraction} NOT GLOB '*[^0-9]*'))"
                    ),
                    format!("have a `{name}` that is no date and time in UTC such as 1979-05-25 20:15:00"),
                )
        }
        Kind::Json => Converted::to(e)
            .unless(format!("NOT json_valid({e})"), format!("have a `{name}` that is no JSON")),
        Kind::Bytes => Converted::to(format!("CAST({e} AS BLOB)")),
        Kind::Uuid => {
            let digits = format!("replace({trimmed}, '-', '')");
            Converted::to(format!("lower({digits})")).unless(
                format!(
                    "length({digits}) <> 32 OR {digits} GLOB '*[^0-9a-fA-F]*' OR NOT ({trimmed} = {digits} OR {trimmed} \
                     LIKE '________-____-____-____-____________')"
                ),
                format!("have a `{name}` that is no UUID"),
            )
        }
        _ => return Err(no_way(old, new)),
    })
}

/// Digits with at most one point; zeros at the end count for nothing.
fn text_to_decimal(e: &str, name: &str, to: Digits) -> Converted {
    let unsigned = format!("ltrim({e}, '-')");
    let body = format!(
        "CASE instr({unsigned}, '.') WHEN 0 THEN {unsigned} ELSE rtrim(rtrim({unsigned}, '0'), '.') END"
    );
    let point = format!("instr({body}, '.')");
    let places = format!("(CASE {point} WHEN 0 THEN 0 ELSE length({body}) - {point} END)");
    let whole = format!("(CASE {point} WHEN 0 THEN {body} ELSE substr({body}, 1, {point} - 1) END)");
    let zeros = "0".repeat(usize::from(to.places));
    let value = format!(
        "CAST(replace({body}, '.', '') || substr('{zeros}', 1, {} - {places}) AS INTEGER) * \
         (CASE WHEN substr({e}, 1, 1) = '-' THEN -1 ELSE 1 END)",
        to.places
    );
    Converted::to(value)
        .unless(
            format!(
                "({e}) GLOB '--*' OR {unsigned} NOT GLOB '[0-9]*[0-9]' AND {unsigned} NOT GLOB '[0-9]' OR {unsigned} \
                 GLOB '*[^0-9.]*' OR {unsigned} GLOB '*.*.*'"
            ),
            format!("have a `{name}` that is no decimal such as 12.50"),
        )
        .unless(format!("{places} > {}", to.places), too_fine(name, to))
        .unless(format!("length(ltrim({whole}, '0')) > {}", to.max - to.places), too_large(name, to))
}

fn digits(field: &FieldState) -> Result<Digits> {
    match field.digits {
        Some(digits) if digits.max <= 18 && digits.places <= digits.max => Ok(digits),
        _ => Err(refuse(format!("`{}` needs max_digits (at most 18) and decimal_places", field.name))),
    }
}

/// 10 to the `n`-th; `digits` has seen that it fits.
fn power(n: u8) -> i64 {
    10i64.saturating_pow(n.into())
}

fn too_large(name: &str, to: Digits) -> String {
    format!("have a `{name}` of more than {} digits ({} after the point)", to.max, to.places)
}

fn too_fine(name: &str, to: Digits) -> String {
    format!("have a `{name}` that needs more than {} places after the point", to.places)
}

fn no_way(old: &FieldState, new: &FieldState) -> quintet_core::Error {
    let hint = if literal::is_text_on_sqlite(old.kind) || literal::is_text_on_sqlite(new.kind) {
        "go over text, or add"
    } else {
        "add"
    };
    refuse(format!(
        "`{}` can't be converted from {} to {} without a loss: {hint} a field of another name, fill it with run_sql, and \
         remove the old one",
        new.name, old.kind, new.kind
    ))
}
