//! Values as the template language sees them.
//!
//! Text is copied once, lists and maps become shared objects, so that loops and `set` never copy a row. What Jinja
//! has no type for (decimals, dates, times, durations) is an [`Exact`]: shown in ISO form, with parts
//! (`film.released.year`), comparable with its own kind.

mod piece;

use std::{borrow::Cow, cmp::Ordering, fmt, sync::Arc};

use http::StatusCode;
use jiff::{SignedDuration, Timestamp, Zoned, civil, tz::TimeZone};
use minijinja::value::{DynObject, Enumerator, Object, ObjectExt, ObjectRepr, Value, ValueKind};
use quintet_core::{
    Error, ErrorKind as HouseKind, Value as CoreValue,
    value::{Decimal, JsonValue},
    zone,
};

use crate::carried::Carried;

pub(crate) use piece::{Attributes, Shown};

/// The value for templates.
pub(crate) fn to_template(value: &CoreValue) -> Value {
    match value {
        CoreValue::Null => Value::from(()),
        CoreValue::Bool(v) => Value::from(*v),
        CoreValue::Int(v) => Value::from(*v),
        CoreValue::Float(v) => Value::from(*v),
        CoreValue::Text(v) => Value::from(v.as_str()),
        CoreValue::Bytes(v) => Value::from_bytes(v.clone()),
        CoreValue::Decimal(v) => Exact::Decimal(*v).into(),
        CoreValue::Date(v) => Exact::Date(*v).into(),
        CoreValue::Time(v) => Exact::Time(*v).into(),
        CoreValue::DateTime(v) => Exact::DateTime(*v).into(),
        CoreValue::Duration(v) => Exact::Duration(*v).into(),
        CoreValue::Json(v) => json(v),
        CoreValue::Uuid(v) => Value::from(v.to_string()),
        CoreValue::Ip(v) => Value::from(v.to_string()),
        CoreValue::List(items) => list(items.iter().map(to_template)),
        CoreValue::Map(entries) => {
            Value::from_object(Fields(entries.iter().map(|(k, v)| (k.clone(), to_template(v))).collect()))
        }
        CoreValue::NotLoaded(what) => {
            let text = what.to_string();
            let error = Error::of_kind(HouseKind::NotLoaded, StatusCode::INTERNAL_SERVER_ERROR, text);
            Value::from(Carried::into_template(error))
        }
        CoreValue::Piece(piece) => piece::to_shown(piece),
        // A kind of value that core has learned since: its text is better than nothing.
        other => Value::from(format!("{other:?}")),
    }
}

fn json(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::from(()),
        JsonValue::Bool(v) => Value::from(*v),
        JsonValue::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(v), _, _) => Value::from(v),
            (_, Some(v), _) => Value::from(v),
            (_, _, Some(v)) => Value::from(v),
            _ => Value::from(n.to_string()),
        },
        JsonValue::String(v) => Value::from(v.as_str()),
        JsonValue::Array(items) => list(items.iter().map(json)),
        JsonValue::Object(entries) => Value::from_object(Fields(
            entries.iter().map(|(k, v)| (Cow::Owned(k.clone()), json(v))).collect(),
        )),
    }
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::from_object(items.collect::<Vec<_>>())
}

/// Named values in order: a struct, a row.
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) Box<[(Cow<'static, str>, Value)]>);

impl Fields {
    /// Relations that are not loaded can be asked for, and then fail; nobody meets them by walking.
    fn known(&self) -> impl Iterator<Item = &(Cow<'static, str>, Value)> {
        self.0.iter().filter(|(_, value)| value.kind() != ValueKind::Invalid)
    }
}

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    // Rows have few fields: walking them beats hashing the name.
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|fields| Box::new(fields.known().map(|(name, _)| Value::from(name.as_ref()))))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.known().count())
    }
}

/// A value that Jinja has no type for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Exact {
    Decimal(Decimal),
    Date(civil::Date),
    Time(civil::Time),
    DateTime(Timestamp),
    Duration(SignedDuration),
}

impl From<Exact> for Value {
    fn from(exact: Exact) -> Value {
        Value::from_object(exact)
    }
}

