//! Parts of dates and instants, and the units that they lie in. Instants are taken in UTC, unless `in_tz` says otherwise.

use quintet_core::{
    Value,
    value::{Date, Time, Timestamp},
};

use super::{Col, Expr, Like, operand_methods};
use crate::{
    ast::{DateFunction, DatePart, DateUnit, Function, Node},
    field::{ClockLike, DateLike, FieldType, InstantLike},
};

fn take<M, O>(node: Node, kind: quintet_core::value::Kind, function: DateFunction) -> Expr<M, O> {
    Expr::from_node(Node::Date(function, kind, Box::new(node)))
}

macro_rules! parts {
    ($($bound:ident: $($(#[$doc:meta])+ $name:ident = $part:ident;)+)+) => {
        operand_methods! {$($(
            $(#[$doc])+
            pub fn $name(self) -> Expr<M, Like<Self, i32>> where T: $bound {
                take(self.node(), T::KIND, DateFunction::Part(DatePart::$part))
            }
        )+)+}
    };
}

parts! {
    DateLike:
    /// The year: `Film.released.year().eq(1979)`.
    year = Year;
    /// The quarter, 1 to 4.
    quarter = Quarter;
    /// The month, 1 to 12.
    month = Month;
    /// The ISO week, 1 to 53: week 1 has the year's first Thursday.
    week = Week;
    /// The year that the ISO week belongs to: that of its Thursday.
    iso_year = IsoYear;
    /// The day of the month, 1 to 31.
    day = Day;
    /// The day of the year, 1 to 366.
    day_of_year = DayOfYear;
    /// The day of the week, 1 (Monday) to 7 (Sunday).
    weekday = Weekday;
    /// The day of the week, 1 (Sunday) to 7 (Saturday), as Django's `week_day`.
    weekday_from_sunday = SundayWeekday;
    ClockLike:
    /// The hour, 0 to 23.
    hour = Hour;
    /// The minute, 0 to 59.
    minute = Minute;
    /// The second, 0 to 59.
    second = Second;
}

operand_methods! {
    /// The start of the unit that it lies in: `Film.released.truncate(DateUnit::Month)` is the 1st.
    pub fn truncate(self, unit: DateUnit) -> Expr<M, Like<Self, T::Base>> where T: DateLike {
        take(self.node(), T::KIND, DateFunction::Start(unit))
    }

    /// The same instant, but its parts, its day, its time of day and the units that it lies in are those of this time zone:
    /// `Event.at.in_tz("Europe/Berlin").hour()`, `Event.at.in_tz(user.zone).truncate(DateUnit::Month)`.
    ///
    /// A zone that does not exist is an error of status 400 when the query is run.
    pub fn in_tz(self, zone: impl AsRef<str>) -> Expr<M, Like<Self, T::Base>> where T: InstantLike {
        let zone = Node::Value(Value::Text(zone.as_ref().to_owned()));
        Expr::from_node(Node::InZone(Box::new(self.node()), Box::new(zone)))
    }

    /// The day of an instant.
    pub fn date(self) -> Expr<M, Like<Self, Date>> where T: InstantLike {
        take(self.node(), T::KIND, DateFunction::Day)
    }

    /// The time of day of an instant.
    pub fn time(self) -> Expr<M, Like<Self, Time>> where T: InstantLike {
        take(self.node(), T::KIND, DateFunction::Time)
    }
}

/// The instant at which the database runs the statement.
pub fn now<M>() -> Expr<M, Timestamp> {
    Expr::from_node(Node::Function(Function::Now, Vec::new()))
}

/// The day on which the database runs the statement, in UTC.
pub fn today<M>() -> Expr<M, Date> {
    Expr::from_node(Node::Function(Function::Today, Vec::new()))
}
