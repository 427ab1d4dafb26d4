//! What PostgreSQL's catalogue tells of the tables of the current schema.

use quintet_core::{Result, Value, meta::OnDelete, value::Kind};
use quintet_orm::Db;

use super::{
    ask::{number, quoted, rows, text},
    ddl::unbracketed,
    declared,
    found::{Check, Column, Index, Part, Reference, Sort, Table},
    rules,
};

const OWN: &str = "c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition";

/// All tables and views, by name.
pub(super) async fn tables(db: &Db) -> Result<Vec<Table>> {
    let sql = format!(
        "SELECT c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class') FROM pg_class c \
         WHERE {OWN} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY c.relname"
    );
    let mut found = Vec::new();
    for row in rows(db, &sql, Vec::new()).await? {
        let sort = if matches!(text(&row, 1).as_str(), "v" | "m") { Sort::View } else { Sort::Table };
        let comment = said(&row, 2);
        let mut table = Table { name: text(&row, 0), sort, comment, ..Table::default() };
        match text(&row, 1).as_str() {
            "f" => table.notes.push("it is a foreign table".to_owned()),
            "p" => table.notes.push("it is parted into partitions".to_owned()),
            _ => {}
        }
        found.push(table);
    }
    columns(db, &mut found).await?;
    constraints(db, &mut found).await?;
    indexes(db, &mut found).await?;
    triggers(db, &mut found).await?;
    for table in &mut found {
        rules::take(table, |table, column| Some(crate::names::of(table, &[column], "check")));
    }
    Ok(found)
}

fn of<'a>(found: &'a mut [Table], row: &[Value]) -> Option<&'a mut Table> {
    let name = text(row, 0);
    found.iter_mut().find(|table| table.name == name)
}

/// A text that is there.
fn said(row: &[Value], place: usize) -> Option<String> {
    row.get(place).and_then(Value::as_text).filter(|text| !text.is_empty()).map(str::to_owned)
}

async fn columns(db: &Db, found: &mut [Table]) -> Result {
    let sql = format!(
        "SELECT c.relname::text, a.attname::text, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, \
         a.attgenerated::text, col_description(c.oid, a.attnum), \
         CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END, \
         CASE WHEN t.typtype = 'd' THEN t.typname::text END, \
         (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), \
         CASE WHEN a.attcollation <> t.typcollation THEN (SELECT l.collname::text FROM pg_collation l WHERE l.oid = a.attcollation) END, \
         pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)::text \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         WHERE {OWN} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY c.relname, a.attnum"
    );
    for row in rows(db, &sql, Vec::new()).await? {
        let Some(table) = of(found, &row) else { continue };
        let declared = text(&row, 7);
        let (ty, mut notes) = match said(&row, 9) {
            Some(labels) => (
                declared::postgres("text").0,
                vec![format!(
                    "its type is the enum {declared}: {labels}; an enum with #[derive(Choices)] says so too"
                )],
            ),
            None => declared::postgres(&declared),
        };
        if let Some(domain) = said(&row, 8) {
            notes.push(format!("its type is the domain {domain}"));
        }
        if let Some(collation) = said(&row, 10) {
            notes.push(format!("it is compared by COLLATE {collation}"));
        }
        let (expression, numbered) = (said(&row, 3), said(&row, 4).is_some());
        let generated = said(&row, 5).is_some();
        let serial =
            said(&row, 11).is_some() && expression.as_deref().is_some_and(|e| e.starts_with("nextval("));
        let auto = numbered || serial;
        table.columns.push(Column {
            name: text(&row, 1),
            null: number(&row, 2) == 0,
            computed: expression.clone().filter(|_| generated),
            default: expression
                .filter(|_| !numbered && !generated)
                .and_then(|sql| default(&sql, ty.kind == Kind::Text)),
            ty,
            auto,
            generated,
            comment: said(&row, 6),
            notes,
        });
    }
    Ok(())
}

/// Without the type that PostgreSQL writes behind a text.
fn default(sql: &str, of_text: bool) -> Option<String> {
    if sql == "NULL" || sql.starts_with("NULL::") {
        return None;
    }
    // `'a'::text`, and `'a'::mood` where the field is a text too.
    let tokens = super::words::tokens(sql);
    let literal = tokens.first().filter(|first| first.piece == super::words::Piece::Text);
    match literal.and_then(|first| Some((sql.get(first.at.clone())?, sql.get(first.at.end..)?))) {
        Some((text, rest)) if of_text && rest.starts_with("::") => Some(text.to_owned()),
        _ => Some(sql.to_owned()),
    }
}

