//! Parts of dates and instants, and the units that they lie in.
//!
//! Where dates are stored as text of fixed width, a unit is a part of the text with a fixed end.

use quintet_core::{Result, value::Kind};

use super::Render;
use crate::ast::{DateFunction, DatePart, DateUnit, Node};

impl Render {
    pub(super) fn date(&mut self, function: DateFunction, kind: Kind, inner: &Node) -> Result {
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

    fn around(&mut self, before: &str, inner: &Node, after: &str) -> Result {
        self.push(before);
        self.node(inner)?;
        self.push(after);
        Ok(())
    }

    fn stored_part(&mut self, part: DatePart, inner: &Node) -> Result {
        let format = match part {
            DatePart::Year => "%Y",
            DatePart::Month => "%m",
            DatePart::Week => "%V",
            DatePart::Day => "%d",
            DatePart::Weekday => "%u",
            DatePart::Hour => "%H",
            DatePart::Minute => "%M",
            DatePart::Second => "%S",
            DatePart::Quarter => {
                return self.around("((CAST(STRFTIME('%m', ", inner, ") AS INTEGER) + 2) / 3)");
            }
        };
        self.push("CAST(STRFTIME('");
        self.push(format);
        self.around("', ", inner, ") AS INTEGER)")
    }

    fn part(&mut self, part: DatePart, kind: Kind, inner: &Node) -> Result {
        let field = match part {
            DatePart::Year => "YEAR",
            DatePart::Quarter => "QUARTER",
            DatePart::Month => "MONTH",
            DatePart::Week => "WEEK",
            DatePart::Day => "DAY",
            DatePart::Weekday => "ISODOW",
            DatePart::Hour => "HOUR",
            DatePart::Minute => "MINUTE",
            DatePart::Second => "SECOND",
        };
        // The second comes with its fraction.
        let whole = part == DatePart::Second;
        self.push(if whole { "CAST(FLOOR(EXTRACT(" } else { "CAST(EXTRACT(" });
        self.push(field);
        self.push(" FROM ");
        self.in_utc(kind, inner)?;
        self.push(if whole { ")) AS INTEGER)" } else { ") AS INTEGER)" });
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
        let field = match unit {
            DateUnit::Year => "year",
            DateUnit::Quarter => "quarter",
            DateUnit::Month => "month",
            DateUnit::Week => "week",
            DateUnit::Day => "day",
            DateUnit::Hour => "hour",
            DateUnit::Minute => "minute",
            DateUnit::Second => "second",
        };
        let instant = kind == Kind::DateTime;
        self.push(if instant { "(DATE_TRUNC('" } else { "CAST(DATE_TRUNC('" });
        self.push(field);
        self.push("', ");
        self.in_utc(kind, inner)?;
        self.push(if instant { ") AT TIME ZONE 'UTC')" } else { ") AS DATE)" });
        Ok(())
    }
}
