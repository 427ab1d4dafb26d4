use quintet_core::{Result, Value, meta::ModelMeta};

use crate::query::not_found;

/// A key of a model that is known by name: a text as a person or an address gives it, or a value (a list, for a key of
/// several columns).
pub trait DynKey {
    /// The key as the model has it.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if no key can look like this.
    fn key_of(self, meta: &'static ModelMeta) -> Result<Value>;
}

/// A key of one column as it is read, one of several as [`ModelMeta::key_text`] writes it (`7~2`).
impl DynKey for &str {
    fn key_of(self, meta: &'static ModelMeta) -> Result<Value> {
        let mut fields = meta.key_fields();
        match (fields.next(), fields.next()) {
            (Some(field), None) => Value::parse(field.kind, self)
                .map_err(|_| not_found(meta, Some(&Value::Text(self.to_owned())))),
            _ => meta.parse_key(self),
        }
    }
}

impl DynKey for &String {
    fn key_of(self, meta: &'static ModelMeta) -> Result<Value> {
        self.as_str().key_of(meta)
    }
}

impl DynKey for Value {
    fn key_of(self, _meta: &'static ModelMeta) -> Result<Value> {
        Ok(self)
    }
}

impl DynKey for &Value {
    fn key_of(self, _meta: &'static ModelMeta) -> Result<Value> {
        Ok(self.clone())
    }
}
