//! What one value of the file means. Pure functions: a JSON value in, a [`Taken`] out; no database, no position, no state.
//!
//! The rule of the house: a value is taken as it is, or there is a remark. Nothing is guessed that the file does not say.
//! `text.rs` has the repairs that a piece of text may need; the rules here decide what each field may hold.

use quintet::prelude::Date;
use serde_json::Value;

use super::report::{Kind, Remark};
use super::text;

/// The newest release in the source is from 2011; a later year is a two-digit year that was read into the wrong century.
const LAST_YEAR: i16 = 2011;

/// A value that was understood (or not), and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken<T> {
    /// What goes into the database.
    pub value: Option<T>,
    /// What could not be taken as it was.
    pub remarks: Vec<Remark>,
}

impl<T> Taken<T> {
    fn as_is(value: T) -> Self {
        Self { value: Some(value), remarks: Vec::new() }
    }

    fn nothing() -> Self {
        Self { value: None, remarks: Vec::new() }
    }

    fn refused(before: &Value, reason: &'static str) -> Self {
        let remark = Remark { kind: Kind::ValueRefused, reason, before: before.to_string(), after: None };
        Self { value: None, remarks: vec![remark] }
    }

    fn with(mut self, kind: Kind, reason: &'static str, before: &Value, after: impl ToString) -> Self {
        self.remarks.push(Remark {
            kind,
            reason,
            before: before.to_string(),
            after: Some(after.to_string()),
        });
        self
    }
}

/// Text of at most `longest` characters: titles, names, sources. Numbers become text; faults of encoding and spacing are mended.
#[must_use]
pub fn words(value: &Value, longest: usize) -> Taken<String> {
    let taken = match value {
        Value::Null => return Taken::nothing(),
        Value::String(text) => mended(value, text),
        // A whole number has one spelling; `7.50` would come out as `7.5`.
        Value::Number(number) if number.is_u64() || number.is_i64() => {
            Taken::as_is(number.to_string()).with(Kind::Converted, "a number, taken as text", value, number)
        }
        Value::Number(_) => return Taken::refused(value, "a number with a fraction: its spelling is lost"),
        _ => return Taken::refused(value, "neither text nor a number"),
    };
    match &taken.value {
        Some(text) if text.chars().count() > longest => Taken::refused(value, "longer than the field allows"),
        _ => taken,
    }
}

fn mended(value: &Value, text: &str) -> Taken<String> {
    if text.trim().is_empty() {
        return Taken::refused(value, "blank");
    }
    let mut taken = Taken::nothing();
    let mut now = text.to_owned();
    for (reason, mend) in text::REPAIRS {
        if let Some(better) = mend(&now) {
            taken =
                taken.with(Kind::Corrected, reason, &Value::from(now.as_str()), Value::from(better.as_str()));
            now = better;
        }
    }
    taken.value = Some(now);
    taken
}

/// A title, with its article where it belongs.
#[must_use]
pub fn title(value: &Value) -> Taken<String> {
    let mut taken = words(value, 200);
    if let Some((before, after)) =
        taken.value.as_ref().and_then(|title| Some((title.clone(), text::unfiled(title)?)))
    {
        let reason = "written for an index, put back in order";
        taken = taken.with(Kind::Corrected, reason, &Value::from(before), Value::from(after.as_str()));
        taken.value = Some(after);
    }
    taken
}

/// A name of somebody or something: a director, a distributor, a genre.
#[must_use]
pub fn name(value: &Value) -> Taken<String> {
    let taken = words(value, 120);
    match taken.value.as_deref() {
        Some(name) if text::means_unknown(name) => Taken::refused(value, "says that it is not known"),
        _ => taken,
    }
}

/// What a certificate may be called in the file; the exact spelling first, spaces and hyphens do not matter.
const CERTIFICATES: [&str; 6] = ["G", "PG", "PG-13", "R", "NC-17", "Not Rated"];

/// The name of an MPAA certificate: one of `G`, `PG`, `PG-13`, `R`, `NC-17`, `Not Rated`.
#[must_use]
pub fn certificate(value: &Value) -> Taken<&'static str> {
    let bare = |s: &str| -> String {
        s.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
    };
    match value {
        Value::Null => Taken::nothing(),
        Value::String(text) => match CERTIFICATES.into_iter().find(|known| bare(known) == bare(text)) {
            Some(known) if known == text => Taken::as_is(known),
            Some(known) => Taken::as_is(known).with(
                Kind::Corrected,
                "a certificate in another spelling",
                value,
                Value::from(known),
            ),
            None => Taken::refused(value, "no certificate that the MPAA gives"),
        },
        _ => Taken::refused(value, "no certificate that the MPAA gives"),
    }
}

