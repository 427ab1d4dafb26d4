//! Parts of dates and instants, and the units that they lie in.
//!
//! Where dates are stored as text of fixed width, a unit is a part of the text with a fixed end.

use quintet_core::{Error, Result, Value, value::Kind};

use super::Render;
use crate::ast::{DateFunction, DatePart, DateUnit, Node};

impl Render {
    pub(super) fn date(&mut self, function: DateFunction, kind: Kind, inner: &Node) -> Result {
        if let (Kind::DateTime, Some(zone)) = (kind, zone_of(inner)) {
            return self.in_zone(function, inner, &known(zone)?);
        }
        match (function, self.registered()) {
            (DateFunction::Part(part), true) => self.stored_part(part, inner),
            (DateFunction::Part(part), false) => self.part(part, kind, inner),
            (DateFunction::Start(unit), true) => self.stored_start(unit, kind, inner),
            (DateFunction::Start(unit), false) => self.start(unit, kind, inner),
            (DateFunction::Day, true) => self.around("SUBSTR(", inner, ", 1, 10)"),
            (DateFunction::Day, false) => self.around("CAST((", inner, ") AT TIME ZONE 'UTC' AS DATE)"),
            // A time of day is stored without a fraction where it has none.
            (DateFunction::Time, true) => self.around("REPLACE(SUBSTR(", inner, ", 12), '.000000', '')"),
            (DateFunction::Time, false) => self.around("CAST((", inner, ") AT TIME ZONE 'UTC' AS TIME)"),
        }
    }

    /// A part or unit as the clocks of a time zone show it.
    fn in_zone(&mut self, function: DateFunction, inner: &Node, zone: &Value) -> Result {
        let registered = self.registered();
        if let DateFunction::Start(unit) = function {
            // The instant at which the unit starts there.
            self.push(if registered { "quintet_zone_start('" } else { "DATE_TRUNC('" });
            self.push(unit_name(unit));
            self.push("', ");
            self.node(inner)?;
            self.push(", ");
            self.zone(zone)?;
            self.push(")");
            return Ok(());
        }
        let at = self.sql.len();
        if registered {
            self.push("quintet_zone_clock(");
            self.node(inner)?;
            self.push(", ");
        } else {
            self.push("((");
            self.node(inner)?;
            self.push(") AT TIME ZONE ");
        }
        self.zone(zone)?;
        self.push(")");
        let clock = self.sql.split_off(at);
        let text = match (function, registered) {
            (DateFunction::Part(part), true) => {
                return self.stored_part_of(part, |render| render.pushed(&clock));
            }
            (DateFunction::Part(part), false) => return self.part_of(part, |render| render.pushed(&clock)),
            (DateFunction::Day, true) => format!("SUBSTR({clock}, 1, 10)"),
            (DateFunction::Day, false) => format!("CAST({clock} AS DATE)"),
            (DateFunction::Time, true) => format!("REPLACE(SUBSTR({clock}, 12), '.000000', '')"),
            (DateFunction::Time, false) => format!("CAST({clock} AS TIME)"),
            (DateFunction::Start(_), _) => String::new(),
        };
        self.pushed(&text)
    }

    fn pushed(&mut self, text: &str) -> Result {
        self.push(text);
        Ok(())
    }

    fn zone(&mut self, zone: &Value) -> Result {
        self.typed(&Node::Value(zone.clone()), Kind::Text)
    }

    fn around(&mut self, before: &str, inner: &Node, after: &str) -> Result {
        self.push(before);
        self.node(inner)?;
        self.push(after);
        Ok(())
    }

    fn stored_part(&mut self, part: DatePart, inner: &Node) -> Result {
        self.stored_part_of(part, |render| render.node(inner))
    }

    fn stored_part_of(&mut self, part: DatePart, write: impl Fn(&mut Self) -> Result) -> Result {
        let (before, after) = match part {
            DatePart::Year => ("CAST(STRFTIME('%Y', ", ") AS INTEGER)"),
            DatePart::IsoYear => ("CAST(STRFTIME('%G', ", ") AS INTEGER)"),
            DatePart::Month => ("CAST(STRFTIME('%m', ", ") AS INTEGER)"),
            DatePart::Week => ("CAST(STRFTIME('%V', ", ") AS INTEGER)"),
            DatePart::Day => ("CAST(STRFTIME('%d', ", ") AS INTEGER)"),
            DatePart::DayOfYear => ("CAST(STRFTIME('%j', ", ") AS INTEGER)"),
            DatePart::Weekday => ("CAST(STRFTIME('%u', ", ") AS INTEGER)"),
            DatePart::SundayWeekday => ("(STRFTIME('%w', ", ") + 1)"),
            DatePart::Hour => ("CAST(STRFTIME('%H', ", ") AS INTEGER)"),
            DatePart::Minute => ("CAST(STRFTIME('%M', ", ") AS INTEGER)"),
            DatePart::Second => ("CAST(STRFTIME('%S', ", ") AS INTEGER)"),
            DatePart::Quarter => ("((CAST(STRFTIME('%m', ", ") AS INTEGER) + 2) / 3)"),
        };
        self.push(before);
        write(self)?;
        self.push(after);
        Ok(())
    }

