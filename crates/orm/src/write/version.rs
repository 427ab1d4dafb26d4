//! The number that each change of a row increases, by which a change made meanwhile is noticed.

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Value, meta::ModelMeta};

use crate::{
    ast::{Arithmetic, Comparison, Node, PathKey, Select},
    expr::{AssignValue, RawAssign},
};

/// Counts one further where nobody says how, for updates whose old number is not known.
pub(super) fn count(meta: &'static ModelMeta, sets: &mut Vec<RawAssign>) {
    if let Some((field, _)) = meta.version()
        && !sets.is_empty()
        && !sets.iter().any(|assign| assign.field == field)
    {
        let column = Box::new(Node::Column(PathKey::ROOT, field));
        let next = Node::Calculate(Arithmetic::Add, column, Box::new(Node::Value(Value::Int(1))));
        sets.push(RawAssign { field, value: AssignValue::Node(next) });
    }
}

/// Takes the number that the row is to have out of the assignments.
pub(super) fn expected(meta: &'static ModelMeta, sets: &mut Vec<RawAssign>) -> Option<i64> {
    let (field, _) = meta.version()?;
    let mut expected = None;
    sets.retain(|assign| {
        if let (true, AssignValue::Node(Node::Value(Value::Int(number)))) =
            (assign.field == field, &assign.value)
        {
            expected = Some(*number);
        }
        assign.field != field
    });
    expected
}

/// Changes the row only while it has this number, and gives it the next one.
pub(super) fn compare(select: &mut Select, sets: &mut Vec<RawAssign>, number: i64) {
    let Some((field, _)) = select.root.version() else { return };
    let column = Node::Column(PathKey::ROOT, field);
    select.add_filter(Node::compare(Comparison::Eq, column, Node::Value(Value::Int(number))));
    let next = Node::Value(Value::Int(number.saturating_add(1)));
    sets.push(RawAssign { field, value: AssignValue::Node(next) });
}

/// The error of a row that has another number.
#[cold]
pub(super) fn changed_meanwhile(meta: &'static ModelMeta, number: i64) -> Error {
    let field = meta.version().map_or("version", |(_, field)| field.name);
    Error::of_kind(
        ErrorKind::Conflict { constraint: field.to_owned() },
        StatusCode::CONFLICT,
        format!(
            "this {} was changed meanwhile: its {field} is {number} no more. Read it again, and change it then",
            meta.verbose_name
        ),
    )
}
