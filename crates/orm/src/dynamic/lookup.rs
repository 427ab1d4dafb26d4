//! From `gte` and `"5"` to a condition.

use quintet_core::{Error, Result, Value, meta::FieldMeta, near::nearest, value::Kind};

use super::name::Target;
use crate::ast::{Comparison, Node, TextTest, Where};

/// A way to compare, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    Compare(Comparison),
    Text(TextTest),
    In,
    Range,
    IsNull,
}

/// More values than anybody writes into an address.
const LONGEST_LIST: usize = 1000;

const fn text(place: Where, fold: bool) -> Lookup {
    Lookup::Text(TextTest { place, fold })
}

const LOOKUPS: &[(&str, Lookup)] = &[
    ("exact", Lookup::Compare(Comparison::Eq)),
    ("iexact", text(Where::Whole, true)),
    ("contains", text(Where::Inside, false)),
    ("icontains", text(Where::Inside, true)),
    ("startswith", text(Where::Start, false)),
    ("istartswith", text(Where::Start, true)),
    ("endswith", text(Where::End, false)),
    ("iendswith", text(Where::End, true)),
    ("in", Lookup::In),
    ("gt", Lookup::Compare(Comparison::Gt)),
    ("gte", Lookup::Compare(Comparison::Ge)),
    ("lt", Lookup::Compare(Comparison::Lt)),
    ("lte", Lookup::Compare(Comparison::Le)),
    ("range", Lookup::Range),
    ("isnull", Lookup::IsNull),
];

impl Lookup {
    /// Does it make sense for this column?
    fn fits(self, field: &FieldMeta) -> bool {
        match self {
            Lookup::IsNull => true,
            Lookup::Text(_) => field.kind == Kind::Text,
            Lookup::In | Lookup::Compare(Comparison::Eq) => !matches!(field.kind, Kind::Json),
            Lookup::Compare(_) | Lookup::Range => {
                !matches!(field.kind, Kind::Json | Kind::Bool | Kind::Bytes)
            }
        }
    }
}

/// Is this the name of a lookup?
pub(super) fn is_lookup(name: &str) -> bool {
    LOOKUPS.iter().any(|(known, _)| *known == name)
}

/// The condition that `given` says of `target`; `asked` is the whole name, for messages, `lookup` its end.
///
/// # Errors
/// Status 400: an unknown lookup, one that does not fit the column, or a value that is none of its kind.
pub(super) fn condition(target: &Target, asked: &str, lookup: &str, given: &str) -> Result<Node> {
    let field = target.field;
    let fitting = || LOOKUPS.iter().filter(|(_, lookup)| lookup.fits(field)).map(|(name, _)| *name);
    let Some((_, lookup)) = LOOKUPS.iter().find(|(name, known)| *name == lookup && known.fits(field)) else {
        let why = if is_lookup(lookup) { "does not fit this field" } else { "is no lookup" };
        let hint = match nearest(lookup, fitting()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", fitting().collect::<Vec<_>>().join(", ")),
        };
        return Err(Error::bad_request(format!("{asked}: `{lookup}` {why}; {hint}")));
    };
    let read = |text: &str| value(field, text).map_err(|why| Error::bad_request(format!("{asked}: {why}")));
    let column = target.column();
    let node = match *lookup {
        Lookup::Compare(op) => Node::compare(op, column, Node::Value(read(given)?)),
        Lookup::Text(test) => Node::Text(test, Box::new(column), given.to_owned()),
        Lookup::In => {
            let all: Vec<&str> = given.split(',').filter(|text| !text.is_empty()).collect();
            if all.len() > LONGEST_LIST {
                let why =
                    format!("{asked}: a list has at most {LONGEST_LIST} values (this has {})", all.len());
                return Err(Error::bad_request(why));
            }
            Node::In(Box::new(column), all.into_iter().map(read).collect::<Result<_>>()?)
        }
        Lookup::Range => {
            let Some((low, high)) = given.split_once(',') else {
                let why = format!("{asked}: expected two values with a comma between, as in `1,5`");
                return Err(Error::bad_request(why));
            };
            let above = Node::compare(Comparison::Ge, column.clone(), Node::Value(read(low)?));
            above.and(Node::compare(Comparison::Le, column, Node::Value(read(high)?)))
        }
        Lookup::IsNull => {
            let Ok(Value::Bool(missing)) = Value::parse(Kind::Bool, given) else {
                let why = format!("{asked}: `{given}` is not yes or no (true, false, on, off, 1, 0)");
                return Err(Error::bad_request(why));
            };
            // A to-many relation is null where it has no rows.
            let is_null = if target.is_relation() {
                Node::Not(Box::new(target.any(None)))
            } else {
                let null = Node::IsNull(Box::new(column));
                if target.is_many() { target.any(Some(null)) } else { null }
            };
            return Ok(match (missing, is_null) {
                (true, node) => node,
                (false, Node::Not(node)) => *node,
                (false, _) if target.is_many() => {
                    target.any(Some(Node::Not(Box::new(Node::IsNull(Box::new(target.column()))))))
                }
                (false, node) => Node::Not(Box::new(node)),
            });
        }
    };
    Ok(if target.is_many() { target.any(Some(node)) } else { node })
}

/// Reads a value as the column's kind; the error is for people.
pub(super) fn value(field: &FieldMeta, text: &str) -> Result<Value, String> {
    let value = Value::parse(field.kind, text).map_err(|error| error.to_string())?;
    if let (false, Value::Text(text)) = (field.choices.is_empty(), &value)
        && !field.choices.iter().any(|choice| choice.value == text)
    {
        let known: Vec<&str> = field.choices.iter().map(|choice| choice.value).collect();
        return Err(format!("`{text}` is not one of {}", known.join(", ")));
    }
    Ok(value)
}
