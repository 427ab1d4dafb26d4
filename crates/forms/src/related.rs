//! What a form of a model asks the database: the rows that a relation offers, keys that must lead somewhere, values that nobody
//! else may have.

use quintet_core::{
    BoxFuture, Error, Result, Service, Services, Value,
    meta::{FieldMeta, ModelMeta, Relation},
};
use quintet_orm::{Db, Executor, dynamic::DynSet, find_taken};
use quintet_web::DataField;

use crate::{FormBody, choice::Offer, state::State, text::plain};

/// More rows than these are not offered: their key is typed.
const MOST: usize = 1000;

/// A row as an entry of a list.
pub(crate) fn offer((key, label): (Value, String)) -> Offer {
    Offer::new(plain(&key), label)
}

/// The model whose rows a field names.
fn target(state: &State, field: &DataField) -> Option<(&'static FieldMeta, &'static ModelMeta)> {
    let column = state.column(field)?;
    match column.relation {
        Relation::ToOne { to, .. } | Relation::ManyToMany { to, .. } => Some((column, to.get()?)),
        _ => None,
    }
}

/// Is a field shown as a list?
fn is_listed(field: &DataField) -> bool {
    matches!(field.options.widget, None | Some("select" | "radio" | "checkboxes"))
}

pub(crate) fn database(meta: &'static ModelMeta, services: Option<&Services>) -> Result<Db> {
    let services = services.ok_or_else(|| {
        Error::internal(format!(
            "a form of {} asks the database, and there is none: read it in a site",
            meta.name
        ))
    })?;
    Db::of(services)
}

/// Loads what the lists of relations offer.
pub(crate) fn load_offers<'a>(state: &'a mut State, body: &'a FormBody) -> BoxFuture<'a, Result> {
    Box::pin(async move {
        let Some(meta) = state.model else { return Ok(()) };
        for field in state.fields.iter().filter(|field| is_listed(field)) {
            let Some((_, to)) = target(state, field) else { continue };
            let db = database(meta, body.services.as_ref())?;
            let rows = DynSet::new(to).page(MOST as u64 + 1, 0).offers(&db).await?;
            state.offer(field.name, (rows.len() <= MOST).then(|| rows.into_iter().map(offer).collect()));
        }
        Ok(())
    })
}

/// Refuses keys that lead nowhere.
pub(crate) fn check_keys<'a>(state: &'a mut State, db: &'a dyn Executor) -> BoxFuture<'a, Result> {
    Box::pin(async move {
        for field in state.fields {
            let Some((column, to)) = target(state, field) else { continue };
            if state.errors.of(field.name).next().is_some() || state.is_disabled(field) {
                continue;
            }
            let known = state.offers(field);
            for text in state.shown(field).iter().flat_map(|text| text.lines()).map(str::trim) {
                let there = match &known {
                    _ if text.is_empty() => true,
                    Some(offers) => offers.iter().any(|offer| offer.value == text),
                    None => exists(to, text, db).await?,
                };
                if !there {
                    let message = format!("there is no such {}", to.verbose_name);
                    state.refuse(field, Some(column), "unknown", message);
                    break;
                }
            }
        }
        Ok(())
    })
}

async fn exists(to: &'static ModelMeta, text: &str, db: &dyn Executor) -> Result<bool> {
    let Some(key) = to.key_fields().next().and_then(|key| Value::parse(key.kind, text).ok()) else {
        return Ok(false);
    };
    match DynSet::new(to).get(key, db).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Looks for rows that have what only one may have. `values` is the data, if it could be read whole.
pub(crate) fn find_others<'a>(
    state: &'a mut State,
    meta: &'static ModelMeta,
    values: Option<Value>,
    db: &'a dyn Executor,
) -> BoxFuture<'a, Result> {
    Box::pin(async move {
        let mut given: Vec<(u16, Value)> = Vec::new();
        for field in state.fields {
            let Some((index, column)) = meta.field(field.ident).filter(|_| !field.options.own) else {
                continue;
            };
            if !column.is_column() || state.errors.of(field.name).next().is_some() {
                continue;
            }
            let value = match &values {
                Some(values) => values.get(field.ident).cloned(),
                // Something else is wrong: this field alone is looked at.
                None => {
                    state.shown(field).last().and_then(|text| Value::parse(column.kind, text.trim()).ok())
                }
            };
            given.extend(value.map(|value| (index, value)));
        }
        for taken in find_taken(meta, &given, db).await? {
            for error in taken.errors.iter() {
                let field =
                    state.fields.iter().find(|field| field.ident == error.field && !field.options.own);
                match field {
                    Some(field) => state.refuse(field, None, "unique", error.message.clone()),
                    None => state.errors.push_coded("", "unique", error.message.clone()),
                }
                let name = field.map_or("", |field| field.name);
                state.note_taken(taken.key.clone(), name);
            }
        }
        Ok(())
    })
}
