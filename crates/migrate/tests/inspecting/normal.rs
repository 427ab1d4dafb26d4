//! What tables of another program's and Quintet's have in common.

use std::collections::{BTreeMap, BTreeSet};

use quintet_orm::{Db, Executor};

use crate::common::{introspect, rows};

/// A table without what another program says in other words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Normal {
    pub columns: BTreeMap<String, (String, bool, i64)>,
    pub references: BTreeSet<(String, String, String, String)>,
    pub numbered: bool,
    /// By columns and uniqueness; names are each program's own.
    pub indexes: BTreeMap<(Vec<String>, bool), String>,
}

/// One name for a type.
fn kind(declared: &str) -> String {
    let lower = declared.to_lowercase();
    match lower.as_str() {
        // Whole numbers of SQLite have 64 bits, however they are called, and so do numbered keys.
        "integer" | "bigint" | "integer unsigned" | "bigint unsigned" | "smallint unsigned" | "smallint" => {
            "integer".into()
        }
        "bool" => "boolean".into(),
        "char(39)" => "char(45)".into(),
        // Of decimals, SQLite keeps no digits that another program gave.
        "decimal" => "real".into(),
        _ => lower,
    }
}

/// The tables of a database.
pub(crate) async fn tables(db: &Db) -> BTreeMap<String, Normal> {
    let postgres = db.dialect().name == "postgres";
    let mut described = introspect(db).await;
    if !postgres {
        for (name, table) in &mut described {
            in_statements(db, name, &mut table.indexes).await;
        }
    }
    let all = described.into_iter().map(|(name, table)| {
        let columns = table.columns.into_iter().map(|(name, (declared, required, place))| {
            // A key needs no further NOT NULL.
            (name, (if postgres { declared } else { kind(&declared) }, required || place > 0, place))
        });
        let normal = Normal {
            columns: columns.collect(),
            references: table.references,
            indexes: table.indexes.into_iter().map(|(name, index)| (index, name)).collect(),
            numbered: table.numbered,
        };
        (name, normal)
    });
    all.collect()
}

/// What is unique by the table's own statement, which has no name that anybody gave.
async fn in_statements(db: &Db, table: &str, indexes: &mut BTreeMap<String, (Vec<String>, bool)>) {
    let sql = format!("SELECT name FROM pragma_index_list('{table}') WHERE origin = 'u'");
    for row in rows(db, &sql).await {
        let name = row[0].as_text().unwrap();
        let columns = rows(db, &format!("SELECT name FROM pragma_index_info('{name}') ORDER BY seqno")).await;
        let columns = columns.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect();
        indexes.insert(name.to_owned(), (columns, true));
    }
}
