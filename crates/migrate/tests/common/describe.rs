//! How a database describes its own tables, and how a state says that they should be: written down independently of the
//! SQL writers.

use std::collections::{BTreeMap, BTreeSet};

use quintet_core::{Value, meta::OnDelete, value::Kind};
use quintet_migrate::{ProjectState, state::FieldState};
use quintet_orm::{Db, Executor};

use super::{rows, text};

/// A table as its database describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Name → declared type, NOT NULL, place in the key.
    pub columns: BTreeMap<String, (String, bool, i64)>,
    /// Column, table, column there, rule.
    pub references: BTreeSet<(String, String, String, String)>,
    /// Columns, unique.
    pub indexes: BTreeMap<String, (Vec<String>, bool)>,
    /// Does the database number a column?
    pub numbered: bool,
    /// The names of constraints and sequences, where the database has names for them.
    pub named: BTreeSet<String>,
    /// The columns that the database computes.
    pub generated: BTreeSet<String>,
    /// How many columns hold unsigned numbers only.
    pub ranges: usize,
}

fn string(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// All tables but the history.
pub async fn introspect(db: &Db) -> BTreeMap<String, Table> {
    if db.dialect().name == "postgres" { postgres(db).await } else { sqlite(db).await }
}

async fn sqlite(db: &Db) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let all = rows(
        db,
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> 'quintet_migrations'",
    )
    .await;
    // An index of words is a virtual table beside its own, with tables of its own beside it.
    let words: Vec<String> = all
        .iter()
        .filter(|row| string(&row[1]).starts_with("CREATE VIRTUAL TABLE"))
        .map(|row| string(&row[0]))
        .collect();
    for row in all {
        let (name, sql) = (string(&row[0]), string(&row[1]));
        if words.iter().any(|words| name == *words || name.starts_with(&format!("{words}_"))) {
            continue;
        }
        let mut table = Table { numbered: sql.contains("AUTOINCREMENT"), ..Table::default() };
        table.ranges = sql.matches(" BETWEEN 0 AND ").count();
        let constraints = sql.split("CONSTRAINT \"").skip(1);
        table.named = constraints.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        for c in rows(db, &format!("PRAGMA table_xinfo(\"{name}\")")).await {
            let Value::Int(key) = c[5] else { unreachable!() };
            // 3 is stored, 2 computed when it is read.
            assert_ne!(c[6], Value::Int(2));
            if c[6] == Value::Int(3) {
                table.generated.insert(string(&c[1]));
            }
            table.columns.insert(string(&c[1]), (string(&c[2]), c[3] == Value::Int(1), key));
        }
        let references = rows(db, &format!("PRAGMA foreign_key_list(\"{name}\")")).await;
        assert_eq!(references.len(), sql.matches("DEFERRABLE INITIALLY DEFERRED").count(), "{sql}");
        for r in references {
            table.references.insert((string(&r[3]), string(&r[2]), string(&r[4]), string(&r[6])));
        }
        for i in rows(db, &format!("PRAGMA index_list(\"{name}\")")).await {
            if string(&i[3]) != "c" {
                continue;
            }
            let index = string(&i[1]);
            let columns = rows(db, &format!("PRAGMA index_info(\"{index}\")")).await;
            let part = |c: &Value| if c.is_null() { "an expression".to_owned() } else { string(c) };
            let columns = columns.iter().map(|c| part(&c[2])).collect();
            table.indexes.insert(index, (columns, i[2] == Value::Int(1)));
        }
        if let Some(words) = words.iter().find(|words| words.strip_suffix("_search") == Some(&name)) {
            table.indexes.insert(words.clone(), (vec!["an expression".to_owned()], false));
        }
        tables.insert(name, table);
    }
    tables
}