    fn part(&mut self, part: DatePart, kind: Kind, inner: &Node) -> Result {
        self.part_of(part, |render| render.in_utc(kind, inner))
    }

    fn part_of(&mut self, part: DatePart, write: impl Fn(&mut Self) -> Result) -> Result {
        let field = match part {
            DatePart::Year => "YEAR",
            DatePart::IsoYear => "ISOYEAR",
            DatePart::Quarter => "QUARTER",
            DatePart::Month => "MONTH",
            DatePart::Week => "WEEK",
            DatePart::Day => "DAY",
            DatePart::DayOfYear => "DOY",
            DatePart::Weekday => "ISODOW",
            DatePart::SundayWeekday => "DOW",
            DatePart::Hour => "HOUR",
            DatePart::Minute => "MINUTE",
            DatePart::Second => "SECOND",
        };
        // The second comes with its fraction.
        let (before, after) = match part {
            DatePart::Second => ("CAST(FLOOR(EXTRACT(", ")) AS INTEGER)"),
            DatePart::SundayWeekday => ("(CAST(EXTRACT(", ") AS INTEGER) + 1)"),
            _ => ("CAST(EXTRACT(", ") AS INTEGER)"),
        };
        self.push(before);
        self.push(field);
        self.push(" FROM ");
        write(self)?;
        self.push(after);
        Ok(())
    }

    /// An instant as its day and time in UTC, whatever the connection's own zone.
    fn in_utc(&mut self, kind: Kind, inner: &Node) -> Result {
        if kind == Kind::DateTime {
            return self.around("((", inner, ") AT TIME ZONE 'UTC')");
        }
        self.operand(inner)
    }

    fn stored_start(&mut self, unit: DateUnit, kind: Kind, inner: &Node) -> Result {
        let instant = kind == Kind::DateTime;
        // The text's first characters, and what follows them.
        let (kept, end) = match (unit, instant) {
            (DateUnit::Year, _) => (4, "-01-01"),
            (DateUnit::Month, _) => (7, "-01"),
            (DateUnit::Hour, true) => (13, ":00:00.000000"),
            (DateUnit::Minute, true) => (16, ":00.000000"),
            (DateUnit::Second, true) => (19, ".000000"),
            (DateUnit::Day | DateUnit::Hour | DateUnit::Minute | DateUnit::Second, _) => (10, ""),
            (DateUnit::Week, _) => {
                self.around("(DATE(", inner, ", 'weekday 0', '-6 days')")?;
                return self.end_of_day(instant, "");
            }
            (DateUnit::Quarter, _) => {
                self.push("(SUBSTR(");
                self.node(inner)?;
                self.push(", 1, 5) || PRINTF('%02d-01', (SUBSTR(");
                self.around("", inner, ", 6, 2) - 1) / 3 * 3 + 1)")?;
                return self.end_of_day(instant, "");
            }
        };
        self.push("(SUBSTR(");
        self.node(inner)?;
        self.push(", 1, ");
        self.number(kept);
        self.push(")");
        self.end_of_day(instant && kept <= 10, end)
    }

    fn end_of_day(&mut self, midnight: bool, end: &str) -> Result {
        if midnight || !end.is_empty() {
            self.push(" || '");
            self.push(end);
            self.push(if midnight { " 00:00:00.000000'" } else { "'" });
        }
        self.push(")");
        Ok(())
    }

    fn start(&mut self, unit: DateUnit, kind: Kind, inner: &Node) -> Result {
        let instant = kind == Kind::DateTime;
        self.push(if instant { "(DATE_TRUNC('" } else { "CAST(DATE_TRUNC('" });
        self.push(unit_name(unit));
        self.push("', ");
        self.in_utc(kind, inner)?;
        self.push(if instant { ") AT TIME ZONE 'UTC')" } else { ") AS DATE)" });
        Ok(())
    }
}

fn unit_name(unit: DateUnit) -> &'static str {
    match unit {
        DateUnit::Year => "year",
        DateUnit::Quarter => "quarter",
        DateUnit::Month => "month",
        DateUnit::Week => "week",
        DateUnit::Day => "day",
        DateUnit::Hour => "hour",
        DateUnit::Minute => "minute",
        DateUnit::Second => "second",
    }
}

/// The time zone whose clocks tell the parts of an instant; `None` for UTC.
fn zone_of(node: &Node) -> Option<&Node> {
    match node {
        Node::InZone(_, zone) => Some(zone),
        // The start of a unit there is an instant of that zone.
        Node::Date(DateFunction::Start(_), _, inner) => zone_of(inner),
        _ => None,
    }
}

/// A zone's name, if the database of time zones has it. Databases would take more than names, and each something else.
fn known(zone: &Node) -> Result<Value> {
    match zone {
        Node::Value(Value::Text(name)) if jiff::tz::TimeZone::get(name).is_ok() => {
            Ok(Value::Text(name.clone()))
        }
        Node::Value(Value::Text(name)) => Err(Error::bad_request(format!(
            "there is no time zone {name:?}: zones have names such as \"Europe/Berlin\" or \"UTC\""
        ))),
        _ => Err(Error::internal("a time zone is a text")),
    }
}
