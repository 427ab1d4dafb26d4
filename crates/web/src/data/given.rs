//! What comes in, before it has a type: a JSON value, the texts of a query string, or files.

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use crate::upload::{Upload, data::hand};

/// One value.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// A JSON value.
    Json(&'a serde_json::Value),
    /// Texts that came under one name.
    Texts(&'a [String]),
    /// Files that came under one name.
    Files(&'a [Upload]),
}

impl Given<'_> {
    /// Reads it as a type.
    ///
    /// # Errors
    /// What serde says.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, String> {
        match self {
            Given::Json(value) => T::deserialize(value).map_err(|e| e.to_string()),
            Given::Texts(texts) => T::deserialize(Texts(texts)).map_err(|e| e.to_string()),
            Given::Files(files) => T::deserialize(Files(files)).map_err(|e| e.to_string()),
        }
    }
}

/// What came under one name.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Texts(Vec<String>),
    /// A text that was JSON.
    Json(serde_json::Value),
    Files(Vec<Upload>),
}

impl Entry {
    pub(super) fn given(&self) -> Given<'_> {
        match self {
            Entry::Texts(texts) => Given::Texts(texts),
            Entry::Json(json) => Given::Json(json),
            Entry::Files(files) => Given::Files(files),
        }
    }

    pub(super) fn texts(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Entry::Texts(texts) => Some(texts),
            Entry::Json(_) | Entry::Files(_) => None,
        }
    }
}

/// A query string or a form: names, each with what came, in the order in which they first came.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(pub(super) Vec<(String, Entry)>);

impl Pairs {
    pub(super) fn of(pairs: Vec<(String, String)>) -> Self {
        let mut all = Pairs::default();
        for (name, text) in pairs {
            match all.0.iter_mut().find(|(n, _)| *n == name) {
                Some((_, Entry::Texts(texts))) => texts.push(text),
                _ => all.0.push((name, Entry::Texts(vec![text]))),
            }
        }
        all
    }

    /// Gives a name these texts.
    pub(super) fn put(&mut self, name: &str, texts: Vec<String>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, entry)) => *entry = Entry::Texts(texts),
            None => self.0.push((name.to_owned(), Entry::Texts(texts))),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Given<'_>> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, entry)| entry.given())
    }
}

impl<'de> Deserializer<'de> for &'de Pairs {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = self.0.iter().map(|(name, entry)| (name.as_str(), entry));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de> for &'de Entry {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Hands each question on to the texts, to the JSON, or to the files.
macro_rules! either {
    ($($method:ident($($argument:ident: $t:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $t,)* visitor: V) -> Result<V::Value, Error> {
            match self {
                Entry::Texts(texts) => Texts(texts).$method($($argument,)* visitor),
                Entry::Json(json) => json.$method($($argument,)* visitor).map_err(de::Error::custom),
                Entry::Files(files) => Files(files).$method($($argument,)* visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Entry {
    type Error = Error;

    either! {
        deserialize_any(); deserialize_bool(); deserialize_option(); deserialize_seq(); deserialize_map();
        deserialize_i8(); deserialize_i16(); deserialize_i32(); deserialize_i64(); deserialize_i128();
        deserialize_u8(); deserialize_u16(); deserialize_u32(); deserialize_u64(); deserialize_u128();
        deserialize_f32(); deserialize_f64(); deserialize_char(); deserialize_str(); deserialize_string();
        deserialize_bytes(); deserialize_byte_buf(); deserialize_unit(); deserialize_identifier(); deserialize_ignored_any();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }
}

/// The texts of one name; most types read the last, as browsers' forms mean it.
#[derive(Clone, Copy)]
struct Texts<'de>(&'de [String]);

impl<'de> Texts<'de> {
    fn last(self) -> &'de str {
        self.0.last().map(String::as_str).unwrap_or_default()
    }
}

impl<'de> IntoDeserializer<'de> for Texts<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The files of one name; one field takes the last.
#[derive(Clone, Copy)]
struct Files<'de>(&'de [Upload]);

impl<'de> IntoDeserializer<'de> for Files<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Files<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.last() {
            Some(file) => hand(file, visitor),
            None => visitor.visit_none(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.chunks(1).map(Files)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $t:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.last().trim();
            match text.parse::<$t>() {
                Ok(value) => visitor.$visit(value),
                // What is no number may still be what the type reads: a decimal, an enum.
                Err(_) => visitor.visit_borrowed_str(text),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Texts<'de> {
    type Error = Error;

    parsed! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    /// With the words of HTML's checkboxes.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.last().trim().to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => visitor.visit_bool(true),
            "false" | "off" | "no" | "0" => visitor.visit_bool(false),
            _ => visitor.visit_borrowed_str(self.last()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.last().is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.last())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.chunks(1).map(Texts)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.last().into_deserializer())
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit_struct tuple_struct map struct identifier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<T: DeserializeOwned>(texts: &[&str]) -> Result<T, String> {
        let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
        Given::Texts(&texts).read()
    }

    #[test]
    fn texts_are_read_as_the_type_that_is_asked_for() {
        assert_eq!(texts::<i64>(&[" 7 "]), Ok(7));
        assert_eq!(texts::<i64>(&["1", "2"]), Ok(2));
        assert_eq!(texts::<Vec<u8>>(&["1", "2"]), Ok(vec![1, 2]));
        assert_eq!(texts::<Vec<u8>>(&[]), Ok(vec![]));
        assert_eq!(texts::<Option<f64>>(&[""]), Ok(None));
        assert_eq!(texts::<Option<f64>>(&["1.5"]), Ok(Some(1.5)));
        assert_eq!(texts::<bool>(&["on"]), Ok(true));
        assert_eq!(texts::<String>(&["7"]), Ok("7".into()));
        for wrong in [&["seven"][..], &["256"], &["-1"], &[""]] {
            assert!(texts::<u8>(wrong).is_err(), "{wrong:?}");
        }
    }
}
