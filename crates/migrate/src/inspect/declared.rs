//! From a database's name of a type to the nearest type of a field.

use quintet_core::{meta::Digits, value::Kind};

use super::found::Type;

/// What a type's name says, in small letters, and the numbers behind it: `varchar(20)` is `varchar` and 20.
fn parts(declared: &str) -> (String, Vec<u32>) {
    let lower = declared.to_lowercase();
    let (name, rest) = lower.split_once('(').unwrap_or((&lower, ""));
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let words: Vec<&str> = name.split_whitespace().chain(after.split_whitespace()).collect();
    (words.join(" "), numbers)
}

/// The digits of a decimal, if a `Decimal` can have so many.
fn digits(numbers: &[u32], most: u8) -> Option<Digits> {
    let part = |at: usize| numbers.get(at).map(|number| u8::try_from(*number).ok());
    let (max, places) = (part(0)??, part(1).unwrap_or(Some(0))?);
    (max > 0 && max <= most && places <= max).then_some(Digits { max, places })
}

/// SQLite's columns take any value: their type's name is a promise, which the values are asked about afterwards.
pub(super) fn sqlite(declared: &str) -> (Type, Vec<String>) {
    let (name, numbers) = parts(declared);
    // SQLite takes these words of a computed column for a part of its type.
    let plain = name.trim_end_matches(" generated always").trim_end_matches(" unsigned");
    let length = numbers.first().copied();
    let ty = match plain {
        "bool" | "boolean" => Type::of(Kind::Bool),
        "tinyint" | "smallint" | "int2" => Type::of(Kind::SmallInt),
        "int" | "integer" | "mediumint" | "int4" => Type::of(Kind::Int),
        "bigint" | "int8" => Type::of(Kind::BigInt),
        "real" | "double" | "double precision" | "float" => Type::of(Kind::Float),
        "decimal" | "numeric" => Type { digits: digits(&numbers, 18), ..Type::of(Kind::Decimal) },
        "date" => Type::of(Kind::Date),
        "time" => Type::of(Kind::Time),
        "datetime" | "timestamp" => Type::of(Kind::DateTime),
        "blob" | "binary" | "varbinary" => Type::of(Kind::Bytes),
        "text" | "clob" => Type::text(None),
        "json" => Type::of(Kind::Json),
        "uuid" => Type::of(Kind::Uuid),
        "char" | "character" if length == Some(32) => Type::of(Kind::Uuid),
        // As Quintet declares addresses, and as Django does.
        "char" | "character" if matches!(length, Some(39 | 45)) => Type::of(Kind::Ip),
        "varchar" | "char" | "character" | "nchar" | "nvarchar" | "character varying"
        | "varying character" | "native character" | "varchar2" => Type::text(length),
        other => return by_affinity(other, declared),
    };
    (ty, Vec::new())
}

/// A name that says nothing: what SQLite itself makes of it.
fn by_affinity(name: &str, declared: &str) -> (Type, Vec<String>) {
    let has = |word: &str| name.contains(word);
    let kind = if has("int") {
        Kind::BigInt
    } else if has("char") || has("clob") || has("text") {
        Kind::Text
    } else if has("real") || has("floa") || has("doub") {
        Kind::Float
    } else if name.is_empty() || has("blob") {
        Kind::Bytes
    } else {
        Kind::Text
    };
    let note = if declared.is_empty() {
        "the column has no type: look at what it holds".to_owned()
    } else {
        format!("its type is `{declared}`")
    };
    (Type::of(kind), vec![note])
}

/// A type as PostgreSQL's `format_type` writes it. `category` is `pg_type.typtype`.
pub(super) fn postgres(declared: &str) -> (Type, Vec<String>) {
    let (name, numbers) = parts(declared);
    let length = numbers.first().copied();
    let noted = |ty: Type, note: String| (ty, vec![note]);
    let ty = match name.as_str() {
        "boolean" => Type::of(Kind::Bool),
        "smallint" => Type::of(Kind::SmallInt),
        "integer" => Type::of(Kind::Int),
        "bigint" => Type::of(Kind::BigInt),
        "oid" => return noted(Type::of(Kind::BigInt), "its type is oid".to_owned()),
        "real" => Type::of(Kind::Real),
        "double precision" => Type::of(Kind::Float),
        "numeric" => match digits(&numbers, 28) {
            Some(digits) => Type { digits: Some(digits), ..Type::of(Kind::Decimal) },
            None => {
                let guess = Type { digits: Some(Digits { max: 28, places: 10 }), ..Type::of(Kind::Decimal) };
                return noted(guess, format!("its type is {declared}: the digits are a guess"));
            }
        },
        "text" => Type::text(None),
        "character varying" => Type::text(length),
        "character" => {
            return noted(
                Type::text(length.or(Some(1))),
                format!("its type is {declared}: shorter values have spaces behind"),
            );
        }
        "bytea" => Type::of(Kind::Bytes),
        "date" => Type::of(Kind::Date),
        "time without time zone" | "time" => Type::of(Kind::Time),
        "timestamp with time zone" => Type::of(Kind::DateTime),
        "timestamp without time zone" | "timestamp" => {
            return noted(
                Type::of(Kind::DateTime),
                "its type has no time zone: it is read as UTC".to_owned(),
            );
        }
        "interval" => Type::of(Kind::Duration),
        "jsonb" => Type::of(Kind::Json),
        "json" => return noted(Type::of(Kind::Json), "its type is json, not jsonb".to_owned()),
        "uuid" => Type::of(Kind::Uuid),
        "inet" => Type::of(Kind::Ip),
        _ => {
            return noted(
                Type::text(None),
                format!("its type is {declared}, which no field has: it is read as its text"),
            );
        }
    };
    (ty, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_types_have_kinds() {
        for (name, kind, length) in [
            ("VARCHAR(20)", Kind::Text, Some(20)),
            ("nvarchar ( 160 )", Kind::Text, Some(160)),
            ("integer unsigned", Kind::Int, None),
            ("BIGINT UNSIGNED", Kind::BigInt, None),
            ("char(32)", Kind::Uuid, None),
            ("char(31)", Kind::Text, Some(31)),
            ("bool", Kind::Bool, None),
            ("Double Precision", Kind::Float, None),
            ("", Kind::Bytes, None),
            ("LONGINT", Kind::BigInt, None),
            ("INT GENERATED ALWAYS", Kind::Int, None),
        ] {
            let ty = sqlite(name).0;
            assert_eq!((ty.kind, ty.max_length), (kind, length), "{name}");
        }
        assert_eq!(postgres("numeric(8,2)").0.digits, Some(Digits { max: 8, places: 2 }));
        assert!(postgres("numeric").1[0].contains("guess"));
        assert!(postgres("integer[]").1[0].contains("integer[]"));
        assert_eq!(postgres("timestamp(3) with time zone").0.kind, Kind::DateTime);
        assert_eq!(sqlite("DECIMAL(20,2)").0.digits, None);
    }
}
