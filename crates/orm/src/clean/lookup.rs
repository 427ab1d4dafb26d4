//! What a look into the database tells before it is written to: whether values that must be unique are taken, and whether
//! keys lead to rows.
//!
//! It is for people, who want to know all at once. The database still decides: what is free now may be taken in the next
//! moment, and the write's error then has the same shape.

use std::panic::Location;

use quintet_core::{
    FieldErrors, Result, Value,
    meta::{ModelMeta, Relation},
};

use crate::{
    ast::{Comparison, Node, PathKey, Select},
    db::{at_primary, to_home},
    executor::Executor,
    query::exists,
    write::{taken, unknown},
};

/// A row to look up.
pub(crate) struct Looked<'a> {
    pub(crate) meta: &'static ModelMeta,
    /// The values that are known, by field.
    pub(crate) values: &'a (dyn Fn(u16) -> Option<Value> + Sync),
    /// Is the field given, or changed? What a row had before needs no look.
    pub(crate) touched: &'a (dyn Fn(u16) -> bool + Sync),
    /// The key of the row itself, which may have these values: by field.
    pub(crate) own: Option<Vec<(u16, Value)>>,
}

/// Adds what is taken, and what leads nowhere. Fields that have errors already are left alone.
pub(crate) async fn look_up(
    row: Looked<'_>,
    errors: &mut FieldErrors,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let Looked { meta, values, touched, own } = row;
    to_home!(db, meta, at);
    at_primary!(db);
    let mut questions: Vec<(Question, Select)> = Vec::new();
    for set in unique_sets(meta, own.is_none()) {
        let names: Vec<&'static str> =
            set.iter().filter_map(|i| meta.field_at(*i)).map(|field| field.name).collect();
        let fine = |name: &&str| errors.of(name).next().is_none();
        if !set.iter().any(|i| touched(*i)) || !names.iter().all(fine) {
            continue;
        }
        // NULL is shared by any; what is not known can't be looked up.
        let known: Option<Vec<(u16, Value)>> =
            set.iter().map(|i| Some((*i, values(*i).filter(|value| !value.is_null())?))).collect();
        let Some(known) = known else { continue };
        let mut select = Select::new(meta);
        known.iter().for_each(|(index, value)| select.add_filter(equals(*index, value)));
        if let Some(own) = &own {
            let same = own.iter().map(|(index, value)| equals(*index, value)).collect();
            select.filter.push(Node::Not(Box::new(Node::And(same))));
        }
        questions.push((Question::Taken(names), select));
    }
    for (index, field) in meta.columns() {
        let (Relation::ToOne { .. }, Some(to)) = (field.relation, field.relation.target()) else { continue };
        if !touched(index) || errors.of(field.name).next().is_some() {
            continue;
        }
        if let (Some(value), Some(key)) = (values(index).filter(|value| !value.is_null()), to.key()) {
            let mut select = Select::new(to);
            select.add_filter(equals(key, &value));
            questions.push((Question::Known(index), select));
        }
    }
    for (question, select) in questions {
        let found = exists(Box::new(select), db, at).await?;
        match question {
            Question::Taken(names) if found => taken(meta, &names, errors),
            Question::Known(index) if !found => {
                if let Some(field) = meta.field_at(index) {
                    unknown(field, errors);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

enum Question {
    /// Have other rows the values of these fields?
    Taken(Vec<&'static str>),
    /// Does this key lead to a row?
    Known(u16),
}

pub(super) fn equals(index: u16, value: &Value) -> Node {
    Node::compare(Comparison::Eq, Node::Column(PathKey::ROOT, index), Node::Value(value.clone()))
}

/// The sets of fields that no two rows may share. What SQL of the developer's decides (a condition, an expression) only the
/// database knows.
pub(super) fn unique_sets(meta: &'static ModelMeta, with_key: bool) -> Vec<Vec<u16>> {
    let mut sets: Vec<Vec<u16>> = Vec::new();
    if with_key {
        sets.push(meta.primary_key.to_vec());
    }
    sets.extend(meta.columns().filter(|(_, field)| field.unique).map(|(index, _)| vec![index]));
    sets.extend(meta.unique_together.iter().map(|set| set.to_vec()));
    let plain = meta.indexes.iter().filter(|i| i.unique && i.expressions.is_empty() && i.condition.is_none());
    sets.extend(plain.map(|index| index.fields.iter().map(|(field, _)| *field).collect()));
    sets
}
