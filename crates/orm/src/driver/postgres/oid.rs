//! The numbers of PostgreSQL's built-in types, which never change.

use super::plan::Format;

pub(super) const BOOL: u32 = 16;
pub(super) const BYTEA: u32 = 17;
pub(super) const CHAR: u32 = 18;
pub(super) const NAME: u32 = 19;
pub(super) const INT8: u32 = 20;
pub(super) const INT2: u32 = 21;
pub(super) const INT4: u32 = 23;
pub(super) const TEXT: u32 = 25;
pub(super) const OID: u32 = 26;
pub(super) const JSON: u32 = 114;
pub(super) const FLOAT4: u32 = 700;
pub(super) const FLOAT8: u32 = 701;
pub(super) const UNKNOWN: u32 = 705;
pub(super) const BPCHAR: u32 = 1042;
pub(super) const VARCHAR: u32 = 1043;
pub(super) const DATE: u32 = 1082;
pub(super) const TIME: u32 = 1083;
pub(super) const TIMESTAMP: u32 = 1114;
pub(super) const TIMESTAMPTZ: u32 = 1184;
pub(super) const INTERVAL: u32 = 1186;
pub(super) const NUMERIC: u32 = 1700;
pub(super) const INET: u32 = 869;
pub(super) const UUID: u32 = 2950;
pub(super) const JSONB: u32 = 3802;
pub(super) const VOID: u32 = 2278;

pub(super) const INT2_ARRAY: u32 = 1005;
pub(super) const INT4_ARRAY: u32 = 1007;
pub(super) const TEXT_ARRAY: u32 = 1009;
pub(super) const VARCHAR_ARRAY: u32 = 1015;
pub(super) const INT8_ARRAY: u32 = 1016;
pub(super) const FLOAT8_ARRAY: u32 = 1022;
pub(super) const UUID_ARRAY: u32 = 2951;

/// How a column of this type is asked for: binary where this driver reads it so, and otherwise as the text
/// that PostgreSQL itself writes (enums, inet, arrays, types of extensions).
pub(super) fn format(oid: u32) -> Format {
    match oid {
        BOOL | BYTEA | INT8 | INT2 | INT4 | OID | FLOAT4 | FLOAT8 | DATE | TIME | TIMESTAMP | TIMESTAMPTZ
        | INTERVAL | NUMERIC | JSON | JSONB | TEXT | VARCHAR | BPCHAR | NAME | UUID => Format::Binary,
        _ => Format::Text,
    }
}

/// The type of an array's items, for arrays that this driver writes in binary.
pub(super) fn items(array: u32) -> Option<u32> {
    Some(match array {
        INT2_ARRAY => INT2,
        INT4_ARRAY => INT4,
        INT8_ARRAY => INT8,
        TEXT_ARRAY => TEXT,
        VARCHAR_ARRAY => VARCHAR,
        FLOAT8_ARRAY => FLOAT8,
        UUID_ARRAY => UUID,
        _ => return None,
    })
}

/// What to call a type in messages.
pub(super) fn name(oid: u32) -> &'static str {
    match oid {
        BOOL => "boolean",
        BYTEA => "bytea",
        CHAR => "\"char\"",
        NAME => "name",
        INT8 => "bigint",
        INT2 => "smallint",
        INT4 => "integer",
        TEXT => "text",
        OID => "oid",
        JSON => "json",
        FLOAT4 => "real",
        FLOAT8 => "double precision",
        UNKNOWN => "unknown",
        BPCHAR => "char",
        VARCHAR => "varchar",
        DATE => "date",
        TIME => "time",
        TIMESTAMP => "timestamp",
        TIMESTAMPTZ => "timestamptz",
        INTERVAL => "interval",
        NUMERIC => "numeric",
        INET => "inet",
        UUID => "uuid",
        JSONB => "jsonb",
        VOID => "void",
        INT2_ARRAY => "smallint[]",
        INT4_ARRAY => "integer[]",
        TEXT_ARRAY => "text[]",
        VARCHAR_ARRAY => "varchar[]",
        INT8_ARRAY => "bigint[]",
        FLOAT8_ARRAY => "double precision[]",
        UUID_ARRAY => "uuid[]",
        _ => "another type",
    }
}
