//! What a form does with a file that a row has.

use std::fmt;

use quintet_core::{Error, FieldErrors, Result, TemplateValue, Value};
use quintet_storage::Storage;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use super::{
    Upload,
    data::{EXPECTED, ready},
    rules::Files,
};

/// What is to become of a file that is kept already: it stays, it goes, or another takes its place. In data of a model it stands for a
/// `StoredFile` or `StoredImage`, and the room of forms stores the new one and deletes the old.
///
/// A form shows the file that there is with a box to take it away, unless there must be one. In JSON, where there are no files,
/// `false` takes it away, and nothing at all lets it stay.
///
/// ```
/// use quintet_web::{FileChange, Upload};
///
/// let change = FileChange::to(Upload::of_bytes("alien.txt", "In space"));
/// assert_eq!(change.upload().map(Upload::name), Some("alien.txt"));
/// assert!(FileChange::keep().is_kept() && FileChange::clear().is_cleared());
/// ```
#[derive(Clone, Debug, Default)]
pub struct FileChange(Change);

#[derive(Clone, Debug, Default)]
enum Change {
    #[default]
    Keep,
    Clear,
    New(Upload),
    /// The storage has it under this name.
    Stored(String),
}

impl FileChange {
    /// The file stays as it is.
    #[must_use]
    pub fn keep() -> Self {
        FileChange(Change::Keep)
    }

    /// The file goes.
    #[must_use]
    pub fn clear() -> Self {
        FileChange(Change::Clear)
    }

    /// This one takes its place.
    #[must_use]
    pub fn to(file: Upload) -> Self {
        FileChange(Change::New(file))
    }

    /// Does the file stay?
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.0, Change::Keep)
    }

    /// Does it go, with none in its place?
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        matches!(self.0, Change::Clear)
    }

    /// The new file that waits to be stored.
    #[must_use]
    pub fn upload(&self) -> Option<&Upload> {
        match &self.0 {
            Change::New(file) => Some(file),
            _ => None,
        }
    }

    /// Stores a new file in a folder of the storage, and gives its name there; nothing happens, and nothing is given, if there is none.
    ///
    /// # Errors
    /// As [`Upload::save`].
    pub async fn store(&mut self, storage: &Storage, folder: &str) -> Result<Option<String>> {
        let Change::New(file) = &self.0 else { return Ok(None) };
        let name = file.save(storage, folder).await?;
        self.0 = Change::Stored(name.clone());
        Ok(Some(name))
    }

    /// As [`store`](Self::store), under a name like this.
    ///
    /// # Errors
    /// As [`Upload::save_as`].
    pub async fn store_as(&mut self, storage: &Storage, name: &str) -> Result<Option<String>> {
        let Change::New(file) = &self.0 else { return Ok(None) };
        let name = file.save_as(storage, name).await?;
        self.0 = Change::Stored(name.clone());
        Ok(Some(name))
    }

    /// What the row is to have: `None` for what it has, `Some(None)` for nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn into_name(self) -> Option<Option<String>> {
        match self.0 {
            Change::Keep => None,
            Change::Clear => Some(None),
            Change::Stored(name) => Some(Some(name)),
            Change::New(file) => {
                let error = Error::internal(
                    "a new file was not stored before its row: use `form.insert(..)`, `form.save(..)` or `FileChange::store`",
                );
                tracing::error!(file = file.name(), "{error}");
                // No row can have this for a name, so nothing wrong is written.
                Some(Some(String::from("/")))
            }
        }
    }

    /// Adds what is wrong with a new file.
    pub(crate) fn check(&self, path: &str, errors: &mut FieldErrors) {
        if let Change::New(file) = &self.0 {
            file.check(path, errors);
        }
    }
}

impl Files for FileChange {
    fn files(&self) -> &[Upload] {
        match &self.0 {
            Change::New(file) => std::slice::from_ref(file),
            _ => &[],
        }
    }
}

impl<'de> Deserialize<'de> for FileChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Given;
        impl<'de> Visitor<'de> for Given {
            type Value = FileChange;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED.trim_start_matches("expected "))
            }

            fn visit_none<E: de::Error>(self) -> Result<FileChange, E> {
                Ok(FileChange::keep())
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<FileChange, D::Error> {
                deserializer.deserialize_any(Given)
            }

            fn visit_unit<E: de::Error>(self) -> Result<FileChange, E> {
                Ok(ready().map_or_else(FileChange::keep, FileChange::to))
            }

            fn visit_bool<E: de::Error>(self, stays: bool) -> Result<FileChange, E> {
                if stays { Err(E::custom(EXPECTED)) } else { Ok(FileChange::clear()) }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FileChange, E> {
                self.visit_bool(text != "false")
            }
        }
        deserializer.deserialize_option(Given)
    }
}

impl Serialize for FileChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Change::Keep => serializer.serialize_none(),
            Change::Clear => serializer.serialize_bool(false),
            Change::New(file) => file.serialize(serializer),
            Change::Stored(name) => serializer.serialize_str(name),
        }
    }
}

/// The new file; its name, if it is stored; `false` if the file goes.
impl TemplateValue for FileChange {
    fn to_value(&self) -> Value {
        match &self.0 {
            Change::Keep => Value::Null,
            Change::Clear => Value::Bool(false),
            Change::New(file) => file.to_value(),
            Change::Stored(name) => Value::Text(name.clone()),
        }
    }
}
