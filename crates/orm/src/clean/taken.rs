//! Values that other rows have: found before the database refuses them.

use std::panic::Location;

use quintet_core::{BoxFuture, FieldErrors, Result, Value, meta::ModelMeta};

use super::lookup::{equals, unique_sets};
use crate::{ast::Select, dynamic::DynSet, executor::Executor, write::taken};

/// Values that a row has, though no two rows may have the same.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The key of the row.
    pub key: Value,
    /// What to tell the person who gave the values: by the field, or about the whole if they are several.
    pub errors: FieldErrors,
}

/// The rows that have these values in fields of which no two rows may share them: columns that are unique, and sets of columns
/// that are given whole. Whoever edits a row leaves that row out.
///
/// # Errors
/// If the database fails.
#[track_caller]
pub fn find_taken<'a>(
    meta: &'static ModelMeta,
    values: &'a [(u16, Value)],
    db: &'a dyn Executor,
) -> BoxFuture<'a, Result<Vec<Taken>>> {
    let at = Location::caller();
    Box::pin(async move {
        let mut found = Vec::new();
        for set in unique_sets(meta, true) {
            // NULL is shared by any; what is not given can't be looked up.
            let given: Option<Vec<(u16, &Value)>> = set
                .iter()
                .map(|index| {
                    let value = values.iter().find(|(known, value)| known == index && !value.is_null());
                    value.map(|(index, value)| (*index, value))
                })
                .collect();
            let Some(given) = given.filter(|given| !given.is_empty()) else { continue };
            let mut select = Select::new(meta);
            given.iter().for_each(|(index, value)| select.add_filter(equals(*index, value)));
            select.limit = Some(1);
            let names: Vec<&'static str> =
                set.iter().filter_map(|index| meta.field_at(*index)).map(|field| field.name).collect();
            let keys = DynSet::of_select(select).keys(db).await.map_err(|error| error.at(at))?;
            for key in keys {
                let mut errors = FieldErrors::new();
                taken(meta, &names, &mut errors);
                found.push(Taken { key, errors });
            }
        }
        Ok(found)
    })
}
