//! From an existing database to models: what `inspectdb` writes.
//!
//! Data passes once: the database's catalogue → tables as they are ([`found`], read by [`sqlite`] and [`postgres`]) → models
//! with Rust's names and relations ([`plan`]) → Rust ([`write`](mod@write)). What no model can say is a comment where it belongs.
//!
//! The way back is the test of it: migrations made for the written models give tables like those that were read.
mod ask;
mod between;
mod ddl;
mod declared;
mod fields;
mod found;
mod indexes;
mod known;
mod model;
mod names;
mod plan;
mod postgres;
mod rules;
mod sqlite;
mod values;
mod words;
mod write;

use quintet_core::{Result, near::did_you_mean};
use quintet_orm::{Db, Executor};

use crate::{error::refuse, sql::HISTORY};
use found::{Sort, Table};

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub struct InspectOptions {
    /// The app that is to have the models: tables named `{app}_…` lose that in the models' names.
    pub app: Option<String>,
    /// Only these tables; `*` stands for any characters. Empty for all.
    pub tables: Vec<String>,
    /// Views too.
    pub views: bool,
    /// Are migrations to keep the tables from now on? Otherwise the models say `managed = false`.
    pub managed: bool,
    /// The name that the site gives to the database, where it is not the default one.
    pub database: Option<String>,
}

/// Models in Rust for the tables that a database has: a whole file, as `rustfmt` formats it.
///
/// Tables are read from SQLite's `main` or PostgreSQL's current schema. On SQLite, which lets a column hold anything, the
/// values are looked at too: each table is read once from start to end.
///
/// # Errors
/// If the database can't be read, is one that migrations don't know, or has no table that was named.
pub async fn inspect(db: &Db, options: &InspectOptions) -> Result<String> {
    let mut left_out = Vec::new();
    let mut tables = match db.dialect().name {
        "sqlite" => {
            left_out = sqlite::left_out(db).await?;
            sqlite::tables(db).await?
        }
        "postgres" => postgres::tables(db).await?,
        other => return Err(refuse(format!("the tables of a `{other}` database can't be read"))),
    };
    tables.retain(|table| table.name != HISTORY);
    left_out.retain(|name| !tables.iter().any(|t| quintet_orm::search::index_name(&t.name) == *name));
    for pattern in &options.tables {
        if !tables.iter().any(|table| fits(pattern, &table.name)) {
            let near = did_you_mean(pattern, tables.iter().map(|table| table.name.as_str()));
            return Err(refuse(format!("the database has no table `{pattern}`{near}")));
        }
    }
    let named = |table: &Table| options.tables.iter().any(|pattern| fits(pattern, &table.name));
    tables.retain(|table| {
        // Who names a view wants it.
        let wanted = options.views || table.sort == Sort::Table || options.tables.contains(&table.name);
        wanted && (options.tables.is_empty() || named(table))
    });
    if !options.tables.is_empty() {
        left_out.clear();
    }
    Ok(write::file(&plan::models(tables, options), options, &left_out))
}

/// Does the name fit a pattern with `*`?
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.filter_map(|at| name.get(at..)).any(|tail| fits(rest, tail))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("film", "film", true),
            ("film", "films", false),
            ("shop_*", "shop_order", true),
            ("shop_*", "auth_user", false),
            ("*_log", "shop_log", true),
            ("*a*", "bar", true),
            ("*", "é", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
