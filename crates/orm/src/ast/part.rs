/// What is taken of a date, a time of day or an instant (in UTC, unless [another zone](super::Node::InZone) is said).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFunction {
    /// A part as a number.
    Part(DatePart),
    /// The start of the unit that it lies in.
    Start(DateUnit),
    /// The day.
    Day,
    /// The time of day.
    Time,
}

/// A part of a date, a time of day or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// 1979
    Year,
    /// The year that the ISO week belongs to.
    IsoYear,
    /// 1 to 4
    Quarter,
    /// 1 to 12
    Month,
    /// The ISO week, 1 to 53; week 1 has the year's first Thursday.
    Week,
    /// 1 to 31
    Day,
    /// 1 to 366
    DayOfYear,
    /// 1 (Monday) to 7 (Sunday)
    Weekday,
    /// 1 (Sunday) to 7 (Saturday)
    SundayWeekday,
    /// 0 to 23
    Hour,
    /// 0 to 59
    Minute,
    /// 0 to 59
    Second,
}

/// What dates and instants are cut down to: the start of the unit that they lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateUnit {
    /// January 1st.
    Year,
    /// January, April, July or October 1st.
    Quarter,
    /// The 1st of the month.
    Month,
    /// Monday.
    Week,
    /// The day itself.
    Day,
    /// The full hour; of a date, the day itself.
    Hour,
    /// The full minute; of a date, the day itself.
    Minute,
    /// The full second; of a date, the day itself.
    Second,
}

/// A step into a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// The member of an object.
    Key(String),
    /// The item of an array, counted from 0; from the end when negative.
    Index(i32),
}

/// What a JSON document is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonAs {
    /// A text.
    Text,
    /// A whole number.
    Int,
    /// A number as a double.
    Float,
    /// True or false.
    Bool,
}
