//! What the macros write calls to. No promise is made about it.

use std::marker::PhantomData;

pub use quintet_core as core;
pub use serde;

use crate::{
    ast::{Function, Node},
    embed::same,
    expr::{IntoSet, RawAssign},
    model::Model,
    relation::{IntoOptPk, IntoPk},
    write::{Draft, Fill},
};
pub use crate::{
    clean::clean_row,
    decode::Cursor,
    embed::{
        EmbedAt, embed_assign, embed_count, embed_index, embed_join, embed_len, prefixed, prefixed_len,
        prefixed_names,
    },
    expr::{Assign, Col},
    field::{Enumerated, FieldType},
    instance::to_value,
    key::KeyPart,
    model::{Columns, Record, Relative},
    path::{OwnColumn, Path},
    query::FromRow,
    relation::{FkCol, Many, OneCol, RelationTo, leads_by_key, leads_to, leads_to_one},
    shape::{Named, Plan, Wanted, decode_optional, wanted_by, wanted_fields},
    signal::Voice,
    write::Given,
};

/// Stops the compilation if a required field is not given.
#[track_caller]
pub const fn check_required(required: &[(&str, &str)], given: &[&str]) {
    let mut rest = required;
    while let [(name, message), more @ ..] = rest {
        // Without a name it is an embedded struct that needs none.
        if !name.is_empty() && !has(given, name) {
            panic_missing(message);
        }
        rest = more;
    }
}

/// Stops the compilation if a field is given that the database computes.
#[track_caller]
pub const fn check_computed(computed: &[(&str, &str)], given: &[&str]) {
    let mut rest = computed;
    while let [(name, message), more @ ..] = rest {
        if has(given, name) {
            panic_missing(message);
        }
        rest = more;
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "runs while compiling: the panic is the compiler's error")]
const fn panic_missing(message: &str) {
    panic!("{}", message);
}

const fn has(names: &[&str], name: &str) -> bool {
    let mut rest = names;
    while let [first, more @ ..] = rest {
        if same(first.as_bytes(), name.as_bytes()) {
            return true;
        }
        rest = more;
    }
    false
}

/// The model of a value that has none: a `default` can't read columns.
pub enum NewRow {}

/// What is known of a column by its type.
#[must_use]
pub const fn column<T: FieldType>(
    name: &'static str,
    verbose_name: &'static str,
    help_text: &'static str,
    column: &'static str,
) -> core::meta::FieldMeta {
    core::meta::FieldMeta::named(name, verbose_name, help_text, column).of_kind(T::KIND, T::NULL, T::CHOICES)
}

/// The value of a field's `default`.
pub fn default_value<T: FieldType, V: IntoSet<NewRow, T>>(value: V) -> core::Value {
    match value.into_node() {
        Node::Value(value) => value,
        // For a new row, the clock of the site.
        Node::Function(Function::Now, _) => core::Value::DateTime(core::clock::now()),
        Node::Function(Function::Today, _) => {
            core::Value::Date(jiff::tz::TimeZone::UTC.to_datetime(core::clock::now()).date())
        }
        _ => core::Value::Null,
    }
}

/// Nothing is missing of a new `M` that is made of the fields `G` and a rest of the type `R`. It brings what the rest gives, so that
/// a rest that can't be one is told once.
pub struct Complete<M, G, R>(fn(R, &mut Vec<RawAssign>), PhantomData<fn(M, G)>);

/// Stops the compilation of whoever asks for it as a constant, if something is missing.
#[track_caller]
#[must_use]
pub const fn complete<M: Model, G: Given, R: Fill<M>>() -> Complete<M, G, R> {
    check_filled(M::REQUIRED, G::NAMES, R::GIVES);
    check_computed(M::COMPUTED, G::NAMES);
    if let Some(gives) = R::GIVES {
        check_computed(M::COMPUTED, gives);
    }
    Complete(R::fill, PhantomData)
}

/// A draft of the fields that are given, and of a rest for the others.
#[track_caller]
pub fn filled<M: Model, G, R>(rest: R, given: Vec<RawAssign>, complete: Complete<M, G, R>) -> Draft<M> {
    let mut sets = Vec::new();
    (complete.0)(rest, &mut sets);
    sets.extend(given);
    Draft::of(sets)
}