impl Exact {
    /// The exact value in a template's value, if it is one.
    pub(crate) fn of(value: &Value) -> Option<Exact> {
        value
            .downcast_object_ref::<Exact>()
            .copied()
            .or_else(|| Some(Exact::DateTime(value.downcast_object_ref::<Local>()?.0.timestamp())))
    }

    fn part(self, name: &str) -> Option<i64> {
        match self {
            Exact::Date(d) => date_part(d, name),
            Exact::Time(t) => time_part(t, name),
            Exact::DateTime(t) => part_of(t.to_zoned(zone::current()).datetime(), name),
            Exact::Duration(d) => match name {
                "seconds" => Some(d.as_secs()),
                "minutes" => Some(d.as_secs() / 60),
                "hours" => Some(d.as_secs() / 3600),
                "days" => Some(d.as_secs() / 86400),
                _ => None,
            },
            Exact::Decimal(_) => None,
        }
    }

    /// Has it an order with the other?
    pub(crate) fn comparable(self, other: Exact) -> bool {
        self.rank() == other.rank()
    }

    /// A text in ISO form as a value that this one can be compared with.
    pub(crate) fn like(self, text: &str) -> Option<Exact> {
        match self {
            Exact::Decimal(_) => text.parse().ok().map(Exact::Decimal),
            Exact::Date(_) | Exact::DateTime(_) => {
                let instant = text.parse::<Timestamp>().ok();
                let instant = instant.or_else(|| {
                    let local =
                        text.parse::<civil::DateTime>().ok().filter(|_| text.contains(['T', 't', ' ']))?;
                    Some(local.to_zoned(zone::current()).ok()?.timestamp())
                });
                instant.map(Exact::DateTime).or_else(|| text.parse().ok().map(Exact::Date))
            }
            Exact::Time(_) => text.parse().ok().map(Exact::Time),
            Exact::Duration(_) => text.parse().ok().map(Exact::Duration),
        }
    }

    /// In messages.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Exact::Decimal(_) => "a decimal",
            Exact::Date(_) => "a date",
            Exact::Time(_) => "a time",
            Exact::DateTime(_) => "a date and time",
            Exact::Duration(_) => "a duration",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Exact::Decimal(_) => 0,
            Exact::Date(_) | Exact::DateTime(_) => 1,
            Exact::Time(_) => 2,
            Exact::Duration(_) => 3,
        }
    }

    /// The instant of a day (its midnight in the current zone) or an instant.
    pub(crate) fn instant(self) -> Option<Timestamp> {
        match self {
            Exact::DateTime(t) => Some(t),
            Exact::Date(d) => d.to_zoned(zone::current()).ok().map(|z| z.timestamp()),
            _ => None,
        }
    }
}

/// `year`, `hour` …
fn part_of(at: civil::DateTime, name: &str) -> Option<i64> {
    date_part(at.date(), name).or_else(|| time_part(at.time(), name))
}

fn date_part(date: civil::Date, name: &str) -> Option<i64> {
    Some(match name {
        "year" => date.year().into(),
        "month" => date.month().into(),
        "day" => date.day().into(),
        "weekday" => date.weekday().to_monday_one_offset().into(),
        _ => return None,
    })
}

fn time_part(time: civil::Time, name: &str) -> Option<i64> {
    Some(match name {
        "hour" => time.hour().into(),
        "minute" => time.minute().into(),
        "second" => time.second().into(),
        _ => return None,
    })
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Exact::Decimal(a), Exact::Decimal(b)) => a.cmp(b),
            (Exact::Date(a), Exact::Date(b)) => a.cmp(b),
            (Exact::Time(a), Exact::Time(b)) => a.cmp(b),
            (Exact::Duration(a), Exact::Duration(b)) => a.cmp(b),
            (a, b) => match (a.instant(), b.instant()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => a.rank().cmp(&b.rank()),
            },
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Exact {}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exact::Decimal(v) => v.fmt(f),
            Exact::Date(v) => v.fmt(f),
            Exact::Time(v) => v.fmt(f),
            Exact::DateTime(v) => match zone::current() {
                zone if zone == TimeZone::UTC => v.fmt(f),
                zone => shown(&v.to_zoned(zone), f),
            },
            Exact::Duration(v) => v.fmt(f),
        }
    }
}

