//! What is surely right, seen at a glance: for very many values of one field, of which nearly all are.

use quintet_core::{
    Value,
    meta::{FieldMeta, Format},
};

/// What [`check`](super::check) would find nothing wrong with. Made once for a field, asked for each of its values.
pub(crate) struct Glance {
    /// Has the field no rules but those that are here?
    plain: bool,
    null: bool,
    /// Most bytes of a text.
    most: usize,
    least: i64,
    greatest: i64,
}

impl Glance {
    pub(crate) fn of(field: &FieldMeta) -> Glance {
        let rules = &field.rules;
        let plain = !field.is_generated()
            && field.choices.is_empty()
            && field.validators.is_empty()
            && field.format == Format::Plain
            && rules.min.is_none()
            && rules.max.is_none()
            && rules.step.is_none()
            && rules.min_length.is_none()
            && rules.regex.is_none();
        let (least, greatest) = field.kind.range().unwrap_or((i64::MIN, i64::MAX));
        // No more characters than bytes.
        let most = field.max_length.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        Glance { plain, null: field.null || field.auto, most, least, greatest }
    }

    /// Is it sure that nothing is wrong with the value? What is not has to be looked at more closely.
    #[inline]
    pub(crate) fn passes(&self, value: &Value) -> bool {
        self.plain
            && match value {
                Value::Text(text) => text.len() <= self.most,
                Value::Int(number) => self.least <= *number && *number <= self.greatest,
                Value::Float(number) => number.is_finite(),
                Value::Bool(_) | Value::Uuid(_) | Value::Bytes(_) | Value::Time(_) => true,
                Value::Null => self.null,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::{
        FieldErrors,
        meta::{FieldDefault, Rules},
        value::Kind,
    };

    use super::*;
    use crate::validate::check;

    #[test]
    fn nothing_passes_that_a_closer_look_refuses() {
        fn odd(value: &Value) -> Result<(), String> {
            value.as_int().map_or(Ok(()), |n| if n % 2 == 0 { Err("even".into()) } else { Ok(()) })
        }
        let base = || FieldMeta { name: "f", ..FieldMeta::BASE };
        let rules = |rules| FieldMeta { rules, ..base() };
        let fields = [
            FieldMeta { kind: Kind::Text, max_length: Some(4), ..base() },
            FieldMeta { kind: Kind::SmallInt, null: true, ..base() },
            FieldMeta { kind: Kind::U64, ..base() },
            FieldMeta { kind: Kind::Float, ..base() },
            FieldMeta { validators: &[odd], ..base() },
            FieldMeta { format: Format::Email, ..base() },
            FieldMeta { default: FieldDefault::Generated("1"), ..base() },
            rules(Rules { min: Some(|| Value::Int(3)), ..Rules::NONE }),
            rules(Rules { max: Some(|| Value::Int(3)), ..Rules::NONE }),
            rules(Rules { step: Some(|| Value::Int(4)), ..Rules::NONE }),
            rules(Rules { min_length: Some(4), ..Rules::NONE }),
            rules(Rules { regex: Some("^a$"), ..Rules::NONE }),
        ];
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-1),
            Value::Int(5),
            Value::Int(40_000),
            Value::Float(0.5),
            Value::Float(f64::NAN),
            Value::Text("abc".into()),
            Value::Text("abcde".into()),
        ];
        let mut passed = 0;
        for field in &fields {
            for value in &values {
                let mut errors = FieldErrors::new();
                check(field, value, &mut errors);
                if Glance::of(field).passes(value) {
                    passed += 1;
                    assert!(errors.is_empty(), "{field:?} {value:?}");
                }
            }
        }
        assert!(passed > 15, "{passed}");
    }
}