/// Stops the compilation if a required field is neither given nor in the rest.
#[track_caller]
const fn check_filled(required: &[(&str, &str)], given: &[&str], rest: Option<&[&str]>) {
    let Some(filled) = rest else { return };
    let mut all = required;
    while let [(name, message), more @ ..] = all {
        if !name.is_empty() && !has(given, name) && !has(filled, name) {
            panic_missing(message);
        }
        all = more;
    }
}

/// Checks a value that came in for a field, unless something is wrong with it already. Messages go to the name `wire`; `blank` lets
/// an empty text pass.
pub fn check_column(
    meta: &'static core::meta::ModelMeta,
    wire: &'static str,
    assign: RawAssign,
    blank: bool,
    errors: &mut core::FieldErrors,
) {
    let crate::expr::AssignValue::Node(Node::Value(value)) = assign.value else { return };
    let Some(field) = meta.field_at(assign.field) else { return };
    if errors.of(wire).next().is_some() {
        return;
    }
    let mut found = core::FieldErrors::new();
    let check = if blank { crate::validate::check } else { crate::validate::check_given };
    check(field, &value, &mut found);
    for error in found.iter() {
        errors.push_coded(wire, error.code.clone(), error.message.clone());
    }
}

/// A column that keeps the name of a file.
#[diagnostic::on_unimplemented(
    message = "a `FileChange` is for a column that keeps a file's name",
    label = "the model's field is no `StoredFile` and no `StoredImage`"
)]
pub trait FileColumn: FieldType {}

impl FileColumn for crate::StoredFile {}
impl FileColumn for crate::StoredImage {}
impl FileColumn for Option<crate::StoredFile> {}
impl FileColumn for Option<crate::StoredImage> {}

/// The new name of a file, none, or nothing at all if the file stays.
pub fn assign_file<P, T: FileColumn>(column: Col<P, T>, name: Option<Option<String>>) -> RawAssign {
    use crate::expr::AssignValue;
    let value = match name {
        Some(name) => AssignValue::Node(Node::Value(name.map_or(core::Value::Null, core::Value::Text))),
        None => AssignValue::Several(Vec::new()),
    };
    RawAssign { field: column.index, value }
}

/// The value of a foreign key's `default`, or of its `on_delete = set(..)`.
pub fn default_key<T: Model>(object: impl IntoPk<T>) -> core::Value {
    object.into_pk()
}

/// [`default_key`] of a key that may be empty.
pub fn default_opt_key<T: Model>(object: impl IntoOptPk<T>) -> core::Value {
    object.into_opt_pk()
}

/// The condition of a model's `scope`, as its metadata keeps it.
pub fn scope<M: crate::Model>(condition: crate::Cond<M>) -> crate::model::Erased {
    std::sync::Arc::new(condition.node())
}

/// The key of a row, as a part of another's.
pub fn key_value(record: &dyn Record) -> core::Value {
    crate::model::key_of(record)
}

/// The error for a field that is no column.
#[cold]
pub fn no_column(model: &str, field: u16) -> core::Error {
    core::Error::internal(format!("field {field} of {model} is no column"))
}

/// Reads a choice as the database stores it.
///
/// # Errors
/// If it is none of them.
pub fn decode_choice<T>(
    value: core::value::ValueRef<'_>,
    name: &str,
    find: fn(&str) -> Option<T>,
) -> core::Result<T> {
    use core::value::ValueRef;
    let found = match value {
        ValueRef::Text(text) => find(text),
        _ => None,
    };
    found.map_or_else(|| crate::field::mismatch(&format!("a choice of {name}"), value), Ok)
}

/// Reads a choice from JSON or a form.
///
/// # Errors
/// If it is none of them, with a list of all.
pub fn deserialize_choice<'de, D: serde::Deserializer<'de>, T>(
    deserializer: D,
    known: &'static [&'static str],
    find: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    use serde::de::Error as _;
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    // In the words of the other messages about data; what was given is not repeated.
    find(&text).ok_or_else(|| D::Error::custom(format_args!("expected one of {}", known.join(", "))))
}

/// A row as JSON.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: serde::Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&to_value(record), serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_field_is_found_whole() {
        assert!(has(&["title", "id"], "id"));
        assert!(!has(&["titles"], "title"));
        check_required(&[("title", "missing")], &["id", "title"]);
    }

    #[test]
    #[should_panic(expected = "Film: missing required field `title`")]
    fn a_missing_one_stops() {
        check_required(&[("title", "Film: missing required field `title` in create!")], &["id"]);
    }
}
