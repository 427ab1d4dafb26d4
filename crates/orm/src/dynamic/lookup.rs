//! From `gte` and `"5"` to a condition.

use quintet_core::{Error, Result, Value, meta::FieldMeta, near::nearest, value::Kind};

use super::name::Target;
use crate::ast::{Comparison, DateFunction, DatePart, JsonStep, Node, TextTest, Where};

/// A way to compare, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    Compare(Comparison),
    Text(TextTest),
    In,
    Range,
    IsNull,
    HasKey,
    HasKeys,
    HasAnyKey,
    Contains,
    ContainedBy,
}

/// More values than anybody writes into an address.
const LONGEST_LIST: usize = 1000;

/// More names of members than anybody writes into an address.
const LONGEST_KEYS: usize = 100;

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
    ("has_key", Lookup::HasKey),
    ("has_keys", Lookup::HasKeys),
    ("has_any_keys", Lookup::HasAnyKey),
    ("contains", Lookup::Contains),
    ("contained_by", Lookup::ContainedBy),
];

const fn part(part: DatePart) -> DateFunction {
    DateFunction::Part(part)
}

/// What can be taken of a date, a time or an instant (in UTC) before it is compared: `released__year__gte`.
const PARTS: &[(&str, DateFunction)] = &[
    ("year", part(DatePart::Year)),
    ("iso_year", part(DatePart::IsoYear)),
    ("quarter", part(DatePart::Quarter)),
    ("month", part(DatePart::Month)),
    ("week", part(DatePart::Week)),
    ("day", part(DatePart::Day)),
    ("iso_week_day", part(DatePart::Weekday)),
    ("week_day", part(DatePart::SundayWeekday)),
    ("hour", part(DatePart::Hour)),
    ("minute", part(DatePart::Minute)),
    ("second", part(DatePart::Second)),
    ("date", DateFunction::Day),
    ("time", DateFunction::Time),
];

impl Lookup {
    /// Does it make sense for this column?
    fn fits(self, kind: Kind) -> bool {
        match self {
            Lookup::IsNull => true,
            Lookup::Text(_) => kind == Kind::Text,
            Lookup::HasKey | Lookup::HasKeys | Lookup::HasAnyKey | Lookup::Contains | Lookup::ContainedBy => {
                kind == Kind::Json
            }
            Lookup::In | Lookup::Compare(Comparison::Eq) => !matches!(kind, Kind::Json),
            Lookup::Compare(_) | Lookup::Range => !matches!(kind, Kind::Json | Kind::Bool | Kind::Bytes),
        }
    }
}

/// Is this the name of a lookup?
pub(super) fn is_lookup(name: &str) -> bool {
    let of_part = |(part, _): &(&str, DateFunction)| {
        name.strip_prefix(part)
            .is_some_and(|rest| rest.is_empty() || rest.strip_prefix("__").is_some_and(is_plain))
    };
    is_plain(name) || PARTS.iter().any(of_part)
}

fn is_plain(name: &str) -> bool {
    LOOKUPS.iter().any(|(known, _)| *known == name)
}

/// What is compared: the column, or a part of it; and its kind.
struct Compared {
    node: Node,
    kind: Kind,
}

/// Takes the part off that a lookup begins with, and gives the rest.
fn compared<'a>(target: &Target, lookup: &'a str) -> (Compared, &'a str) {
    let (column, kind) = (target.column(), target.field.kind);
    let (first, rest) = lookup.split_once("__").unwrap_or((lookup, "exact"));
    let (has_day, has_clock) =
        (matches!(kind, Kind::Date | Kind::DateTime), matches!(kind, Kind::Time | Kind::DateTime));
    let fits = |function: DateFunction| match function {
        DateFunction::Part(DatePart::Hour | DatePart::Minute | DatePart::Second) => has_clock,
        DateFunction::Part(_) | DateFunction::Start(_) => has_day,
        DateFunction::Day | DateFunction::Time => has_day && has_clock,
    };
    match PARTS.iter().find(|(name, function)| *name == first && fits(*function)) {
        Some((_, function)) => {
            let of = match function {
                DateFunction::Day => Kind::Date,
                DateFunction::Time => Kind::Time,
                _ => Kind::Int,
            };
            (Compared { node: Node::Date(*function, kind, Box::new(column)), kind: of }, rest)
        }
        None => (Compared { node: column, kind }, lookup),
    }
}

/// The condition that `given` says of `target`; `asked` is the whole name, for messages, `lookup` its end.
///
/// # Errors
/// Status 400: an unknown lookup, one that does not fit the column, or a value that is none of its kind.
pub(super) fn condition(target: &Target, asked: &str, lookup: &str, given: &str) -> Result<Node> {
    let field = target.field;
    let (Compared { node: column, kind }, lookup) = compared(target, lookup);
    let fitting = || LOOKUPS.iter().filter(|(_, lookup)| lookup.fits(kind)).map(|(name, _)| *name);
    let Some((_, lookup)) = LOOKUPS.iter().find(|(name, known)| *name == lookup && known.fits(kind)) else {
        let why = if is_lookup(lookup) { "does not fit this field" } else { "is no lookup" };
        let hint = match nearest(lookup, fitting()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", fitting().collect::<Vec<_>>().join(", ")),
        };
        return Err(Error::bad_request(format!("{asked}: `{lookup}` {why}; {hint}")));
    };
    if let (Some(model), true) = (target.several_columns(), *lookup != Lookup::IsNull) {
        let names: Vec<&str> = model.key_fields().map(|field| field.name).collect();
        return Err(Error::bad_request(format!(
            "{asked}: the key of a {} has several columns, name one of them: {}",
            model.verbose_name,
            names.join(", ")
        )));
    }
    let read = |text: &str| {
        let read = match kind == field.kind {
            true => value(field, text),
            false => Value::parse(kind, text).map_err(|error| error.to_string()),
        };
        read.map_err(|why| Error::bad_request(format!("{asked}: {why}")))
    };
    let has = |key: &str| {
        let step = JsonStep::Key(key.to_owned());
        Node::Not(Box::new(Node::IsNull(Box::new(Node::JsonAt(Box::new(column.clone()), step)))))
    };
    let keys = || given.split(',').filter(|key| !key.is_empty()).take(LONGEST_KEYS);
    let node = match *lookup {
        Lookup::Compare(op) => Node::compare(op, column, Node::Value(read(given)?)),
        Lookup::HasKey => has(given),
        Lookup::HasKeys => Node::And(keys().map(has).collect()),
        Lookup::HasAnyKey => Node::Or(keys().map(has).collect()),
        Lookup::Contains => Node::JsonContains(Box::new(column), Box::new(Node::Value(read(given)?))),
        Lookup::ContainedBy => Node::JsonContains(Box::new(Node::Value(read(given)?)), Box::new(column)),
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
                let null = Node::IsNull(Box::new(column.clone()));
                if target.is_many() { target.any(Some(null)) } else { null }
            };
            return Ok(match (missing, is_null) {
                (true, node) => node,
                (false, Node::Not(node)) => *node,
                (false, _) if target.is_many() => {
                    target.any(Some(Node::Not(Box::new(Node::IsNull(Box::new(column))))))
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
