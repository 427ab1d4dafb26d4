//! All rows of some models, gone.

use quintet_core::{
    Result, Value,
    meta::{ModelMeta, Relation},
};

use super::Db;
use crate::{
    change::{Change, Keys, What},
    executor::Executor,
    stmt::Stmt,
};

impl Db {
    /// Empties the tables of these models and of their many-to-manys, all or none, and has the database number new rows from
    /// 1. No signals are told; subscribers of [`changes`](Self::changes) are.
    ///
    /// # Errors
    /// If rows of another table point to them, or the database fails.
    pub async fn empty(&self, models: &[&'static ModelMeta]) -> Result {
        let mut tables: Vec<&str> = Vec::new();
        for meta in models {
            tables.push(&meta.identity()?.table);
            for (field, index) in meta.fields.iter().zip(0u16..) {
                if matches!(field.relation, Relation::ManyToMany { .. }) {
                    tables.push(meta.between(index)?.table);
                }
            }
        }
        tables.sort_unstable();
        tables.dedup();
        if tables.is_empty() {
            return Ok(());
        }
        let dialect = self.dialect();
        let quoted: Vec<String> = tables.iter().map(|table| dialect.quoted(table)).collect();
        if dialect.sequences {
            self.batch(format!("TRUNCATE {} RESTART IDENTITY", quoted.join(", "))).await?;
        } else {
            // Rows that point to each other go in any order, and what is left pointing nowhere is found at the end.
            self.atomic_schema(async |tx| {
                for table in &quoted {
                    tx.execute(Stmt::write(format!("DELETE FROM {table}"), Vec::new())).await?;
                }
                if dialect.rebuilds_tables {
                    renumber(tx, &tables).await?;
                }
                Ok(())
            })
            .await?;
        }
        for meta in models {
            self.feed().publish_one(Change::new(meta, What::Touched, Keys::Unknown, &[]));
        }
        Ok(())
    }
}

/// SQLite keeps the greatest number of each table that has `AUTOINCREMENT`.
async fn renumber(db: &dyn Executor, tables: &[&str]) -> Result {
    let kept = Stmt::read("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'", Vec::new());
    if db.rows(kept).await?.is_empty() {
        return Ok(());
    }
    for table in tables {
        let name = vec![Value::Text((*table).to_owned())];
        db.execute(Stmt::write("DELETE FROM sqlite_sequence WHERE name = ?1", name)).await?;
    }
    Ok(())
}
