//! Values checked against metadata, before the database is asked.

use quintet_core::{FieldErrors, Value, meta::FieldMeta};

/// Adds what is wrong with `value` as the new value of `field`, for the person who gave it.
pub fn check(field: &FieldMeta, value: &Value, errors: &mut FieldErrors) {
    if value.is_null() {
        if !field.null && !field.auto {
            errors.push(field.name, "this field is required");
        }
        return;
    }
    if let (Value::Text(text), Some(most)) = (value, field.max_length) {
        let length = text.chars().count();
        if length > usize::try_from(most).unwrap_or(usize::MAX) {
            errors.push(field.name, format!("at most {most} characters (this has {length})"));
        }
    }
    if let Some(message) = wrong_choice(field, value).or_else(|| wrong_number(field, value)) {
        errors.push(field.name, message);
    }
    for validator in field.validators {
        if let Err(message) = validator(value) {
            errors.push(field.name, message);
        }
    }
}

fn wrong_choice(field: &FieldMeta, value: &Value) -> Option<String> {
    if field.choices.is_empty() || field.choices.iter().any(|choice| Some(choice.value) == value.as_text()) {
        return None;
    }
    let known: Vec<&str> = field.choices.iter().map(|choice| choice.value).collect();
    let shown = value.as_text().map_or_else(|| value.describe().to_owned(), |text| format!("`{text}`"));
    Some(format!("{shown} is not one of {}", known.join(", ")))
}

fn wrong_number(field: &FieldMeta, value: &Value) -> Option<String> {
    match value {
        // What was too large for 64 bits.
        Value::Decimal(number) if field.kind.is_integer() => Some(format!("{number} is out of range")),
        Value::Decimal(number) => {
            let digits = field.digits?;
            let number = number.normalize();
            if number.scale() > u32::from(digits.places) {
                return Some(format!("at most {} digits after the point", digits.places));
            }
            let whole = u32::from(digits.max.saturating_sub(digits.places));
            let limit = 10u128.saturating_pow(whole);
            (number.trunc().mantissa().unsigned_abs() >= limit)
                .then(|| format!("at most {whole} digits before the point"))
        }
        Value::Float(number) if !number.is_finite() => Some("must be a finite number".to_owned()),
        Value::Int(number) => {
            let (least, most) = field.kind.range()?;
            (!(least..=most).contains(number)).then(|| format!("{number} is out of range"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::{
        meta::{Choice, Digits},
        value::Kind,
    };

    use super::*;

    fn messages(field: &FieldMeta, value: Value) -> Vec<String> {
        let mut errors = FieldErrors::new();
        check(field, &value, &mut errors);
        errors.of(field.name).map(str::to_owned).collect()
    }

    #[test]
    fn limits_are_those_of_the_column() {
        let text = FieldMeta { name: "title", kind: Kind::Text, max_length: Some(3), ..FieldMeta::BASE };
        assert!(messages(&text, Value::Text("äöü".into())).is_empty());
        assert_eq!(messages(&text, Value::Text("äöüß".into())), ["at most 3 characters (this has 4)"]);
        assert_eq!(messages(&text, Value::Null), ["this field is required"]);

        let price = FieldMeta {
            name: "price",
            kind: Kind::Decimal,
            digits: Some(Digits { max: 5, places: 2 }),
            ..FieldMeta::BASE
        };
        for (number, message) in [
            ("999.99", None),
            ("-999.990", None),
            ("1000", Some("at most 3 digits before the point")),
            ("0.001", Some("at most 2 digits after the point")),
        ] {
            let found = messages(&price, Value::Decimal(number.parse().unwrap()));
            assert_eq!(found.first().map(String::as_str), message, "{number}");
        }

        static CHOICES: &[Choice] = &[Choice { value: "draft", label: "Draft" }];
        let status = FieldMeta { name: "status", kind: Kind::Text, choices: CHOICES, ..FieldMeta::BASE };
        assert_eq!(messages(&status, Value::Text("x".into())), ["`x` is not one of draft"]);
        assert!(messages(&status, Value::Text("draft".into())).is_empty());

        let small = FieldMeta { name: "n", kind: Kind::SmallInt, ..FieldMeta::BASE };
        assert_eq!(messages(&small, Value::Int(40_000)), ["40000 is out of range"]);
    }

    #[test]
    fn a_validator_speaks_for_itself() {
        fn even(value: &Value) -> Result<(), String> {
            if value.as_int().is_some_and(|n| n % 2 == 0) { Ok(()) } else { Err("must be even".into()) }
        }
        let field = FieldMeta { name: "n", validators: &[even], ..FieldMeta::BASE };
        assert_eq!(messages(&field, Value::Int(3)), ["must be even"]);
        assert!(messages(&field, Value::Int(4)).is_empty());
    }
}
