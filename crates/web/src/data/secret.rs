//! What of a body is secret, so that it can be [hidden](hidden::hide) while its request runs.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use quintet_core::{
    hidden::{self, is_secret},
    value::JsonValue,
};

use super::{DataField, DataShape, Payload, ShapeKind};

/// So deep types are looked into; such that have themselves in them have no end.
const DEPTH: usize = 8;

/// Is a field called as secrets are, or typed into a control that hides it?
pub fn is_secret_field(field: &DataField) -> bool {
    field.options.widget == Some("password") || is_secret(field.name)
}

/// The names of a type's fields that hide what is typed, whatever they are called.
type Names = Arc<[&'static str]>;

/// May JSON of this type hold a secret, and under which names beside those that say so? Found out once, so that bodies without cost nothing.
pub(crate) fn may_hold<T: Payload>() -> Option<Names> {
    static KNOWN: RwLock<Option<HashMap<TypeId, Option<Names>>>> = RwLock::new(None);
    let of = TypeId::of::<T>();
    let known =
        KNOWN.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|k| k.get(&of).cloned());
    known.unwrap_or_else(|| {
        let mut names = Vec::new();
        let may = holds(&T::shape(), DEPTH, &mut names).then(|| names.into());
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(of, may.clone());
        may
    })
}

fn holds(shape: &DataShape, depth: usize, names: &mut Vec<&'static str>) -> bool {
    if depth == 0 {
        return true;
    }
    match &shape.kind {
        ShapeKind::Optional(inner) | ShapeKind::List(inner) => holds(inner, depth - 1, names),
        ShapeKind::Object(fields) => {
            let mut any = false;
            for field in *fields {
                let secret = is_secret_field(field);
                if secret && !is_secret(field.name) && !names.contains(&field.name) {
                    names.push(field.name);
                }
                any |= secret || holds(&(field.shape)(), depth - 1, names);
            }
            any
        }
        // Their names are not known before.
        ShapeKind::Map(_) | ShapeKind::Json => true,
        _ => false,
    }
}

/// Hides the texts in a document that stand under secret names and under these, however deep they lie.
pub fn hide_json(value: &JsonValue, more: &[&str]) {
    walk(value, false, more);
}

fn walk(value: &JsonValue, secret: bool, more: &[&str]) {
    match value {
        JsonValue::String(text) if secret => hidden::hide(text),
        JsonValue::Array(items) => items.iter().for_each(|item| walk(item, secret, more)),
        JsonValue::Object(fields) => fields.iter().for_each(|(name, value)| {
            walk(value, secret || is_secret(name) || more.contains(&name.as_str()), more);
        }),
        _ => {}
    }
}
