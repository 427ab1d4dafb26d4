//! Rules of a table that are a type of a field: a range that makes a number unsigned, SQLite's `json_valid`.

use quintet_core::value::Kind;

use super::{
    ask::quoted,
    found::{Check, Table},
};

/// Takes the rules that a type stands for, and turns the columns into those types. `name` is the name that Quintet gives
/// to the rule of a column, where it gives one.
pub(super) fn take(table: &mut Table, name: impl Fn(&str, &str) -> Option<String>) {
    let mut checks = std::mem::take(&mut table.checks);
    for column in &mut table.columns {
        let unsigned: &[Kind] = match column.ty.kind {
            Kind::SmallInt => &[Kind::U8],
            Kind::Int => &[Kind::U16],
            Kind::BigInt => &[Kind::U32, Kind::U64],
            _ => &[],
        };
        let own = name(&table.name, &column.name);
        for kind in unsigned {
            let Some((_, most)) = kind.range() else { continue };
            let says = |check: &Check| check.name == own && is_range(&check.sql, &column.name, most);
            if let Some(place) = checks.iter().position(says) {
                checks.remove(place);
                column.ty.kind = *kind;
            }
        }
        let valid = |check: &Check| {
            let sql = check.sql.to_lowercase();
            sql.trim_start_matches('(')
                .starts_with(&format!("json_valid({})", quoted(&column.name).to_lowercase()))
        };
        if column.ty.kind == Kind::Text && checks.iter().any(valid) {
            column.ty.kind = Kind::Json;
        }
    }
    table.checks = checks;
}

/// Does it say `"column" BETWEEN 0 AND most`, in the words of either database?
fn is_range(sql: &str, column: &str, most: i64) -> bool {
    let name = quoted(column);
    let bare = sql.replace(&name, column);
    let bare = bare.trim_matches(['(', ')']).replace("'::bigint", "").replace('\'', "");
    bare == format!("{column} BETWEEN 0 AND {most}")
        || bare == format!("{column} >= 0) AND ({column} <= {most}")
}
