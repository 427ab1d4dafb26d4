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
    /// From 0 to 255.
    U8,
    /// From 0 to 65,535.
    U16,
    /// From 0 to 4,294,967,295.
    U32,
    /// Not negative, and at most what 64 bits with a sign hold.
    U64,
    /// A single: 32 bits.
    Real,
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
    /// A UUID.
    Uuid,
    /// An IP address of either version.
    Ip,
}

impl Kind {
    /// All kinds.
    pub const ALL: &'static [Kind] = &[
        Kind::Bool,
        Kind::SmallInt,
        Kind::Int,
        Kind::BigInt,
        Kind::U8,
        Kind::U16,
        Kind::U32,
        Kind::U64,
        Kind::Real,
        Kind::Float,
        Kind::Decimal,
        Kind::Text,
        Kind::Bytes,
        Kind::Date,
        Kind::Time,
        Kind::DateTime,
        Kind::Duration,
        Kind::Json,
        Kind::Uuid,
        Kind::Ip,
    ];

    /// Is arithmetic meaningful?
    #[must_use]
    pub fn is_number(self) -> bool {
        self.is_integer() || matches!(self, Kind::Float | Kind::Real | Kind::Decimal)
    }

    /// Is it one of the integer widths?
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.range().is_some()
    }

    /// The least and the greatest value, of a kind of whole numbers.
    #[must_use]
    pub fn range(self) -> Option<(i64, i64)> {
        Some(match self {
            Kind::SmallInt => (i16::MIN.into(), i16::MAX.into()),
            Kind::Int => (i32::MIN.into(), i32::MAX.into()),
            Kind::BigInt => (i64::MIN, i64::MAX),
            Kind::U8 => (0, u8::MAX.into()),
            Kind::U16 => (0, u16::MAX.into()),
            Kind::U32 => (0, u32::MAX.into()),
            Kind::U64 => (0, i64::MAX),
            _ => return None,
        })
    }

    /// Are negative numbers refused, by the database too?
    #[must_use]
    pub fn is_unsigned(self) -> bool {
        matches!(self, Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64)
    }

    /// The name as migrations write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::SmallInt => "small_int",
            Kind::Int => "int",
            Kind::BigInt => "big_int",
            Kind::U8 => "u8",
            Kind::U16 => "u16",
            Kind::U32 => "u32",
            Kind::U64 => "u64",
            Kind::Real => "real",
            Kind::Float => "float",
            Kind::Decimal => "decimal",
            Kind::Text => "text",
            Kind::Bytes => "bytes",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "date_time",
            Kind::Duration => "duration",
            Kind::Json => "json",
            Kind::Uuid => "uuid",
            Kind::Ip => "ip",
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
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name()));
        }
    }
}
