//! Values checked against metadata, before the database is asked.
//!
//! [`check`] looks at one value of one field; [`rules`] has the rules beyond type and size. Each message has a code, by which
//! a field may say it in words of its own (`#[field(error(required = "…"))]`). [`own`] runs a model's own rules over a whole row; [`glance`] knows what
//! is surely right.
mod glance;
mod own;
mod rules;

use quintet_core::{FieldErrors, Value, meta::FieldMeta};

pub(crate) use glance::Glance;
pub(crate) use own::own_rules;

/// Adds what is wrong with `value` as the new value of `field`, for the person who gave it.
///
/// The codes of what it adds: `computed` where the database computes the field, `required`, `max_length`, `min_length`, `choice`, `digits`, `range`, `format`, `regex`, `min`,
/// `max`, `step`, and `invalid` for what a validator of the field's own refuses.
pub fn check(field: &FieldMeta, value: &Value, errors: &mut FieldErrors) {
    if field.is_generated() {
        return refuse_computed(field, errors);
    }
    let mut found = Found { field, errors };
    if value.is_null() {
        if !field.null && !field.auto {
            found.push("required", "this field is required");
        }
        return;
    }
    if let Value::Text(text) = value {
        text_length(text, &mut found);
    }
    if let Some(message) = wrong_choice(field, value) {
        found.push("choice", message);
    }
    if let Some((code, message)) = wrong_number(field, value) {
        found.push(code, message);
    }
    rules::check(value, &mut found);
    for validator in field.validators {
        if let Err(message) = validator(value) {
            found.push("invalid", message);
        }
    }
}

/// As [`check`], and an empty text is refused where the field may not be left empty: what people give, as opposed to what a
/// program does.
pub(crate) fn check_given(field: &FieldMeta, value: &Value, errors: &mut FieldErrors) {
    if value.as_text().is_some_and(str::is_empty) && !field.may_be_blank() && !field.is_generated() {
        return Found { field, errors }.push("required", "this field is required");
    }
    check(field, value, errors);
}

/// Adds that a field can't be given, if the database computes it.
pub(crate) fn refuse_computed(field: &FieldMeta, errors: &mut FieldErrors) {
    if field.is_generated() {
        push(field, "computed", "this field is computed by the database and can't be given", errors);
    }
}

/// Where the messages about a field go.
struct Found<'a> {
    field: &'a FieldMeta,
    errors: &'a mut FieldErrors,
}

impl Found<'_> {
    fn push(&mut self, code: &'static str, message: impl Into<String>) {
        push(self.field, code, message, self.errors);
    }
}

/// Adds a message about a field, in its own words if it has some for this code.
pub(crate) fn push(
    field: &FieldMeta,
    code: &'static str,
    message: impl Into<String>,
    errors: &mut FieldErrors,
) {
    let message = field.rules.message(code).map_or_else(|| message.into(), str::to_owned);
    errors.push_coded(field.name, code, message);
}

fn text_length(text: &str, found: &mut Found<'_>) {
    let (least, most) = (found.field.rules.min_length, found.field.max_length);
    let size = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
    // No more characters than bytes.
    if least.is_none() && most.is_none_or(|most| text.len() <= size(most)) {
        return;
    }
    let length = text.chars().count();
    let characters = |n: u32| if n == 1 { "character" } else { "characters" };
    if let Some(most) = most.filter(|most| length > size(*most)) {
        found.push("max_length", format!("at most {most} {} (this has {length})", characters(most)));
    }
    // Nothing at all is a matter of being required.
    if let Some(least) = least.filter(|least| length > 0 && length < size(*least)) {
        found.push("min_length", format!("at least {least} {} (this has {length})", characters(least)));
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

fn wrong_number(field: &FieldMeta, value: &Value) -> Option<(&'static str, String)> {
    match value {
        // What was too large for 64 bits.
        Value::Decimal(number) if field.kind.is_integer() => {
            Some(("range", format!("{number} is out of range")))
        }
        Value::Decimal(number) => {
            let digits = field.digits?;
            let number = number.normalize();
            if number.scale() > u32::from(digits.places) {
                return Some(("digits", format!("at most {} digits after the point", digits.places)));
            }
            let whole = u32::from(digits.max.saturating_sub(digits.places));
            let limit = 10u128.saturating_pow(whole);
            (number.trunc().mantissa().unsigned_abs() >= limit)
                .then(|| ("digits", format!("at most {whole} digits before the point")))
        }
        Value::Float(number) if !number.is_finite() => Some(("range", "must be a finite number".to_owned())),
        Value::Int(number) => {
            let (least, most) = field.kind.range()?;
            (!(least..=most).contains(number)).then(|| ("range", format!("{number} is out of range")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::{
        meta::{Choice, Digits, FieldDefault, Format, Rules},
        value::Kind,
    };

    use super::*;

    fn found(field: &FieldMeta, value: Value) -> FieldErrors {
        let mut errors = FieldErrors::new();
        check(field, &value, &mut errors);
        errors
    }

    fn messages(field: &FieldMeta, value: Value) -> Vec<String> {
        found(field, value).of(field.name).map(str::to_owned).collect()
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
    fn what_the_database_computes_is_not_given() {
        let default = FieldDefault::Generated("a + b");
        let field = FieldMeta { name: "total", default, null: true, ..FieldMeta::BASE };
        for value in [Value::Null, Value::Int(3), Value::Text(String::new())] {
            assert_eq!(found(&field, value.clone()).codes("total").collect::<Vec<_>>(), ["computed"]);
            let mut errors = FieldErrors::new();
            check_given(&field, &value, &mut errors);
            assert_eq!(errors.codes("total").collect::<Vec<_>>(), ["computed"]);
        }
        assert!(!field.is_required());
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

    #[test]
    fn each_message_has_a_code_and_may_be_said_otherwise() {
        let field = FieldMeta {
            name: "mail",
            kind: Kind::Text,
            max_length: Some(9),
            format: Format::Email,
            rules: Rules {
                min_length: Some(4),
                messages: &[("format", "that is no address"), ("required", "please write to us")],
                ..Rules::NONE
            },
            ..FieldMeta::BASE
        };
        let long = found(&field, Value::Text("ann at example".into()));
        assert_eq!(long.codes("mail").collect::<Vec<_>>(), ["max_length", "format"]);
        assert_eq!(long.of("mail").nth(1), Some("that is no address"));
        assert_eq!(
            found(&field, Value::Text("a@b".into())).codes("mail").collect::<Vec<_>>(),
            ["min_length", "format"]
        );
        assert_eq!(messages(&field, Value::Null), ["please write to us"]);
        assert!(found(&field, Value::Text("a@b.co".into())).is_empty());
    }

    #[test]
    fn nothing_is_refused_where_people_must_say_something() {
        let title = FieldMeta { name: "title", kind: Kind::Text, ..FieldMeta::BASE };
        let mut errors = FieldErrors::new();
        check_given(&title, &Value::Text(String::new()), &mut errors);
        assert_eq!(errors.codes("title").collect::<Vec<_>>(), ["required"]);
        assert!(messages(&title, Value::Text(String::new())).is_empty(), "a program may");
        let mut errors = FieldErrors::new();
        check_given(&FieldMeta { blank: true, ..title }, &Value::Text(String::new()), &mut errors);
        assert!(errors.is_empty());
    }
}
