//! What SQLite's pragmas don't tell, read from the statements that made a table and its indexes.

use super::{
    found::{Check, Table},
    words::{Clause, Piece, tokens},
};

/// Rules, collations, computed columns and numbering of a table.
pub(super) fn read(table: &mut Table, sql: &str) {
    let tokens = tokens(sql);
    let all = Clause { sql, tokens: &tokens };
    let Some((body, end)) = tokens.iter().position(|t| t.piece == Piece::Open).and_then(|at| all.inside(at))
    else {
        return;
    };
    for part in body.parts() {
        definition(table, part);
    }
    let options = Clause { sql, tokens: tokens.get(end + 1..).unwrap_or_default() };
    if options.find("STRICT").is_some() {
        table.notes.push("it is STRICT".to_owned());
    }
    // The only whole-number key of a table with row numbers is the row's number, whether it says AUTOINCREMENT or not.
    if options.find("WITHOUT").is_none()
        && let [key] = table.key.as_slice()
        && let Some(column) = table.columns.iter_mut().find(|column| column.name == *key)
        && let Some(part) =
            body.parts().find(|part| part.tokens.first().is_some_and(|t| part.name(t) == *key))
        && part.tokens.get(1).is_some_and(|ty| part.is(ty, "INTEGER"))
        && part.tokens.get(2).is_none_or(|next| next.piece != Piece::Open)
    {
        column.auto = true;
    }
}

/// A column, or a constraint of the table.
fn definition(table: &mut Table, part: Clause<'_>) {
    let Some(first) = part.tokens.first() else { return };
    let of_table =
        ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| part.is(first, word));
    let column = (!of_table).then(|| part.name(first));
    let depth = first.depth;
    let mut name = None;
    for (place, token) in part.tokens.iter().enumerate().filter(|(_, token)| token.depth == depth) {
        let next = part.tokens.get(place + 1);
        if part.is(token, "CONSTRAINT") {
            name = next.map(|token| part.name(token));
        } else if part.is(token, "CHECK") {
            if let Some((inner, _)) = part.inside(place + 1) {
                table.checks.push(Check { name: name.take(), sql: inner.whole().to_owned() });
            }
        } else if part.is(token, "AS")
            && let (Some(column), Some((inner, _))) = (&column, part.inside(place + 1))
            && let Some(column) = table.column_mut(column)
        {
            column.computed = Some(inner.whole().to_owned());
        } else if part.is(token, "COLLATE")
            && let (Some(column), Some(collation)) = (&column, next)
            && let Some(column) = table.column_mut(column)
        {
            column.notes.push(format!("it is compared by COLLATE {}", part.name(collation)));
        }
    }
}

/// What a `CREATE INDEX` says.
#[derive(Default)]
pub(super) struct Made {
    /// The parts, without their direction.
    pub(super) parts: Vec<String>,
    pub(super) condition: Option<String>,
}

pub(super) fn index(sql: &str) -> Made {
    let tokens = tokens(sql);
    let all = Clause { sql, tokens: &tokens };
    let Some((body, end)) = tokens.iter().position(|t| t.piece == Piece::Open).and_then(|at| all.inside(at))
    else {
        return Made::default();
    };
    let part = |part: Clause<'_>| {
        let undirected = match part.tokens.split_last() {
            Some((last, rest)) if part.is(last, "DESC") || part.is(last, "ASC") => rest,
            _ => part.tokens,
        };
        bare(Clause { sql, tokens: undirected }).to_owned()
    };
    let rest = Clause { sql, tokens: tokens.get(end + 1..).unwrap_or_default() };
    let condition = rest.find("WHERE").map(|at| {
        let tokens = rest.tokens.get(at + 1..).unwrap_or_default();
        Clause { sql, tokens }.whole().trim_end_matches(';').trim_end().to_owned()
    });
    Made { parts: body.parts().map(part).collect(), condition }
}

/// Without the brackets around the whole.
fn bare(clause: Clause<'_>) -> &str {
    match clause.inside(0) {
        Some((inner, end)) if end + 1 == clause.tokens.len() => inner.whole(),
        _ => clause.whole(),
    }
}

/// An expression without the brackets around the whole.
pub(super) fn unbracketed(sql: &str) -> String {
    let tokens = tokens(sql);
    bare(Clause { sql, tokens: &tokens }).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::found::Column;

    #[test]
    fn rules_are_found_at_columns_and_at_the_table() {
        let column = |name: &str| Column { name: name.to_owned(), ..Column::default() };
        let mut table = Table {
            columns: vec![column("id"), column("a b")],
            key: vec!["id".to_owned()],
            ..Table::default()
        };
        read(
            &mut table,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, \"a b\" TEXT COLLATE NOCASE CHECK (length(\"a b\") > 2), \
             CONSTRAINT [odd, one] CHECK (id <> 7 OR (id > 3)), CHECK(1)) STRICT",
        );
        let checks: Vec<(Option<&str>, &str)> =
            table.checks.iter().map(|check| (check.name.as_deref(), check.sql.as_str())).collect();
        assert_eq!(
            checks,
            [(None, "length(\"a b\") > 2"), (Some("odd, one"), "id <> 7 OR (id > 3)"), (None, "1")]
        );
        assert!(table.columns[0].auto && !table.columns[1].auto);
        assert_eq!(table.columns[1].notes, ["it is compared by COLLATE NOCASE"]);
        assert_eq!(table.notes, ["it is STRICT"]);
    }

    #[test]
    fn an_index_tells_its_expressions_and_its_condition() {
        let made =
            index("CREATE INDEX i ON t (a, (lower(b) || ',') DESC, length(c)) WHERE a > 1 AND (b IS NULL);");
        assert_eq!(made.parts, ["a", "lower(b) || ','", "length(c)"]);
        assert_eq!(made.condition.unwrap(), "a > 1 AND (b IS NULL)");
        assert_eq!(unbracketed("((a) OR (b))"), "(a) OR (b)");
        assert_eq!(unbracketed("(a) OR (b)"), "(a) OR (b)");
    }
}
