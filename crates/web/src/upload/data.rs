//! Files as fields of `#[data]`.
//!
//! serde carries no files. The reader of a form lays a file ready for this thread and says "unit"; what asks for an [`Upload`] takes
//! it from there at once. From any other source nothing lies there, and the message says how files are sent.

use std::cell::RefCell;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser::SerializeStruct as _,
};

use super::Upload;

/// What is said of anything else in the place of a file.
pub(crate) const EXPECTED: &str = "expected a file, which comes with a form (`multipart/form-data`)";

thread_local! {
    static READY: RefCell<Option<Upload>> = const { RefCell::new(None) };
}

/// Hands a file to what asks for it.
pub(crate) fn hand<'de, V: Visitor<'de>, E: de::Error>(file: &Upload, visitor: V) -> Result<V::Value, E> {
    READY.set(Some(file.clone()));
    let read = visitor.visit_unit();
    // Of one that asked for something else.
    READY.take();
    read
}

/// The file that lies ready.
pub(super) fn ready() -> Option<Upload> {
    READY.take()
}

impl<'de> Deserialize<'de> for Upload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Waiting;
        impl Visitor<'_> for Waiting {
            type Value = Upload;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED.trim_start_matches("expected "))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Upload, E> {
                ready().ok_or_else(|| E::custom(EXPECTED))
            }
        }
        deserializer.deserialize_any(Waiting)
    }
}

/// What is known of it: its bytes are not written.
impl Serialize for Upload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Upload", 3)?;
        out.serialize_field("name", self.name())?;
        out.serialize_field("content_type", self.content_type())?;
        out.serialize_field("size", &self.len())?;
        out.end()
    }
}
