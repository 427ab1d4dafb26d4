//! Values as the controls of a form write them.

use jiff::tz::TimeZone;
use quintet_core::Value;

/// The texts of a value: those of a list one by one, none of nothing.
pub(crate) fn texts(value: &Value, zone: &TimeZone) -> Vec<String> {
    match value {
        Value::Null | Value::NotLoaded(_) => Vec::new(),
        Value::List(items) if items.iter().all(is_single) => {
            items.iter().map(|item| text(item, zone)).collect()
        }
        one => vec![text(one, zone)],
    }
}

fn is_single(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_) | Value::Json(_) | Value::Piece(_))
}

/// As a control writes it; an instant is the clock of the zone, without an offset.
fn text(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::DateTime(at) => {
            let local = zone.to_datetime(*at);
            let seconds = if local.second() == 0 && local.subsec_nanosecond() == 0 { "" } else { ":%S%.f" };
            local.strftime(&format!("%Y-%m-%dT%H:%M{seconds}")).to_string()
        }
        Value::Time(time) => {
            let seconds = if time.second() == 0 && time.subsec_nanosecond() == 0 { "" } else { ":%S%.f" };
            time.strftime(&format!("%H:%M{seconds}")).to_string()
        }
        Value::Duration(span) => duration(*span),
        other => plain(other),
    }
}

/// `1:30:00`, as people write it; what is finer than a second in ISO form.
fn duration(span: jiff::SignedDuration) -> String {
    if span.subsec_nanos() != 0 {
        return span.to_string();
    }
    let (sign, seconds) = (if span.is_negative() { "-" } else { "" }, span.as_secs().unsigned_abs());
    format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A value as text, as JSON would write it without quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null | Value::NotLoaded(_) => String::new(),
        Value::Text(text) => text.clone(),
        Value::Json(json) => serde_json::to_string_pretty(json).unwrap_or_default(),
        Value::List(_) | Value::Map(_) | Value::Piece(_) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
        other => match serde_json::to_value(other) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(json) => json.to_string(),
            Err(_) => String::new(),
        },
    }
}

/// Is it what a box that is ticked sends?
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "on" | "yes" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_controls_want_them() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| Value::DateTime(text.parse().unwrap());
        for (value, texts_of) in [
            (at("2026-07-01T16:30:00Z"), "2026-07-01T18:30"),
            (at("2026-01-01T16:30:05Z"), "2026-01-01T17:30:05"),
            (at("2026-01-01T16:30:05.25Z"), "2026-01-01T17:30:05.25"),
            (Value::Time("18:30:00".parse().unwrap()), "18:30"),
            (Value::Time("18:30:01".parse().unwrap()), "18:30:01"),
            (Value::Date("1979-05-25".parse().unwrap()), "1979-05-25"),
            (Value::Duration(jiff::SignedDuration::from_secs(-5405)), "-1:30:05"),
            (Value::Duration(jiff::SignedDuration::from_hours(50)), "50:00:00"),
            (Value::Bool(true), "true"),
            (Value::Int(-7), "-7"),
            (Value::Float(0.1), "0.1"),
            (Value::Text("<b>".into()), "<b>"),
            (Value::Json(serde_json::json!([1])), "[\n  1\n]"),
        ] {
            assert_eq!(texts(&value, &berlin), [texts_of], "{value:?}");
        }
        assert!(texts(&Value::Null, &berlin).is_empty());
        assert_eq!(texts(&Value::List(vec![Value::Int(1), Value::Int(2)]), &berlin), ["1", "2"]);
    }
}