async fn postgres(db: &Db) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let own = "relnamespace = current_schema()::regnamespace AND relname <> 'quintet_migrations'";
    for row in rows(db, &format!("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND {own}")).await {
        tables.insert(string(&row[0]), Table::default());
    }
    let columns = format!(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
         COALESCE(array_position(k.conkey, a.attnum), 0)::bigint, a.attidentity = 'd', \
         pg_get_serial_sequence(quote_ident(c.relname), a.attname)::text, a.attgenerated = 's' FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND \
         a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
         WHERE c.relkind = 'r' AND c.{own}"
    );
    for c in rows(db, &columns.replace("AND relname", "AND c.relname")).await {
        let table = tables.get_mut(&string(&c[0])).unwrap();
        let Value::Int(key) = c[4] else { unreachable!() };
        table.columns.insert(string(&c[1]), (string(&c[2]), c[3] == Value::Bool(true), key));
        table.numbered |= c[5] == Value::Bool(true);
        if c[7] == Value::Bool(true) {
            table.generated.insert(string(&c[1]));
        }
        if let Value::Text(sequence) = &c[6] {
            let name = sequence.rsplit_once('.').unwrap().1;
            table.named.insert(name.trim_matches('"').to_owned());
        }
    }
    let constraints = "SELECT c.relname::text, k.conname::text, k.contype::text, t.relname::text, k.confdeltype::text, \
         k.condeferrable AND k.condeferred, a.attname::text, b.attname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
         LEFT JOIN pg_class t ON t.oid = k.confrelid LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = \
         k.conkey[1] LEFT JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] WHERE k.contype IN \
         ('p', 'f', 'c') AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'quintet_migrations'";
    for k in rows(db, constraints).await {
        let table = tables.get_mut(&string(&k[0])).unwrap();
        table.named.insert(string(&k[1]));
        table.ranges += usize::from(string(&k[1]).ends_with("_check"));
        if string(&k[2]) == "f" {
            assert_eq!(k[5], Value::Bool(true), "{k:?} is deferred");
            let rule = match string(&k[4]).as_str() {
                "c" => "CASCADE",
                "r" => "RESTRICT",
                "n" => "SET NULL",
                "d" => "SET DEFAULT",
                _ => "NO ACTION",
            };
            table.references.insert((string(&k[6]), string(&k[3]), string(&k[7]), rule.to_owned()));
        }
    }
    let indexes = "SELECT t.relname::text, i.relname::text, x.indisunique, (SELECT string_agg(pg_get_indexdef(i.oid, n, true), \
         '|' ORDER BY n) FROM generate_series(1, x.indnkeyatts) n), x.indisvalid FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON \
         i.oid = x.indexrelid WHERE NOT x.indisprimary AND t.relnamespace = current_schema()::regnamespace AND t.relname <> \
         'quintet_migrations'";
    for i in rows(db, indexes).await {
        assert_eq!(i[4], Value::Bool(true), "{i:?} is valid");
        let part = |c: &str| if c.contains('(') { "an expression" } else { c.trim_matches('"') }.to_owned();
        let columns = string(&i[3]).split('|').map(part).collect();
        let table = tables.get_mut(&string(&i[0])).unwrap();
        table.indexes.insert(string(&i[1]), (columns, i[2] == Value::Bool(true)));
    }
    tables
}

fn declared(f: &FieldState, postgres: bool) -> String {
    let (sqlite, own): (String, String) = match f.kind {
        _ if f.auto && !postgres => ("INTEGER".into(), String::new()),
        Kind::Bool => ("BOOLEAN".into(), "boolean".into()),
        Kind::SmallInt => ("SMALLINT".into(), "smallint".into()),
        Kind::Int => ("INTEGER".into(), "integer".into()),
        Kind::BigInt => ("BIGINT".into(), "bigint".into()),
        Kind::Duration => ("BIGINT".into(), "interval".into()),
        Kind::U8 => ("SMALLINT UNSIGNED".into(), "smallint".into()),
        Kind::U16 => ("INTEGER UNSIGNED".into(), "integer".into()),
        Kind::U32 | Kind::U64 => ("BIGINT UNSIGNED".into(), "bigint".into()),
        Kind::Real => ("REAL".into(), "real".into()),
        Kind::Uuid => ("CHAR(32)".into(), "uuid".into()),
        Kind::Ip => ("CHAR(45)".into(), "inet".into()),
        Kind::Float => ("REAL".into(), "double precision".into()),
        Kind::Decimal => {
            let digits = f.digits.unwrap();
            let size = format!("({},{})", digits.max, digits.places);
            (format!("DECIMAL{size}"), format!("numeric{size}"))
        }
        Kind::Text => match f.max_length {
            None => ("TEXT".into(), "text".into()),
            Some(n) => (format!("VARCHAR({n})"), format!("character varying({n})")),
        },
        Kind::Bytes => ("BLOB".into(), "bytea".into()),
        Kind::Date => ("DATE".into(), "date".into()),
        Kind::Time => ("TIME".into(), "time without time zone".into()),
        Kind::DateTime => ("DATETIME".into(), "timestamp with time zone".into()),
        _ => ("TEXT".into(), "jsonb".into()),
    };
    if postgres { own } else { sqlite }
}