/// Keys, foreign keys and rules.
async fn constraints(db: &Db, found: &mut [Table]) -> Result {
    let names = |numbers: &str, table: &str| {
        format!(
            "(SELECT string_agg(a.attname, chr(1) ORDER BY k.n) FROM unnest({numbers}) WITH ORDINALITY k(num, n) \
             JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.num)"
        )
    };
    let sql = format!(
        "SELECT c.relname::text, o.conname::text, o.contype::text, {}, \
         CASE WHEN o.confrelid <> 0 AND f.relnamespace <> c.relnamespace THEN o.confrelid::regclass::text ELSE f.relname::text END, \
         {}, o.confdeltype::text, pg_get_expr(o.conbin, o.conrelid) FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid \
         LEFT JOIN pg_class f ON f.oid = o.confrelid WHERE {OWN} AND o.contype IN ('p', 'f', 'c', 'x') ORDER BY c.relname, o.oid",
        names("o.conkey", "o.conrelid"),
        names("o.confkey", "o.confrelid"),
    );
    let list = |row: &[Value], place| -> Vec<String> {
        text(row, place).split('\u{1}').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    for row in rows(db, &sql, Vec::new()).await? {
        let Some(table) = of(found, &row) else { continue };
        match text(&row, 2).as_str() {
            "p" => table.key = list(&row, 3),
            "f" => table.references.push(Reference {
                columns: list(&row, 3),
                table: text(&row, 4),
                to: list(&row, 5),
                on_delete: match text(&row, 6).as_str() {
                    "c" => OnDelete::Cascade,
                    "r" => OnDelete::Protect,
                    "n" => OnDelete::SetNull,
                    "d" => OnDelete::SetDefault,
                    _ => OnDelete::DoNothing,
                },
            }),
            "c" => {
                let sql = unbracketed(&text(&row, 7));
                table.checks.push(Check { name: Some(text(&row, 1)), sql });
            }
            _ => {
                table.notes.push(format!("it has the constraint `{}`, which no model can say", text(&row, 1)))
            }
        }
    }
    Ok(())
}

async fn indexes(db: &Db, found: &mut [Table]) -> Result {
    let sql = format!(
        "SELECT c.relname::text, i.relname::text, x.indisunique, pg_get_expr(x.indpred, x.indrelid), m.amname::text, \
         COALESCE(o.condeferrable, false), COALESCE(o.condeferred, false), x.indnatts > x.indnkeyatts, o.contype = 'x', \
         pg_get_indexdef(i.oid), p.n <= x.indnkeyatts, x.indkey[p.n - 1] = 0, \
         pg_get_indexdef(i.oid, p.n, true), a.attname::text, COALESCE(x.indoption[p.n - 1], 0), COALESCE(k.opcdefault, true), \
         COALESCE(a.attcollation, x.indcollation[p.n - 1]) = x.indcollation[p.n - 1] \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam \
         CROSS JOIN LATERAL generate_series(1, x.indnatts) p(n) LEFT JOIN pg_constraint o ON o.conindid = i.oid AND o.conrelid = c.oid \
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[p.n - 1] AND a.attnum > 0 \
         LEFT JOIN pg_opclass k ON p.n <= x.indnkeyatts AND k.oid = x.indclass[p.n - 1] \
         WHERE NOT x.indisprimary AND {OWN} ORDER BY c.relname, i.relname, p.n"
    );
    for row in rows(db, &sql, Vec::new()).await? {
        let Some(table) = of(found, &row) else { continue };
        let name = text(&row, 1);
        if number(&row, 8) == 1 {
            // An exclusion, of which the constraints have told.
            continue;
        }
        if table.indexes.last().is_none_or(|index| index.name.as_ref() != Some(&name)) {
            let mut index = Index {
                name: Some(name.clone()),
                unique: number(&row, 2) == 1,
                condition: said(&row, 3).map(|sql| unbracketed(&sql)),
                deferrable: number(&row, 5) == 1 && number(&row, 6) == 1,
                ..Index::default()
            };
            if text(&row, 4) != "btree" {
                index.odd = Some(using(&row));
            }
            if number(&row, 5) == 1 && number(&row, 6) == 0 {
                table.notes.push(format!("`{name}` can be deferred, but is not from the start"));
            }
            table.indexes.push(index);
        }
        let Some(index) = table.indexes.last_mut() else { continue };
        if number(&row, 10) == 0 {
            index.include.push(text(&row, 13));
            continue;
        }
        let options = number(&row, 14);
        let usual = matches!(options, 0 | 3) && number(&row, 15) == 1 && number(&row, 16) == 1;
        if number(&row, 11) == 1 {
            index.parts.push(Part::Expression(unbracketed(&text(&row, 12))));
        } else {
            index.parts.push(Part::Column(text(&row, 13), options & 1 == 1));
        }
        // An expression that descends has no place in a model either.
        if !usual || (number(&row, 11) == 1 && options != 0) {
            index.odd = Some(using(&row));
        }
    }
    for table in found {
        search(table);
    }
    Ok(())
}

/// What the statement of an index says after the table's name.
fn using(row: &[Value]) -> String {
    let statement = text(row, 9);
    statement.find("USING ").and_then(|at| statement.get(at..)).unwrap_or(&statement).to_owned()
}

/// Takes Quintet's own index of words.
fn search(table: &mut Table) {
    let name = quintet_orm::search::index_name(&table.name);
    let Some(place) = table.indexes.iter().position(|index| {
        index.name.as_ref() == Some(&name)
            && index.odd.as_ref().is_some_and(|sql| sql.starts_with("USING gin "))
    }) else {
        return;
    };
    let Some(sql) = table.indexes.get(place).and_then(|index| index.odd.clone()) else { return };
    // In the order of their weights.
    let mut columns: Vec<(usize, String)> = Vec::new();
    for column in &table.columns {
        let bare = format!("COALESCE({},", column.name);
        let text = format!("COALESCE({}", quoted(&column.name));
        if let Some(at) = [bare, text].iter().filter_map(|said| sql.find(said)).min() {
            columns.push((at, column.name.clone()));
        }
    }
    columns.sort();
    let all = sql.matches("setweight(").count();
    if !columns.is_empty() && columns.len() == all {
        table.search = columns.into_iter().map(|(_, name)| name).collect();
        table.indexes.remove(place);
    }
}

async fn triggers(db: &Db, found: &mut [Table]) -> Result {
    let sql = format!(
        "SELECT c.relname::text, string_agg(g.tgname, ', ' ORDER BY g.tgname) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid \
         WHERE {OWN} AND NOT g.tgisinternal GROUP BY c.relname"
    );
    for row in rows(db, &sql, Vec::new()).await? {
        if let Some(table) = of(found, &row) {
            table.notes.push(format!("it has triggers: {}", text(&row, 1)));
        }
    }
    Ok(())
}
