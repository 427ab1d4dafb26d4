//! What is known about an expression before it is written: its field, whether it can be NULL, the size of its decimals.

use quintet_core::{
    Error, Result, Value,
    meta::{Digits, FieldMeta, ModelMeta, Relation},
    value::{Decimal, Kind},
};

use crate::{
    ast::{
        Aggregate, Arithmetic, Comparison, DateFunction, Function, JsonAs, Node, PathKey, Select, WindowCall,
        WindowFunction,
    },
    decode::Scales,
    dialect::Dialect,
    relation::link,
};

/// The most digits that a scaled integer of 64 bits holds, whatever they are.
pub(super) const SCALED_DIGITS: u8 = 18;

/// The field of a model.
pub(super) fn field_at(model: &'static ModelMeta, index: u16) -> Result<&'static FieldMeta> {
    model
        .field_at(index)
        .ok_or_else(|| Error::internal(format!("{} has no field number {index}", model.name)))
}

/// The single key of a model.
pub(super) fn key_of(model: &'static ModelMeta) -> Result<(u16, &'static FieldMeta)> {
    let index = model
        .key()
        .ok_or_else(|| Error::internal(format!("{} has no key of a single column", model.name)))?;
    Ok((index, field_at(model, index)?))
}

/// The model that a path leads to.
pub(crate) fn model_at(root: &'static ModelMeta, path: PathKey) -> Result<&'static ModelMeta> {
    if path.is_too_long() {
        return Err(Error::internal(format!(
            "a query on {} follows more than {} foreign keys in a row: start it at a model further on, or give the inner \
             shape fewer levels",
            root.name,
            PathKey::LONGEST
        )));
    }
    path.steps().iter().try_fold(root, |model, step| {
        field_at(model, *step)?
            .relation
            .target()
            .ok_or_else(|| Error::internal(format!("field {step} of {} leads to no model", model.name)))
    })
}

/// Can the end of a path be missing?
pub(super) fn is_optional(root: &'static ModelMeta, path: PathKey) -> Result<bool> {
    let mut model = root;
    for step in path.steps() {
        let field = field_at(model, *step)?;
        if field.null || matches!(field.relation, Relation::HasOne { .. }) {
            return Ok(true);
        }
        if let Some(next) = field.relation.target() {
            model = next;
        }
    }
    Ok(false)
}

/// Can the expression be NULL?
pub(super) fn nullable(root: &'static ModelMeta, node: &Node) -> Result<bool> {
    let any = |nodes: &[&Node]| -> Result<bool> {
        for node in nodes {
            if nullable(root, node)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Ok(match node {
        Node::Column(path, index) => {
            is_optional(root, *path)? || field_at(model_at(root, *path)?, *index)?.null
        }
        Node::Value(value) => value.is_null(),
        Node::Compare(Comparison::Ne, ..)
        | Node::Search(_)
        | Node::Not(_)
        | Node::IsNull(_)
        | Node::Exists(_)
        | Node::OwnerKey => false,
        // Dividing by nothing is NULL on some databases, a NULL among a query's answers makes `IN` unknown.
        Node::Calculate(Arithmetic::Div | Arithmetic::Rem, ..)
        | Node::InQuery(..)
        | Node::Scalar(_)
        | Node::JsonAt(..)
        | Node::JsonAs(..) => true,
        Node::Compare(_, a, b) | Node::Calculate(_, a, b) | Node::JsonContains(a, b) => any(&[a, b])?,
        Node::Cast(_, _, a) | Node::Date(_, _, a) | Node::Regex(_, a, _) => nullable(root, a)?,
        Node::InZone(a, _) => nullable(root, a)?,
        Node::Call(..) => true,
        Node::Aggregate(aggregate) => !always_answers(aggregate.aggregate),
        Node::Window(window) => match &window.call {
            WindowCall::Aggregate(aggregate) => !always_answers(aggregate.aggregate),
            WindowCall::Function(WindowFunction::Lag(_) | WindowFunction::Lead(_), all) => {
                all.len() < 2 || any(&all.iter().collect::<Vec<_>>())?
            }
            WindowCall::Function(
                WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue(_),
                _,
            ) => true,
            WindowCall::Function(..) => false,
        },
        Node::Case(_, None) => true,
        Node::Case(branches, Some(otherwise)) => {
            any(&branches.iter().map(|(_, value)| value).chain([&**otherwise]).collect::<Vec<_>>())?
        }
        Node::Outer(outer) => !outer.at.is_root() || nullable(outer.model, &outer.node)?,
        Node::And(all) | Node::Or(all) | Node::Row(all) => any(&all.iter().collect::<Vec<_>>())?,
        Node::In(a, _) | Node::Text(_, a, _) => nullable(root, a)?,
        Node::Function(Function::Concat | Function::Random, _) => false,
        Node::Function(Function::NullIf, _) => true,
        Node::Function(Function::Coalesce | Function::Greatest | Function::Least, all) => {
            let mut every = true;
            for node in all {
                every &= nullable(root, node)?;
            }
            every
        }
        Node::Function(_, all) => any(&all.iter().collect::<Vec<_>>())?,
        Node::Many(many) => match (many.aggregate, &many.argument) {
            (Aggregate::Expression, Some(expression)) => {
                nullable(link(model_at(root, many.path)?, many.field)?.0, expression)?
            }
            (aggregate, _) => aggregate != Aggregate::Exists && !always_answers(aggregate),
        },
    })
}

/// Has it an answer even without rows?
fn always_answers(aggregate: Aggregate) -> bool {
    matches!(aggregate, Aggregate::Count | Aggregate::Json(_))
}

/// Is it a whole number, as far as its parts tell?
pub(super) fn is_whole(root: &'static ModelMeta, node: &Node) -> Result<bool> {
    let whole = Kind::is_integer;
    Ok(match node {
        Node::Column(path, index) => whole(field_at(model_at(root, *path)?, *index)?.kind),
        Node::Value(value) => matches!(value, Value::Int(_)),
        Node::Calculate(_, a, b) => is_whole(root, a)? && is_whole(root, b)?,
        Node::Function(Function::Length | Function::Position | Function::Sign, _) => true,
        Node::Function(Function::NullIf, all) => all.first().map_or(Ok(false), |one| is_whole(root, one))?,
        Node::Aggregate(aggregate) => {
            is_whole_aggregate(root, aggregate.aggregate, aggregate.argument.as_ref())?
        }
        Node::Window(window) => match &window.call {
            WindowCall::Aggregate(aggregate) => {
                is_whole_aggregate(root, aggregate.aggregate, aggregate.argument.as_ref())?
            }
            WindowCall::Function(WindowFunction::PercentRank | WindowFunction::CumeDist, _) => false,
            WindowCall::Function(_, all) => {
                all.iter().try_fold(true, |all, node| Ok::<_, Error>(all && is_whole(root, node)?))?
            }
        },
        Node::Function(
            Function::Abs | Function::Negate | Function::Coalesce | Function::Greatest | Function::Least,
            all,
        ) => all.iter().try_fold(true, |all, node| Ok::<_, Error>(all && is_whole(root, node)?))?,
        Node::Case(branches, otherwise) => {
            let mut all = branches.iter().map(|(_, value)| value).chain(otherwise.as_deref());
            all.try_fold(true, |all, node| Ok::<_, Error>(all && is_whole(root, node)?))?
        }
        Node::Cast(_, to, _) => whole(*to),
        Node::Date(DateFunction::Part(_), ..) | Node::JsonAs(JsonAs::Int, _) => true,
        Node::Many(many) => {
            let (child, _) = link(model_at(root, many.path)?, many.field)?;
            is_whole_aggregate(child, many.aggregate, many.argument.as_ref())?
        }
        Node::Scalar(query) => {
            query.columns.first().map_or(Ok(false), |column| is_whole(query.root, column))?
        }
        Node::Outer(outer) => is_whole(outer.model, &outer.node)?,
        _ => false,
    })
}

fn is_whole_aggregate(
    root: &'static ModelMeta,
    aggregate: Aggregate,
    argument: Option<&Node>,
) -> Result<bool> {
    Ok(match (aggregate, argument) {
        (Aggregate::Count, _) => true,
        (
            Aggregate::Sum | Aggregate::Min | Aggregate::Max | Aggregate::Any | Aggregate::Expression,
            Some(argument),
        ) => is_whole(root, argument)?,
        _ => false,
    })
}

fn aggregate_digits(
    root: &'static ModelMeta,
    aggregate: Aggregate,
    argument: Option<&Node>,
) -> Result<Option<Digits>> {
    match (aggregate, argument) {
        (
            Aggregate::Sum | Aggregate::Min | Aggregate::Max | Aggregate::Any | Aggregate::Expression,
            Some(argument),
        ) => digits(root, argument),
        _ => Ok(None),
    }
}

/// Does this mention a decimal column?
fn is_decimal(root: &'static ModelMeta, node: &Node) -> Result<bool> {
    Ok(digits(root, node)?.is_some())
}

/// The digits of a decimal expression; `None` if it is no decimal.
pub(super) fn digits(root: &'static ModelMeta, node: &Node) -> Result<Option<Digits>> {
    Ok(match node {
        Node::Column(path, index) => {
            let field = field_at(model_at(root, *path)?, *index)?;
            match (field.kind, field.digits) {
                (Kind::Decimal, None) => {
                    return Err(Error::internal(format!("the decimal field {} has no size", field.name)));
                }
                (Kind::Decimal, digits) => digits,
                _ => None,
            }
        }
        Node::Value(Value::Decimal(value)) => Some(literal(*value)),
        Node::Calculate(op, a, b) => match (digits(root, a)?, digits(root, b)?) {
            (Some(a), Some(b)) => Some(combined(*op, a, b)?),
            _ => None,
        },
        Node::Function(
            Function::Abs
            | Function::Negate
            | Function::Coalesce
            | Function::NullIf
            | Function::Greatest
            | Function::Least,
            all,
        ) => widest(root, all)?,
        Node::Function(Function::Round(places), all) => widest(root, all)?.map(|own| Digits {
            max: own.max.saturating_add(1).min(SCALED_DIGITS),
            places: own.places.min(*places),
        }),
        Node::Function(Function::Ceil | Function::Floor, all) => {
            widest(root, all)?.map(|own| Digits { max: own.max, places: 0 })
        }
        Node::Case(branches, otherwise) => {
            widest(root, branches.iter().map(|(_, value)| value).chain(otherwise.as_deref()))?
        }
        Node::Cast(Kind::Decimal, Kind::Decimal, inner) => digits(root, inner)?,
        Node::Cast(from, Kind::Decimal, _) => {
            let max = match from {
                Kind::SmallInt => 5,
                Kind::Int => 10,
                _ => SCALED_DIGITS,
            };
            Some(Digits { max, places: 0 })
        }
        Node::Aggregate(aggregate) => {
            aggregate_digits(root, aggregate.aggregate, aggregate.argument.as_ref())?
        }
        Node::Window(window) => match &window.call {
            WindowCall::Aggregate(aggregate) => {
                aggregate_digits(root, aggregate.aggregate, aggregate.argument.as_ref())?
            }
            WindowCall::Function(_, all) => widest(root, all)?,
        },
        Node::Scalar(query) => match query.columns.first() {
            Some(column) => digits(query.root, column)?,
            None => None,
        },
        Node::Outer(outer) => digits(outer.model, &outer.node)?,
        Node::Many(many) => {
            let (child, _) = link(model_at(root, many.path)?, many.field)?;
            aggregate_digits(child, many.aggregate, many.argument.as_ref())?
        }
        _ => None,
    })
}

/// The size that holds all decimals among these.
pub(super) fn widest<'a>(
    root: &'static ModelMeta,
    all: impl IntoIterator<Item = &'a Node>,
) -> Result<Option<Digits>> {
    let mut widest: Option<Digits> = None;
    for node in all {
        if let Some(next) = digits(root, node)? {
            widest = Some(widest.map_or(next, |w| widen(w, next)));
        }
    }
    Ok(widest)
}

/// The size that holds both.
pub(super) fn widen(a: Digits, b: Digits) -> Digits {
    let places = a.places.max(b.places);
    Digits {
        max: (a.max.saturating_sub(a.places)).max(b.max.saturating_sub(b.places)).saturating_add(places),
        places,
    }
}

fn combined(op: Arithmetic, a: Digits, b: Digits) -> Result<Digits> {
    Ok(match op {
        // 64 bits hold the sum of nine numbers of 18 digits: a carry needs no digit of its own.
        Arithmetic::Add | Arithmetic::Sub | Arithmetic::Rem => widen(a, b),
        Arithmetic::Mul => {
            Digits { max: a.max.saturating_add(b.max), places: a.places.saturating_add(b.places) }
        }
        Arithmetic::Div => {
            return Err(Error::database(
                "a division of decimals has no exact answer on this database: \
                 divide in Rust, multiply by a decimal, or use .as_float() on both sides",
            ));
        }
    })
}

/// The digits of a value, without zeros at the end.
fn literal(value: Decimal) -> Digits {
    let value = value.normalize();
    let places = u8::try_from(value.scale()).unwrap_or(u8::MAX);
    let mut digits = 0u8;
    let mut rest = value.mantissa().unsigned_abs();
    while rest > 0 {
        digits += 1;
        rest /= 10;
    }
    Digits { max: digits.max(places).max(1), places }
}

/// `value` as an integer of units of the last place, if it is one.
pub(super) fn scaled(value: Decimal, places: u8) -> Option<i64> {
    let mut rescaled = value;
    rescaled.rescale(u32::from(places));
    if rescaled.scale() != u32::from(places) || rescaled != value {
        return None;
    }
    i64::try_from(rescaled.mantissa()).ok()
}

/// The places of a column's decimals where they are stored as scaled integers.
pub(crate) fn decimal_places(field: &FieldMeta, dialect: &Dialect) -> Option<u8> {
    if dialect.native_decimal || field.kind != Kind::Decimal {
        return None;
    }
    field.digits.map(|digits| digits.places)
}

/// The places of each selected column.
pub(super) fn scales(query: &Select, dialect: &Dialect) -> Result<Scales> {
    scales_of(query.root, &query.columns, dialect)
}

/// The places of columns and expressions of a model.
pub(crate) fn scales_of(root: &'static ModelMeta, columns: &[Node], dialect: &Dialect) -> Result<Scales> {
    if dialect.native_decimal {
        return Ok(Scales::default());
    }
    let mut any = false;
    for column in columns {
        any |= is_decimal(root, column)?;
    }
    if !any {
        return Ok(Scales::default());
    }
    let mut scales = Vec::with_capacity(columns.len());
    for column in columns {
        scales.push(digits(root, column)?.map_or(0, |digits| digits.places));
    }
    Ok(scales.into())
}

/// The field that a plain column is of.
pub(crate) fn column_of(root: &'static ModelMeta, node: &Node) -> Result<Option<&'static FieldMeta>> {
    match node {
        Node::Column(path, index) => field_at(model_at(root, *path)?, *index).map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_scale_exactly_or_not_at_all() {
        for (text, places, expected) in [
            ("12.5", 2, Some(1250)),
            ("12.500", 2, Some(1250)),
            ("-0.01", 2, Some(-1)),
            ("12.505", 2, None),
            ("999999999999999999", 0, Some(999_999_999_999_999_999)),
            ("99999999999999999999", 0, None),
            ("79228162514264337593543950335", 4, None),
        ] {
            assert_eq!(scaled(text.parse().unwrap(), places), expected, "{text}");
        }
    }

    #[test]
    fn a_value_has_as_many_digits_as_it_needs() {
        for (text, max, places) in [("1.10", 2, 1), ("0", 1, 0), ("0.001", 3, 3), ("-250", 3, 0)] {
            assert_eq!(literal(text.parse().unwrap()), Digits { max, places }, "{text}");
        }
    }
}
