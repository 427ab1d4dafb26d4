//! Files and images: a column keeps the name under which a storage has the file, never its bytes.
//!
//! Nothing here reads or writes a file. A storage asks [`place`](StoredFile::place) for the name that a new file should get,
//! looks whether it is free, and keeps the bytes under it; the row keeps the name.

use std::fmt;

use jiff::{fmt::strtime, tz::TimeZone};
use quintet_core::{
    Error, FieldErrors, Result, TemplateValue, Value,
    meta::{FieldMeta, Format},
    valid,
    value::{Kind, Timestamp, ValueRef},
};

use super::{FieldType, TextLike, mismatch};
use crate::decode::DecodeCx;

macro_rules! stored {
    ($(#[$doc:meta])* $name:ident, $format:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A file that the storage has under this name. The name is checked when the row is written.
            #[must_use]
            pub fn new(name: impl Into<String>) -> Self {
                $name(name.into())
            }

            /// The name in the storage: `posters/2026/alien.jpg`.
            #[must_use]
            pub fn name(&self) -> &str {
                &self.0
            }

            /// The last part of the name: `alien.jpg`.
            #[must_use]
            pub fn file_name(&self) -> &str {
                self.0.rsplit('/').next().unwrap_or_default()
            }

            /// What follows the last point, in lower case: `jpg`.
            #[must_use]
            pub fn extension(&self) -> Option<String> {
                let (stem, ending) = self.file_name().rsplit_once('.')?;
                (!stem.is_empty() && !ending.is_empty()).then(|| ending.to_lowercase())
            }

            /// Is there no file? Django leaves an empty name where there is none; here that is `None`.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The name for a new file of `field`, called `given` by whoever sends it: cleaned, in the folder that the
            /// field's `upload_to` says for this instant, and short enough for the column. Whether it is free is the
            /// storage's question.
            ///
            /// # Errors
            /// Of kind `Invalid` (422) if nothing of the name can be used.
            pub fn place(field: &FieldMeta, given: &str, at: Timestamp) -> Result<Self> {
                place(field, given, at).map($name)
            }
        }

        impl FieldType for $name {
            type Base = $name;
            type Like<U: FieldType<Base = U>> = U;
            const KIND: Kind = Kind::Text;
            const FORMAT: Format = Format::$format;

            fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
                match value {
                    ValueRef::Text(name) => Ok($name(name.to_owned())),
                    other => mismatch("the name of a file", other),
                }
            }

            fn encode(&self) -> Value {
                Value::Text(self.0.clone())
            }
        }

        impl TextLike for $name {}
        impl TextLike for Option<$name> {}

        /// Its name.
        impl TemplateValue for $name {
            fn to_value(&self) -> Value {
                Value::Text(self.0.clone())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                $name(name.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                $name(name)
            }
        }

        impl From<$name> for Value {
            fn from(file: $name) -> Self {
                Value::Text(file.0)
            }
        }
    };
}

stored! {
    /// The name of a file in a storage: `pub manual: StoredFile`, or `Option<StoredFile>` where there may be none.
    ///
    /// ```
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")]
    /// # #[derive(Debug, Clone)]
    /// pub struct Device {
    ///     pub name: String,
    ///     #[field(upload_to = "manuals/%Y")]
    ///     pub manual: Option<StoredFile>,
    /// }
    /// let (_, field) = Device.meta().field("manual").unwrap();
    /// let now = "2026-11-20T12:00:00Z".parse().unwrap();
    /// let manual = StoredFile::place(field, "C:\\files\\User guide.PDF", now).unwrap();
    /// assert_eq!(manual.name(), "manuals/2026/User_guide.PDF");
    /// assert_eq!(manual.extension().as_deref(), Some("pdf"));
    /// ```
    StoredFile, File
}

stored! {
    /// The name of an image in a storage. As [`StoredFile`]; forms and documents know that it is an image.
    StoredImage, Image
}

fn place(field: &FieldMeta, given: &str, at: Timestamp) -> Result<String> {
    let invalid = |why: &str| {
        let mut errors = FieldErrors::new();
        crate::validate::push(field, "format", why, &mut errors);
        Error::invalid(errors)
    };
    let Some(clean) = valid::clean_file_name(given) else {
        return Err(invalid("the file needs a name of letters or digits"));
    };
    let folder = strtime::format(field.upload_to, &at.to_zoned(TimeZone::UTC)).map_err(|error| {
        Error::internal(format!("upload_to = \"{}\" of `{}`: {error}", field.upload_to, field.name))
    })?;
    let folder = folder.trim_matches('/');
    let name = if folder.is_empty() { clean } else { format!("{folder}/{clean}") };
    let most = field.max_length.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    valid::fit_file_name(&name, most).ok_or_else(|| invalid("the file's name is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_a_clean_name_in_its_folder() {
        let field = FieldMeta {
            name: "poster",
            kind: Kind::Text,
            format: Format::Image,
            upload_to: "p/%Y/%m/%d/",
            max_length: Some(22),
            ..FieldMeta::BASE
        };
        let at: Timestamp = "2026-03-04T23:59:59Z".parse().unwrap();
        let name = |given: &str| StoredImage::place(&field, given, at).map(|file| file.0);
        assert_eq!(name("../../etc/a b.png").unwrap(), "p/2026/03/04/a_b.png");
        assert_eq!(name("a very long name.png").unwrap(), "p/2026/03/04/a_ver.png");
        let error = name("///").unwrap_err();
        assert_eq!(error.field_errors().unwrap().codes("poster").collect::<Vec<_>>(), ["format"]);
        let plain = FieldMeta { upload_to: "", ..field };
        assert_eq!(StoredImage::place(&plain, "x.png", at).unwrap().name(), "x.png");
        let broken = FieldMeta { upload_to: "%Q%", ..FieldMeta::BASE };
        assert_eq!(StoredFile::place(&broken, "x.png", at).unwrap_err().status(), 500);
    }

    #[test]
    fn parts_of_a_name() {
        let file = StoredFile::new("a.b/c.tar.GZ");
        assert_eq!((file.file_name(), file.extension().as_deref()), ("c.tar.GZ", Some("gz")));
        assert_eq!(StoredFile::new("a.b/.hidden").extension(), None);
        assert_eq!(serde_json::to_string(&file).unwrap(), "\"a.b/c.tar.GZ\"");
    }
}
