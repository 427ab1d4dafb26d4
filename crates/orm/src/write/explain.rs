//! The database's refusals in the model's words.

use std::panic::Location;

use http::StatusCode;
use quintet_core::{
    Error, ErrorKind, FieldErrors,
    meta::{FieldMeta, ModelMeta, Relation},
};

use crate::{empty::column_without_value, validate::push};

/// An error of an insert or update of `fields`.
#[cold]
pub(super) fn explain_write(
    error: Error,
    meta: &'static ModelMeta,
    fields: &[u16],
    at: &'static Location<'static>,
) -> Error {
    match error.kind() {
        ErrorKind::Conflict { constraint } => {
            let Some(names) = field_names(meta, constraint) else { return error.at(at) };
            let message = already(meta, &names);
            let mut errors = FieldErrors::new();
            taken(meta, &names, &mut errors);
            let kind = ErrorKind::Conflict { constraint: names.join(", ") };
            // In the field's own words, if it has some.
            let message = errors.iter().next().map_or(message, |first| first.message.clone());
            replaced(&error, kind, message, at).with_fields(errors)
        }
        ErrorKind::Protected => {
            let keys: Vec<&str> = fields
                .iter()
                .filter_map(|index| meta.field_at(*index))
                .filter(|field| matches!(field.relation, Relation::ToOne { .. }))
                .map(|field| field.name)
                .collect();
            if keys.is_empty() {
                let message =
                    format!("the key of this {} can't change: other rows point to it", meta.verbose_name);
                return replaced(&error, ErrorKind::Protected, message, at);
            }
            let message =
                format!("the row that {}.{} points to does not exist", meta.name, keys.join(" or "));
            let mut errors = FieldErrors::new();
            if let [one] = keys.as_slice()
                && let Some((_, field)) = meta.field(one)
            {
                unknown(field, &mut errors);
            }
            replaced(&error, ErrorKind::Conflict { constraint: keys.join(", ") }, message, at)
                .with_fields(errors)
        }
        ErrorKind::Database => empty(error, meta).at(at),
        _ => error.at(at),
    }
}

/// A column without a value: of a field that must have one it is told as that field's, so that a form shows it there. Any other
/// column is nobody's to fill in: the database is another than the model says.
fn empty(error: Error, meta: &'static ModelMeta) -> Error {
    let Some((table, column)) = column_without_value(&error) else { return error };
    let own = meta.identity().is_ok_and(|identity| identity.table == table);
    let field =
        meta.columns().map(|(_, field)| field).find(|field| own && field.column == column && !field.null);
    let Some(field) = field else { return error };
    let mut errors = FieldErrors::new();
    push(field, "required", "must not be empty".to_owned(), &mut errors);
    let fresh = Error::invalid(errors);
    error.details().iter().fold(fresh, |fresh, (name, text)| fresh.with_detail(name, text.clone()))
}

fn already(meta: &'static ModelMeta, names: &[&'static str]) -> String {
    format!("there is already a {} with this {}", meta.verbose_name, names.join(" and "))
}

/// The message about values that another row has: at the field, or at the row as a whole if they are several.
pub(crate) fn taken(meta: &'static ModelMeta, names: &[&'static str], errors: &mut FieldErrors) {
    let message = already(meta, names);
    match names {
        [one] if let Some((_, field)) = meta.field(one) => push(field, "unique", message, errors),
        _ => errors.push_coded("", "unique", message),
    }
}

/// The message about a key that leads to no row.
pub(crate) fn unknown(field: &FieldMeta, errors: &mut FieldErrors) {
    let to = field.relation.target().map_or("row", |to| to.verbose_name);
    push(field, "unknown", format!("there is no such {to}"), errors);
}

/// An error of a change of a many-to-many's table.
#[cold]
pub(super) fn explain_link(
    error: Error,
    (meta, field): (&'static ModelMeta, u16),
    at: &'static Location<'static>,
) -> Error {
    match error.kind() {
        ErrorKind::Protected => {
            let name = meta.field_at(field).map_or("", |field| field.name);
            let kind = ErrorKind::Conflict { constraint: name.to_owned() };
            replaced(&error, kind, format!("an object given to {}.{name} does not exist", meta.name), at)
        }
        _ => error.at(at),
    }
}

/// An error of a deletion.
#[cold]
pub(super) fn explain_delete(
    error: Error,
    meta: &'static ModelMeta,
    at: &'static Location<'static>,
) -> Error {
    match error.kind() {
        ErrorKind::Protected => {
            let message = format!("{} can't be deleted: other rows point to it", meta.verbose_name);
            replaced(&error, ErrorKind::Protected, message, at)
        }
        _ => error.at(at),
    }
}

/// `cinema_film.title, cinema_film.year` as field names, if it names this model's columns.
fn field_names(meta: &'static ModelMeta, constraint: &str) -> Option<Vec<&'static str>> {
    let table = &meta.identity().ok()?.table;
    constraint
        .split(", ")
        .map(|column| {
            let (of, column) = column.rsplit_once('.')?;
            let field = meta.columns().find(|(_, field)| field.column == column)?.1;
            (of == table).then_some(field.name)
        })
        .collect()
}

fn replaced(error: &Error, kind: ErrorKind, message: String, at: &'static Location<'static>) -> Error {
    let fresh = Error::of_kind(kind, StatusCode::CONFLICT, message).at(at);
    error.details().iter().fold(fresh, |fresh, (name, text)| fresh.with_detail(name, text.clone()))
}