/// What a state should look like.
pub fn expected(state: &ProjectState, dialect: &str) -> BTreeMap<String, Table> {
    let postgres = dialect == "postgres";
    let mut tables = BTreeMap::new();
    for model in state.models.values() {
        let mut table = Table {
            numbered: model.fields.iter().any(|f| f.auto),
            ranges: model.fields.iter().filter(|f| f.kind.is_unsigned()).count(),
            ..Table::default()
        };
        if postgres {
            table.named.insert(format!("{}_pkey", model.table));
        }
        let mut key = 0;
        // The key has an index of its own, which serves no part of it but the first.
        let only_key = |f: &FieldState| f.primary_key && model.key().count() == 1;
        for f in &model.fields {
            if f.primary_key {
                key += 1;
            }
            let place = if f.primary_key { key } else { 0 };
            let kind = declared(f, postgres);
            table.columns.insert(f.column.clone(), (kind, !f.null || f.primary_key, place));
            if f.generated.is_some() {
                table.generated.insert(f.column.clone());
            }
            if f.auto && postgres {
                table.named.insert(format!("{}__{}_seq", model.table, f.column));
            }
            if f.kind.is_unsigned() && postgres {
                table.named.insert(format!("{}__{}_check", model.table, f.column));
            }
            if let Some(r) = &f.reference {
                let target = &state.models[&r.model];
                let rule = match r.on_delete {
                    OnDelete::Cascade => "CASCADE",
                    OnDelete::Protect => "RESTRICT",
                    OnDelete::SetNull => "SET NULL",
                    // Without, it is the ORM's work.
                    OnDelete::SetDefault if f.db_default.is_some() => "SET DEFAULT",
                    _ => "NO ACTION",
                };
                let there = target.key().next().unwrap().column.clone();
                table.references.insert((f.column.clone(), target.table.clone(), there, rule.to_owned()));
                if postgres {
                    table.named.insert(format!("{}__{}_fkey", model.table, f.column));
                }
            }
            if f.unique && !only_key(f) {
                table
                    .indexes
                    .insert(format!("{}__{}_key", model.table, f.column), (vec![f.column.clone()], true));
            } else if f.index && !only_key(f) {
                table
                    .indexes
                    .insert(format!("{}__{}_idx", model.table, f.column), (vec![f.column.clone()], false));
            }
        }
        for set in &model.unique_together {
            let columns: Vec<String> = set.iter().map(|n| model.get(n).unwrap().column.clone()).collect();
            table.indexes.insert(format!("{}__{}_key", model.table, columns.join("_")), (columns, true));
        }
        for index in &model.indexes {
            let mut columns: Vec<String> =
                index.parts().map(|(f, _)| model.get(f).unwrap().column.clone()).collect();
            if index.search {
                columns = vec!["an expression".to_owned()];
            }
            columns.extend(index.expressions.iter().map(|_| "an expression".to_owned()));
            table.indexes.insert(index.name(model).unwrap(), (columns, index.unique));
        }
        table.named.extend(model.checks.iter().map(|check| check.name.clone()));
        tables.insert(model.table.clone(), table);
    }
    tables
}

/// The database has these tables, no row points nowhere, and foreign keys are enforced again.
pub async fn assert_database(db: &Db, state: &ProjectState) {
    assert_eq!(introspect(db).await, expected(state, db.dialect().name));
    if db.dialect().name == "sqlite" {
        assert_eq!(text(db, "PRAGMA foreign_key_check").await, "");
        assert_eq!(text(db, "PRAGMA integrity_check").await, "ok");
        assert_eq!(text(db, "PRAGMA foreign_keys").await, "1");
        assert_eq!(text(db, "PRAGMA legacy_alter_table").await, "0");
    }
}
