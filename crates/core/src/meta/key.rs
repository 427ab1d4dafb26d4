//! Keys as text, for addresses and forms.

use super::{FieldMeta, ModelMeta};
use crate::{
    error::{Error, Result},
    value::Value,
};

/// Between the parts of a key of several columns.
const BETWEEN: char = '~';

/// Before the two hexadecimal digits of a byte; alone, an empty text.
const ESCAPE: char = '_';

impl ModelMeta {
    /// The fields that make the key.
    pub fn key_fields(&self) -> impl Iterator<Item = &'static FieldMeta> + use<> {
        let fields = self.fields;
        self.primary_key.iter().filter_map(move |index| fields.get(usize::from(*index)))
    }

    /// A key as a text that can stand in a path of an address: `7`, or `7~2` for a key of two columns. Different keys have
    /// different texts, and [`parse_key`](Self::parse_key) reads them back.
    ///
    /// A key of several columns is given as a list. Letters, digits and `-` of a text stay as they are, every other byte is
    /// `_` and two digits.
    ///
    /// # Errors
    /// If it is no key of this model: another number of parts, NULL, or a value that is none of a column.
    pub fn key_text(&self, key: &Value) -> Result<String> {
        let wrong =
            || Error::internal(format!("{} is no key of {}: {}", key.describe(), self.name, self.expected()));
        let parts = match (self.primary_key, key) {
            ([_], one) => std::slice::from_ref(one),
            (several, Value::List(parts)) if parts.len() == several.len() => parts.as_slice(),
            _ => return Err(wrong()),
        };
        let mut text = String::new();
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                text.push(BETWEEN);
            }
            escape(&part.plain_text().ok_or_else(wrong)?, &mut text);
        }
        Ok(text)
    }

    /// The key that [`key_text`](Self::key_text) wrote: a list, if it has several columns.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if no key looks like this: it came in an address that leads nowhere.
    pub fn parse_key(&self, text: &str) -> Result<Value> {
        let missing = || Error::not_found(format!("{} {text:?} not found", self.name));
        let mut parts = Vec::with_capacity(self.primary_key.len());
        let mut texts = text.split(BETWEEN);
        for field in self.key_fields() {
            let part = texts.next().and_then(unescape).ok_or_else(missing)?;
            parts.push(Value::parse(field.kind, &part).map_err(|_| missing())?);
        }
        if texts.next().is_some() {
            return Err(missing());
        }
        match (self.primary_key, parts.pop()) {
            ([_], Some(one)) => Ok(one),
            (_, Some(last)) => {
                parts.push(last);
                Ok(Value::List(parts))
            }
            (_, None) => Err(missing()),
        }
    }

    fn expected(&self) -> String {
        let names: Vec<&str> = self.key_fields().map(|field| field.name).collect();
        match names.as_slice() {
            [one] => format!("its key is `{one}`"),
            several => format!("its key is the list of {}", several.join(", ")),
        }
    }
}

fn escape(text: &str, out: &mut String) {
    if text.is_empty() {
        out.push(ESCAPE);
    }
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            out.push(ESCAPE);
            out.push_str(&format!("{byte:02X}"));
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    if text.len() == ESCAPE.len_utf8() && text.starts_with(ESCAPE) {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if char::from(byte) != ESCAPE {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'A'..=b'F' => Some(byte - b'A' + 10),
            _ => None,
        };
        bytes.push(digit(rest.next()?)? * 16 + digit(rest.next()?)?);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::{meta::ModelOptions, value::Kind};

    const fn model(fields: &'static [FieldMeta], primary_key: &'static [u16]) -> ModelMeta {
        ModelMeta {
            name: "Part",
            app: None,
            table: None,
            module: "tests",
            verbose_name: "part",
            verbose_name_plural: "parts",
            help_text: "",
            ordering: &[],
            unique_together: &[],
            indexes: &[],
            constraints: &[],
            fields,
            primary_key,
            renamed_from: None,
            options: ModelOptions::BASE,
            typed: None,
            clean: None,
            identity: OnceLock::new(),
        }
    }

    const fn field(name: &'static str, kind: Kind) -> FieldMeta {
        FieldMeta { name, column: name, kind, primary_key: true, ..FieldMeta::BASE }
    }

    static NUMBER: ModelMeta = model(&[field("id", Kind::BigInt)], &[0]);
    static NAME: ModelMeta = model(&[field("name", Kind::Text)], &[0]);
    static PAIR: ModelMeta =
        model(&[field("a", Kind::Text), FieldMeta::BASE, field("b", Kind::Text)], &[0, 2]);
    static DAY: ModelMeta = model(&[field("day", Kind::Date), field("raw", Kind::Bytes)], &[0, 1]);

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn keys_are_written_for_addresses_and_read_back() {
        let day = Value::Date("1979-05-25".parse().unwrap());
        for (model, key, written) in [
            (&NUMBER, Value::Int(-7), "-7"),
            (&NAME, text("a/b c"), "a_2Fb_20c"),
            (&NAME, text(""), "_"),
            (&NAME, text("."), "_2E"),
            (&NAME, text("é_~"), "_C3_A9_5F_7E"),
            (&PAIR, Value::List(vec![text("a~"), text("")]), "a_7E~_"),
            (&DAY, Value::List(vec![day, Value::Bytes(vec![0, 255])]), "1979-05-25~00ff"),
        ] {
            assert_eq!(model.key_text(&key).unwrap(), written);
            assert_eq!(model.parse_key(written).unwrap(), key, "{written}");
        }
    }

    #[test]
    fn different_keys_have_different_texts() {
        let words = ["", "_", "__", "~", "a", "a~", "~a", "_41", "A", "a b", "a+b", "%", "..", "é", "\0"];
        let mut seen = std::collections::HashMap::new();
        for a in words {
            for b in words {
                let written = PAIR.key_text(&Value::List(vec![text(a), text(b)])).unwrap();
                assert!(
                    written.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_~".contains(&c)),
                    "{written}"
                );
                let other = seen.insert(written.clone(), (a, b));
                assert_eq!(other, None, "{written}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_not_found() {
        for (model, text) in [
            (&NUMBER, ""),
            (&NUMBER, "x"),
            (&NUMBER, "1~2"),
            (&PAIR, "a"),
            (&PAIR, "a~b~c"),
            (&PAIR, "~a"),
            (&NAME, "_2"),
            (&NAME, "_2e"),
            (&NAME, "_FF"),
            (&NAME, ""),
        ] {
            assert_eq!(model.parse_key(text).unwrap_err().status(), 404, "{text}");
        }
        for (model, key) in [
            (&NUMBER, Value::Null),
            (&PAIR, text("a")),
            (&PAIR, Value::List(vec![text("a")])),
            (&NUMBER, Value::List(vec![Value::Int(1), Value::Int(2)])),
        ] {
            let error = model.key_text(&key).unwrap_err().to_string();
            assert!(error.contains("its key is"), "{error}");
        }
    }
}
