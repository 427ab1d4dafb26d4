//! SQLite's columns hold whatever they were given. What a column promises is compared with what it holds, so that the
//! models that are written can read every row.

use quintet_core::{Result, value::Kind};
use quintet_orm::Db;

use super::{
    ask::{number, quoted, rows},
    found::{Column, Table, Type},
};

/// A question to a column's values; where one of them says yes, the column is this instead; the last such wins.
struct Doubt {
    column: usize,
    sql: String,
    instead: Type,
    note: &'static str,
}

/// Looks at the values of a table, in one reading of it. `ours` says that decimals are as Quintet keeps them.
pub(super) async fn look(db: &Db, table: &mut Table, ours: bool) -> Result {
    let mut doubts = Vec::new();
    for (place, column) in table.columns.iter_mut().enumerate() {
        decimal(column, ours);
        doubts.extend(of(place, column));
    }
    if doubts.is_empty() {
        return Ok(());
    }
    let questions: Vec<String> = doubts.iter().map(|doubt| format!("max({})", doubt.sql)).collect();
    let sql = format!("SELECT {} FROM {}", questions.join(", "), quoted(&table.name));
    let answers = rows(db, &sql, Vec::new()).await?.into_iter().next().unwrap_or_default();
    for (place, doubt) in doubts.into_iter().enumerate() {
        if number(&answers, place) == 1
            && let Some(column) = table.columns.get_mut(doubt.column)
        {
            column.ty = doubt.instead;
            column.notes.push(doubt.note.to_owned());
        }
    }
    Ok(())
}

/// Quintet keeps decimals as whole numbers of their last place, others as numbers with a point: one can't be read as the
/// other, and the values don't tell (12 is a whole number too).
fn decimal(column: &mut Column, ours: bool) {
    if column.ty.kind == Kind::Decimal && !(ours && column.ty.digits.is_some()) {
        column.ty = Type::of(Kind::Float);
        column.notes.push(
            "a decimal of another program's: on SQLite, Quintet keeps a Decimal as a whole number of its last place"
                .to_owned(),
        );
    }
}

fn of(place: usize, column: &Column) -> Vec<Doubt> {
    let c = quoted(&column.name);
    let not = |types: &str| format!("typeof({c}) NOT IN ('null', {types})");
    let doubt = |sql: String, instead: Type, note: &'static str| Doubt { column: place, sql, instead, note };
    let text = || Type::text(None);
    let mixed = "it holds values of several types, not only of the one that it declares";
    match column.ty.kind {
        Kind::SmallInt | Kind::Int => {
            let (least, most) = column.ty.kind.range().unwrap_or((i64::MIN, i64::MAX));
            vec![
                doubt(
                    format!("typeof({c}) = 'integer' AND {c} NOT BETWEEN {least} AND {most}"),
                    Type::of(Kind::BigInt),
                    "it holds larger numbers than its type has elsewhere",
                ),
                doubt(format!("typeof({c}) = 'real'"), Type::of(Kind::Float), mixed),
                doubt(not("'integer', 'real'"), text(), mixed),
            ]
        }
        Kind::BigInt => vec![doubt(not("'integer'"), text(), mixed)],
        Kind::Bool => vec![
            doubt(format!("{c} NOT IN (0, 1)"), Type::of(Kind::BigInt), "it holds more than 0 and 1"),
            doubt(not("'integer'"), text(), mixed),
        ],
        Kind::Uuid => vec![doubt(
            format!("length({c}) NOT IN (32, 36) OR {c} GLOB '*[^0-9A-Fa-f-]*'"),
            text(),
            "it holds more than UUIDs",
        )],
        Kind::Date => vec![doubt(
            format!("typeof({c}) <> 'null' AND {c} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"),
            text(),
            "it holds more than days written 2026-11-20",
        )],
        Kind::DateTime => vec![
            doubt(
                format!(
                    "typeof({c}) = 'text' AND {c} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:*'"
                ),
                text(),
                "it holds more than instants written 2026-11-20 10:00:00",
            ),
            doubt(
                not("'text'"),
                Type::of(Kind::BigInt),
                "it holds numbers: seconds or milliseconds since 1970, or days?",
            ),
        ],
        Kind::Json => vec![doubt(format!("NOT json_valid({c})"), text(), "it holds more than JSON")],
        Kind::Float | Kind::Real => vec![doubt(not("'integer', 'real'"), text(), mixed)],
        Kind::Text => vec![doubt(format!("typeof({c}) = 'blob'"), Type::of(Kind::Bytes), "it holds bytes")],
        _ => Vec::new(),
    }
}
