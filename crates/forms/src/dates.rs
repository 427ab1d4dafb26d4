//! A day that is chosen in three lists: the widget `select_date`.

use jiff::civil::Date;
use quintet_core::{Value, clock, meta::FieldMeta};
use quintet_web::DataField;

use crate::{FormBody, choice::Offer};

/// More years than these are not listed.
const MOST: i16 = 400;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The three lists, by the ends of their names.
pub(crate) const PARTS: [&str; 3] = ["year", "month", "day"];

/// What came of them, as one text: `2026-02-03`. Nothing if no list came, or none had anything chosen; what is no day stays a text that
/// is refused.
pub(crate) fn sent(body: &FormBody, name: &str) -> Option<String> {
    let [year, month, day] = PARTS.map(|part| body.text(&format!("{name}_{part}")).map(str::trim));
    if [year, month, day].iter().all(|part| part.is_none_or(str::is_empty)) {
        return None;
    }
    let [year, month, day] = [year, month, day].map(Option::unwrap_or_default);
    Some(format!("{year:0>4}-{month:0>2}-{day:0>2}"))
}

/// The parts of such a text, without leading zeros; empty where nothing was chosen.
pub(crate) fn parts(text: &str) -> [String; 3] {
    let mut parts = text.splitn(3, '-').map(|part| part.trim_start_matches('0').to_owned());
    [(); 3].map(|()| parts.next().unwrap_or_default())
}

/// What each of the lists offers: the years from the field's `min` to its `max`, else ten from now on (or as many before as there is
/// only a `max`), and that of `shown`.
pub(crate) fn offers(field: &DataField, column: Option<&FieldMeta>, shown: &str) -> [Vec<Offer>; 3] {
    let bound =
        |own: Option<fn() -> Value>, column: Option<fn() -> Value>| match own.or(column).map(|make| make()) {
            Some(Value::Date(day)) => Some(day),
            _ => None,
        };
    let rules = column.map(|column| column.rules);
    let least = bound(field.min, rules.and_then(|rules| rules.min)).map(Date::year);
    let most = bound(field.max, rules.and_then(|rules| rules.max)).map(Date::year);
    let now = jiff::tz::TimeZone::UTC.to_datetime(clock::now()).year();
    let (least, most) = match (least, most) {
        (Some(least), Some(most)) => (least, most),
        (Some(least), None) => (least, now.max(least).saturating_add(9)),
        (None, Some(most)) => (now.min(most).saturating_sub(99), most),
        (None, None) => (now, now.saturating_add(9)),
    };
    let mut years: Vec<i16> = (least..=most).take(usize::from(MOST.unsigned_abs())).collect();
    if let Ok(year) = shown.parse::<i16>()
        && !years.contains(&year)
    {
        years.push(year);
        years.sort_unstable();
    }
    let months = (1..).zip(MONTHS).map(|(number, name)| Offer::new(number.to_string(), name));
    [
        years.into_iter().map(|year| Offer::new(year.to_string(), year.to_string())).collect(),
        months.collect(),
        (1..=31).map(|day| Offer::new(day.to_string(), day.to_string())).collect(),
    ]
}
