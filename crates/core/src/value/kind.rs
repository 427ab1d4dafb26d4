use std::fmt;

/// The type of a column, apart from any database's name for it.
///
/// Migrations store it by its snake-case name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// True or false.
    Bool,
    /// 16 bits, signed.
    SmallInt,
    /// 32 bits, signed.
    Int,
    /// 64 bits, signed.
    BigInt,
    /// A double.
    Float,
    /// An exact decimal with a fixed number of places.
    Decimal,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// An instant.
    DateTime,
    /// A span of time.
    Duration,
    /// A JSON document.
    Json,
}

impl Kind {
    /// Is arithmetic meaningful?
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Float | Kind::Decimal)
    }

    /// Is it one of the integer widths?
    #[must_use]
    pub fn is_integer(self) -> bool {
        matches!(self, Kind::SmallInt | Kind::Int | Kind::BigInt)
    }

    /// The name as migrations write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::SmallInt => "small_int",
            Kind::Int => "int",
            Kind::BigInt => "big_int",
            Kind::Float => "float",
            Kind::Decimal => "decimal",
            Kind::Text => "text",
            Kind::Bytes => "bytes",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "date_time",
            Kind::Duration => "duration",
            Kind::Json => "json",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_name_is_the_serde_name() {
        for kind in [Kind::Bool, Kind::SmallInt, Kind::BigInt, Kind::DateTime, Kind::Json] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
        }
    }
}