/// A day: `Jun 12 1998` as most of the source writes it, `12-Jun-98` or `1998-06-12` as parts of it have done.
#[must_use]
pub fn day(value: &Value) -> Taken<Date> {
    let text = match value {
        Value::Null => return Taken::nothing(),
        Value::String(text) => text.trim(),
        _ => return Taken::refused(value, "no date"),
    };
    let plain = Date::strptime("%b %d %Y", text).or_else(|_| Date::strptime("%Y-%m-%d", text));
    let two_digits = || Date::strptime("%d-%b-%y", text);
    let (date, short) = match plain {
        Ok(date) => (date, false),
        Err(_) => match two_digits() {
            Ok(date) => (date, true),
            Err(_) => return Taken::refused(value, "no day that the calendar has"),
        },
    };
    if date.year() > LAST_YEAR {
        return match Date::new(date.year() - 100, date.month(), date.day()) {
            Ok(earlier) => Taken::as_is(earlier).with(
                Kind::Corrected,
                "a year after the source was made: a two-digit year read into the wrong century, 100 years taken off",
                value,
                earlier,
            ),
            // 29 February of a year that had none.
            Err(_) => Taken::refused(value, "a day in the future, and no day a hundred years before"),
        };
    }
    if short {
        return Taken::as_is(date).with(
            Kind::Corrected,
            "a year of two digits, its century supplied",
            value,
            date,
        );
    }
    Taken::as_is(date)
}

/// A whole number from `least` to `most`.
#[must_use]
pub fn whole(value: &Value, least: i64, most: i64) -> Taken<i64> {
    let taken = match value {
        Value::Null => return Taken::nothing(),
        Value::Number(number) => match number.as_i64() {
            Some(n) => Taken::as_is(n),
            None => return Taken::refused(value, "not a whole number"),
        },
        Value::String(text) => match text.trim().parse::<i64>() {
            Ok(n) => Taken::as_is(n).with(Kind::Converted, "text, taken as a number", value, n),
            Err(_) => return Taken::refused(value, "not a whole number"),
        },
        _ => return Taken::refused(value, "not a whole number"),
    };
    match taken.value {
        Some(n) if !(least..=most).contains(&n) => Taken::refused(value, "outside of what can be"),
        _ => taken,
    }
}

/// An amount in US dollars. The source writes 0 where it has no figure, but a few films did earn nothing: 0 is kept, with a remark.
#[must_use]
pub fn dollars(value: &Value) -> Taken<i64> {
    let taken = whole(value, 0, i64::MAX);
    match taken.value {
        Some(0) => taken.with(
            Kind::Doubtful,
            "an amount of 0: the source writes it where it has no figure",
            value,
            0,
        ),
        _ => taken,
    }
}

