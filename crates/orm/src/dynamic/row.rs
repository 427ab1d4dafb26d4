use std::borrow::Cow;

use quintet_core::{
    Result, TemplateValue, Value,
    meta::{ModelMeta, Relation},
    value::{Map, Unloaded},
};

/// A row of a model that is known by name only.
#[derive(Clone, Debug, PartialEq)]
pub struct DynRow {
    meta: &'static ModelMeta,
    /// One value a column, in declared order.
    values: Vec<Value>,
}

impl DynRow {
    pub(super) fn new(meta: &'static ModelMeta, values: Vec<Value>) -> Self {
        DynRow { meta, values }
    }

    /// The model.
    #[must_use]
    pub fn meta(&self) -> &'static ModelMeta {
        self.meta
    }

    /// The value of the column of this name; of a foreign key, the other row's key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let (index, _) = self.meta.field(name)?;
        self.at(index)
    }

    /// The key: a list, if it has several columns.
    #[must_use]
    pub fn key(&self) -> Value {
        let part = |index: &u16| self.at(*index).cloned().unwrap_or_default();
        match self.meta.primary_key {
            [one] => part(one),
            several => Value::List(several.iter().map(part).collect()),
        }
    }

    /// The key as a text for an address, which [`ModelMeta::parse_key`] reads back.
    ///
    /// # Errors
    /// If a part of it is of a kind that has no text, which no model's key is.
    pub fn key_text(&self) -> Result<String> {
        self.meta.key_text(&self.key())
    }

    fn at(&self, index: u16) -> Option<&Value> {
        let column = self.meta.columns().position(|(other, _)| other == index)?;
        self.values.get(column)
    }
}

/// As a typed row: columns by name, foreign keys as `{name}_id`, relations not loaded, without secret fields.
impl TemplateValue for DynRow {
    fn to_value(&self) -> Value {
        let mut map: Map = Vec::with_capacity(self.meta.fields.len());
        for (field, index) in self.meta.fields.iter().zip(0u16..).filter(|(field, _)| !field.secret) {
            let value = self.at(index).cloned().unwrap_or_default();
            let relation = || Value::NotLoaded(Unloaded::new(self.meta, index));
            match field.relation {
                Relation::None => map.push((Cow::Borrowed(field.name), value)),
                Relation::ToOne { .. } => {
                    let object = if value.is_null() { Value::Null } else { relation() };
                    map.push((Cow::Owned(format!("{}_id", field.name)), value));
                    map.push((Cow::Borrowed(field.name), object));
                }
                _ => map.push((Cow::Borrowed(field.name), relation())),
            }
        }
        Value::Map(map)
    }
}

impl serde::Serialize for DynRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}