impl Object for Exact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.part(key).map(Value::from)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        match **self {
            Exact::Decimal(v) => !v.is_zero(),
            Exact::Duration(v) => !v.is_zero(),
            _ => true,
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// An instant with a time zone: it shows the place's date and time, and compares as the instant that it is.
#[derive(Debug)]
pub(crate) struct Local(pub(crate) Zoned);

impl Object for Local {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        part_of(self.0.datetime(), key).map(Value::from)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = Exact::of(&Value::from(other.clone()))?;
        Some(Exact::DateTime(self.0.timestamp()).cmp(&other))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(&self.0, f)
    }
}

fn shown(at: &Zoned, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}{}", at.datetime(), offset(at))
}

/// `+02:00`
pub(crate) fn offset(at: &Zoned) -> String {
    let seconds = at.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};

    fn show(source: &str, value: CoreValue) -> String {
        Environment::new().render_str(source, context! { v => to_template(&value) }).unwrap()
    }

    #[test]
    fn what_jinja_has_no_type_for_is_shown_in_iso_form() {
        for (value, text) in [
            (CoreValue::Decimal("12.50".parse().unwrap()), "12.50"),
            (CoreValue::Date("1979-05-25".parse().unwrap()), "1979-05-25"),
            (CoreValue::Time("20:15:00".parse().unwrap()), "20:15:00"),
            (CoreValue::DateTime("1979-05-25T20:15:00Z".parse().unwrap()), "1979-05-25T20:15:00Z"),
            (CoreValue::Duration("PT1H30M".parse().unwrap()), "PT1H30M"),
            (
                CoreValue::Uuid("67e5504410b1426f9247bb680e5fe0c8".parse().unwrap()),
                "67e55044-10b1-426f-9247-bb680e5fe0c8",
            ),
            (CoreValue::Ip("2001:DB8::1".parse().unwrap()), "2001:db8::1"),
        ] {
            assert_eq!(show("{{ v }}", value), text);
        }
    }

    #[test]
    fn dates_and_times_have_parts() {
        let at = CoreValue::DateTime("1979-05-25T20:15:00Z".parse().unwrap());
        assert_eq!(
            show("{{ v.year }}-{{ v.month }}-{{ v.day }} {{ v.hour }}:{{ v.minute }}", at),
            "1979-5-25 20:15"
        );
        let day = CoreValue::Date("1979-05-25".parse().unwrap());
        assert_eq!(show("{{ v.weekday }} {{ v['year'] }} {{ v.hour is defined }}", day), "5 1979 False");
    }

    #[test]
    fn exact_values_are_sorted_and_compared_by_worth_not_by_text() {
        let prices = ["9.5", "10", "-1", "10.00"].map(|p| CoreValue::Decimal(p.parse().unwrap()));
        let list = CoreValue::List(prices.to_vec());
        assert_eq!(
            show("{{ v|sort|join(' ') }} {{ v|max }} {{ v[1] == v[3] }}", list),
            "-1 9.5 10 10.00 10.00 True"
        );
    }

    #[test]
    fn a_day_compares_with_an_instant() {
        let list = CoreValue::List(vec![
            CoreValue::Date("2020-01-02".parse().unwrap()),
            CoreValue::DateTime("2020-01-01T23:59:59Z".parse().unwrap()),
        ]);
        assert_eq!(show("{{ v[0] > v[1] }}{{ v[1] > v[0] }}", list), "TrueFalse");
    }

    #[test]
    fn zero_is_false_and_a_date_is_true() {
        assert_eq!(show("{{ 'y' if v else 'n' }}", CoreValue::Decimal(Decimal::ZERO)), "n");
        assert_eq!(show("{{ 'y' if v else 'n' }}", CoreValue::Date("1979-05-25".parse().unwrap())), "y");
    }

    #[test]
    fn maps_keep_their_order_and_json_is_walked() {
        let map = CoreValue::Map(vec![("z".into(), CoreValue::Int(1)), ("a".into(), CoreValue::Null)]);
        assert_eq!(show("{% for k in v %}{{ k }}{% endfor %} {{ v|length }} {{ v.z }}", map), "za 2 1");
        let value = serde_json::json!({"tags": [{"n": 18_446_744_073_709_551_615_u64}, 1.5, null]});
        assert_eq!(
            show("{{ v.tags[0].n }} {{ v.tags[1] }}", CoreValue::Json(value)),
            "18446744073709551615 1.5"
        );
    }
}