/// A rating from 1 to 10 with one decimal.
#[must_use]
pub fn rating(value: &Value) -> Taken<f64> {
    match value {
        Value::Null => Taken::nothing(),
        Value::Number(number) => match number.as_f64() {
            Some(n) if (1.0..=10.0).contains(&n) => Taken::as_is(n),
            _ => Taken::refused(value, "outside of what can be"),
        },
        _ => Taken::refused(value, "not a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What was taken, and the remarks in short: kind, before, after.
    type Short = (Option<String>, Vec<(Kind, String, Option<String>)>);

    /// Shortens what was taken.
    fn told<T: ToString>(taken: Taken<T>) -> Short {
        let remarks = taken.remarks.into_iter().map(|r| (r.kind, r.before, r.after)).collect();
        (taken.value.map(|v| v.to_string()), remarks)
    }

    fn taken(value: &str) -> Short {
        (Some(value.to_owned()), vec![])
    }

    fn changed(kind: Kind, before: &str, after: &str, value: &str) -> Short {
        (Some(value.to_owned()), vec![(kind, before.to_owned(), Some(after.to_owned()))])
    }

    fn refused(before: &str) -> Short {
        (None, vec![(Kind::ValueRefused, before.to_owned(), None)])
    }

    #[test]
    fn titles() {
        assert_eq!(told(title(&json!("Alien³"))), taken("Alien³"));
        assert_eq!(told(title(&json!(300))), changed(Kind::Converted, "300", "300", "300"));
        assert_eq!(told(title(&json!(7.5))), refused("7.5"));
        assert_eq!(told(title(&json!("  "))), refused("\"  \""));
        assert_eq!(told(title(&json!(["M"]))), refused("[\"M\"]"));
        assert_eq!(told(title(&Value::Null)), (None, vec![]));
        assert_eq!(
            told(title(&json!("Barbarians, The"))),
            changed(Kind::Corrected, "\"Barbarians, The\"", "\"The Barbarians\"", "The Barbarians")
        );
        assert_eq!(told(title(&json!("x".repeat(201)))).0, None);
    }

    #[test]
    fn a_title_with_two_faults_has_two_remarks() {
        let got = title(&json!("LÈon,  The"));
        assert_eq!(got.value.as_deref(), Some("The Léon"));
        assert_eq!(got.remarks.len(), 3);
        assert_eq!(got.remarks.last().and_then(|r| r.after.as_deref()), Some("\"The Léon\""));
    }

    #[test]
    fn names() {
        assert_eq!(told(name(&json!("MGM/UA Classics"))), taken("MGM/UA Classics"));
        assert_eq!(told(name(&json!("Distributor Unknown"))), refused("\"Distributor Unknown\""));
        assert_eq!(
            told(name(&json!("Jeff \"\"King Jeff\"\" Hollins"))).0.as_deref(),
            Some("Jeff \"King Jeff\" Hollins")
        );
    }

    #[test]
    fn days() {
        assert_eq!(told(day(&json!("Jun 12 1998"))), taken("1998-06-12"));
        assert_eq!(told(day(&json!("1998-06-12"))), taken("1998-06-12"));
        assert_eq!(told(day(&json!("Dec 23 2011"))), taken("2011-12-23"));
        assert_eq!(
            told(day(&json!("Dec 31 2046"))),
            changed(Kind::Corrected, "\"Dec 31 2046\"", "1946-12-31", "1946-12-31")
        );
        assert_eq!(told(day(&json!("12-Jun-98"))).0.as_deref(), Some("1998-06-12"));
        assert_eq!(told(day(&json!("12-Jun-46"))).0.as_deref(), Some("1946-06-12"));
        assert_eq!(told(day(&json!("12-Jun-98"))).1.len(), 1);
        for wrong in [json!("Feb 30 1998"), json!("1998"), json!("soon"), json!(1998), json!("Feb 29 2000x")]
        {
            assert_eq!(told(day(&wrong)), refused(&wrong.to_string()));
        }
    }

    #[test]
    fn certificates() {
        assert_eq!(told(certificate(&json!("PG-13"))), taken("PG-13"));
        assert_eq!(
            told(certificate(&json!("pg 13"))),
            changed(Kind::Corrected, "\"pg 13\"", "\"PG-13\"", "PG-13")
        );
        assert_eq!(told(certificate(&json!("Open"))), refused("\"Open\""));
        assert_eq!(told(certificate(&Value::Null)), (None, vec![]));
    }

    #[test]
    fn amounts_and_figures() {
        assert_eq!(told(dollars(&json!(2767891499_i64))), taken("2767891499"));
        assert_eq!(told(dollars(&json!(0))), changed(Kind::Doubtful, "0", "0", "0"));
        assert_eq!(told(dollars(&json!(-1))), refused("-1"));
        assert_eq!(told(whole(&json!("46"), 1, 1000)), changed(Kind::Converted, "\"46\"", "46", "46"));
        assert_eq!(told(whole(&json!(1.5), 1, 1000)), refused("1.5"));
        assert_eq!(told(whole(&json!(101), 0, 100)), refused("101"));
        assert_eq!(told(whole(&json!(true), 0, 100)), refused("true"));
        assert_eq!(told(rating(&json!(7))), taken("7"));
        assert_eq!(told(rating(&json!(6.1))), taken("6.1"));
        assert_eq!(told(rating(&json!(0.5))), refused("0.5"));
        assert_eq!(told(rating(&json!("7"))), refused("\"7\""));
    }
}
