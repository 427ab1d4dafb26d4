//! One row of the file as it was written: keys and values in order, of whatever type, nothing yet judged.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A row before cleaning.
///
/// A map would drop the first of two equal keys without a word and a struct with typed fields would refuse a whole row for one
/// odd value, so this is a list of pairs: [`take`](Self::take) hands values out, [`rest`](Self::rest) is what nobody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Record(Vec<(String, Value)>);

impl Record {
    /// Parses the text of one element.
    ///
    /// # Errors
    /// In words, with the column: the text is no JSON, or no JSON object.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        if text.is_empty() {
            return Err("nothing stands between two commas".into());
        }
        serde_json::from_slice(text).map_err(|error| error.to_string())
    }

    /// Takes the first value under `key` out of the record. A key that is absent has the value that an absent value has: null.
    pub fn take(&mut self, key: &str) -> Value {
        let at = self.0.iter().position(|(k, _)| k == key);
        at.map_or(Value::Null, |at| self.0.remove(at).1)
    }

    /// What is left once every known key was taken: unknown keys, and keys that came twice.
    pub fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a film: an object of keys and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(16));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Record(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_keep_their_types_and_the_rest_is_what_was_not_taken() {
        let mut record =
            Record::parse(br#"{"Title": 300, "Gross": null, "Title": "300", "Colour": true}"#).unwrap();
        assert_eq!(record.take("Title"), json!(300));
        assert_eq!(record.take("Gross"), Value::Null);
        assert_eq!(record.take("Director"), Value::Null);
        let rest: Vec<_> = record.rest().collect();
        assert_eq!(rest, [("Title".to_owned(), json!("300")), ("Colour".to_owned(), json!(true))]);
    }

    #[test]
    fn what_is_no_film_says_so() {
        assert!(Record::parse(b"7").unwrap_err().contains("expected a film"));
        assert!(Record::parse(b"{\"Title\": ").unwrap_err().contains("EOF"));
        assert!(Record::parse(b"").unwrap_err().contains("commas"));
    }
}
