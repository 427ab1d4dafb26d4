//! Parts of dates and instants, and the units that they lie in. Instants are taken in UTC.

use quintet_core::value::{Date, Time, Timestamp};

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
    /// The day of the month, 1 to 31.
    day = Day;
    /// The day of the week, 1 (Monday) to 7 (Sunday).
    weekday = Weekday;
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
