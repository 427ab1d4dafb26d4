//! What SQLite tells of its tables: its pragmas, and the statements that made them where no pragma tells.

use quintet_core::{Result, Value, meta::OnDelete, value::Kind};
use quintet_orm::{Db, search};

use super::{
    ask::{names, number, rows, text},
    ddl, declared,
    found::{Column, Index, Part, Reference, Sort, Table, Type},
    rules, values,
};

/// All tables and views, by name.
pub(super) async fn tables(db: &Db) -> Result<Vec<Table>> {
    let sql = "SELECT l.name, l.type, l.wr, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name \
               WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name";
    let all = rows(db, sql, Vec::new()).await?;
    // Values are kept here as Quintet keeps them only if it made the table.
    let ours = all.iter().any(|row| text(row, 0) == crate::sql::HISTORY);
    let mut found = Vec::new();
    for row in &all {
        let (name, sql) = (text(row, 0), text(row, 3));
        let sort = match text(row, 1).as_str() {
            "table" => Sort::Table,
            "view" => Sort::View,
            _ => continue,
        };
        let mut table = Table { name: name.clone(), sort, ..Table::default() };
        columns(db, &mut table).await?;
        if sort == Sort::Table {
            references(db, &mut table).await?;
            indexes(db, &mut table).await?;
            ddl::read(&mut table, &sql);
            rules::take(&mut table, |_, _| None);
            // A numbered key has 64 bits, whatever it is declared as.
            for column in table.columns.iter_mut().filter(|column| column.auto) {
                column.ty = Type::of(Kind::BigInt);
            }
            if number(row, 2) == 1 {
                table.notes.push("it is WITHOUT ROWID".to_owned());
            }
            triggers(db, &mut table).await?;
            values::look(db, &mut table, ours).await?;
            let words = search::index_name(&name);
            if all.iter().any(|row| text(row, 0) == words && text(row, 1) == "virtual") {
                let sql = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
                table.search = names(rows(db, sql, vec![Value::Text(words)]).await?);
            }
        }
        found.push(table);
    }
    Ok(found)
}

/// The virtual tables, which have no models.
pub(super) async fn left_out(db: &Db) -> Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual' ORDER BY name";
    Ok(names(rows(db, sql, Vec::new()).await?))
}

async fn columns(db: &Db, table: &mut Table) -> Result {
    let sql =
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid";
    let mut key = Vec::new();
    for row in rows(db, sql, vec![Value::Text(table.name.clone())]).await? {
        let (name, place) = (text(&row, 0), number(&row, 4));
        let (ty, mut notes) = declared::sqlite(&text(&row, 1));
        if number(&row, 5) == 2 {
            notes.push("it is computed when it is read; migrations would have it stored".to_owned());
        }
        if place > 0 {
            key.push((place, name.clone()));
        }
        table.columns.push(Column {
            name,
            ty,
            null: number(&row, 2) == 0 && place == 0,
            default: row.get(3).and_then(Value::as_text).and_then(default),
            generated: number(&row, 5) >= 2,
            notes,
            ..Column::default()
        });
    }
    key.sort();
    table.key = key.into_iter().map(|(_, name)| name).collect();
    Ok(())
}

/// A default that says something, in the one form that stands in brackets.
fn default(sql: &str) -> Option<String> {
    if sql.eq_ignore_ascii_case("null") {
        return None;
    }
    // SQLite takes a name in quotes for a text here, but not in an expression.
    match sql.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => Some(format!("'{}'", inner.replace("\"\"", "\"").replace('\'', "''"))),
        None => Some(sql.to_owned()),
    }
}

async fn references(db: &Db, table: &mut Table) -> Result {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq";
    let mut last = None;
    for row in rows(db, sql, vec![Value::Text(table.name.clone())]).await? {
        let (from, to) = (text(&row, 2), row.get(3).and_then(Value::as_text).map(str::to_owned));
        if last == Some(number(&row, 0))
            && let Some(reference) = table.references.last_mut()
        {
            reference.columns.push(from);
            reference.to.extend(to);
            continue;
        }
        last = Some(number(&row, 0));
        table.references.push(Reference {
            columns: vec![from],
            table: text(&row, 1),
            to: to.into_iter().collect(),
            on_delete: match text(&row, 4).as_str() {
                "CASCADE" => OnDelete::Cascade,
                "RESTRICT" => OnDelete::Protect,
                "SET NULL" => OnDelete::SetNull,
                "SET DEFAULT" => OnDelete::SetDefault,
                _ => OnDelete::DoNothing,
            },
        });
    }
    Ok(())
}

async fn indexes(db: &Db, table: &mut Table) -> Result {
    let sql = "SELECT i.name, i.\"unique\", i.origin, s.sql FROM pragma_index_list(?1) i LEFT JOIN sqlite_schema s ON \
               s.type = 'index' AND s.name = i.name WHERE i.origin <> 'pk' ORDER BY i.seq DESC";
    for row in rows(db, sql, vec![Value::Text(table.name.clone())]).await? {
        let name = text(&row, 0);
        let sql = "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE \"key\" = 1 ORDER BY seqno";
        let made = ddl::index(&text(&row, 3));
        let mut index = Index {
            // SQLite's own name for what stands in the table's statement.
            name: (text(&row, 2) == "c").then(|| name.clone()),
            unique: number(&row, 1) == 1,
            condition: made.condition,
            ..Index::default()
        };
        let parts = rows(db, sql, vec![Value::Text(name)]).await?;
        for (part, number_of) in parts.iter().zip(0usize..) {
            let descends = number(part, 1) == 1;
            index.parts.push(match part.first().and_then(Value::as_text) {
                Some(column) => Part::Column(column.to_owned(), descends),
                None => Part::Expression(made.parts.get(number_of).cloned().unwrap_or_default()),
            });
            let collation = text(part, 2);
            let of_column = part.first().and_then(Value::as_text).is_some();
            if of_column && !collation.eq_ignore_ascii_case("binary") {
                index.odd = Some(format!("it goes by COLLATE {collation}"));
            }
        }
        table.indexes.push(index);
    }
    Ok(())
}

async fn triggers(db: &Db, table: &mut Table) -> Result {
    let ours = search::fts5_triggers(&search::index_name(&table.name));
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 ORDER BY name";
    let mut all = names(rows(db, sql, vec![Value::Text(table.name.clone())]).await?);
    all.retain(|name| !ours.contains(name));
    if !all.is_empty() {
        table.notes.push(format!("it has triggers: {}", all.join(", ")));
    }
    Ok(())
}
