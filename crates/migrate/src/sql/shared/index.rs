//! The indexes that a model asks for.

use quintet_core::{Result, value::Kind};
use quintet_orm::{dialect::TextIndex, search};

use super::Words;
use crate::{
    error::refuse,
    names,
    state::{IndexState, ModelState},
};

/// An index as the database has it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sql) struct Index {
    pub(in crate::sql) name: String,
    /// The fields, if it is unique.
    pub(in crate::sql) unique_fields: Option<Vec<String>>,
    pub(in crate::sql) create: String,
    pub(in crate::sql) drop: String,
    /// Triggers that belong to it.
    pub(in crate::sql) triggers: Vec<String>,
}

/// The indexes of a model, in an order that renaming keeps.
///
/// # Errors
/// If a field is not there, or the database has no such index.
pub(in crate::sql) fn indexes(words: &Words, model: &ModelState) -> Result<Vec<Index>> {
    let table = words.quoted(&model.table);
    let start = |unique: bool, name: &str| {
        let unique = if unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX {} ON {table}", words.quoted(name))
    };
    let drop_index = |name: &str| format!("DROP INDEX {}", words.quoted(name));
    let mut found: Vec<Index> = Vec::new();
    let mut add = |columns: &[&str], unique_fields: Option<Vec<String>>| {
        let unique = unique_fields.is_some();
        let name = names::index(&model.table, columns, unique);
        let create = format!("{} ({})", start(unique, &name), words.list(columns));
        if found.iter().all(|index| index.name != name) {
            let drop = drop_index(&name);
            found.push(Index { name, unique_fields, create, drop, triggers: Vec::new() });
        }
    };
    let single_key = model.key().count() == 1;
    for field in model.fields.iter().filter(|f| !(f.primary_key && single_key)) {
        if field.unique {
            add(&[&field.column], Some(vec![field.name.clone()]));
        } else if field.index {
            add(&[&field.column], None);
        }
    }
    for set in &model.unique_together {
        add(&model.columns_of(set)?, Some(set.clone()));
    }
    for index in &model.indexes {
        let name = index.name(model)?;
        if index.search {
            found.push(of_words(words, model, index, name)?);
            continue;
        }
        let mut parts = Vec::new();
        for (field, descending) in index.parts() {
            let column = words.quoted(&model.field(field)?.column);
            parts.push(if descending { format!("{column} DESC") } else { column });
        }
        parts.extend(index.expressions.iter().map(|sql| format!("({sql})")));
        let mut body = format!("({})", parts.join(", "));
        if !index.include.is_empty() {
            if !words.include {
                return Err(refuse(format!(
                    "the index `{name}` can't carry ({}) along: {} has no `include`. Put the fields at the end of `fields`, \
                     which serves the same queries",
                    index.include.join(", "),
                    words.name
                )));
            }
            body.push_str(&format!(" INCLUDE ({})", words.list(&model.columns_of(&index.include)?)));
        }
        let mut create = format!("{} {body}", start(index.unique, &name));
        if let Some(condition) = &index.condition {
            create.push_str(&format!(" WHERE {condition}"));
        }
        let plain = index.unique && !index.is_raw();
        let unique_fields = plain.then(|| index.parts().map(|(field, _)| field.to_owned()).collect());
        let mut drop = drop_index(&name);
        if index.deferrable {
            if !words.deferrable {
                return Err(refuse(format!(
                    "`{name}` can't be deferrable: {} checks each row at once. Leave `deferrable` out, and let rows that exchange \
                     their values take one between",
                    words.name
                )));
            }
            let quoted = words.quoted(&name);
            drop = format!("ALTER TABLE {table} DROP CONSTRAINT {quoted}");
            create = format!(
                "ALTER TABLE {table} ADD CONSTRAINT {quoted} UNIQUE {body} DEFERRABLE INITIALLY DEFERRED"
            );
        }
        found.push(Index { name, unique_fields, create, drop, triggers: Vec::new() });
    }
    Ok(found)
}

/// The index of the words of some fields.
fn of_words(words: &Words, model: &ModelState, index: &IndexState, name: String) -> Result<Index> {
    for (field, _) in index.parts() {
        let kind = model.field(field)?.kind;
        if kind != Kind::Text {
            return Err(refuse(format!(
                "`{field}` of table `{}` can't be searched for words: it is no text but {kind}",
                model.table
            )));
        }
    }
    let columns = model.columns_of(&index.fields)?;
    let columns: Vec<String> = columns.into_iter().map(|column| words.quoted(column)).collect();
    let table = words.quoted(&model.table);
    Ok(match words.dialect.text_index {
        TextIndex::TsVector => {
            let create = format!(
                "CREATE INDEX {} ON {table} USING GIN ({})",
                words.quoted(&name),
                search::vector(&columns)
            );
            let drop = format!("DROP INDEX {}", words.quoted(&name));
            Index { name, unique_fields: None, create, drop, triggers: Vec::new() }
        }
        TextIndex::Fts5 => {
            let mut key = model.key();
            let (Some(key), None) = (key.next().filter(|key| key.kind.is_integer()), key.next()) else {
                return Err(refuse(format!(
                    "table `{}` can't be searched for words on {}: that needs a whole number as its only key",
                    model.table, words.name
                )));
            };
            let create = search::fts5_create(&name, &table, &words.quoted(&key.column), &columns);
            let (drop, triggers) = (search::fts5_drop(&name), search::fts5_triggers(&name).to_vec());
            Index { name, unique_fields: None, create, drop, triggers }
        }
    })
}
