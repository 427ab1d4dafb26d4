//! Data: structs and enums that come in by JSON and query strings and go out to JSON and templates.
//!
//! `#[data]` writes the implementations. What comes in is read by serde at one go ([`typed`] makes what people typed into forms
//! ready for it); if that fails, each field is tried on its own ([`explain`]), so that all faults are told at once. Then the
//! [`rules`] of the fields are checked, and at last those that the type has itself ([`clean`]). What no log may show of
//! it is found by [`secret`].
pub(crate) mod clean;
mod explain;
mod field;
mod given;
mod names;
mod payload;
pub(crate) mod probe;
pub(crate) mod rules;
pub(crate) mod secret;
pub mod typed;

use quintet_core::{FieldErrors, TemplateValue, meta::ModelMeta};
use serde::{Serialize, de::DeserializeOwned};

use crate::upload::FileChange;
pub use clean::{CleanData, DataErrors};
pub(crate) use explain::{explain, from_pairs};
pub use field::{DataField, DataShape, FieldOptions, ShapeKind};
pub use given::Given;
pub use names::{DataName, DataNames};
pub use payload::Payload;

/// A type with `#[data]`.
///
/// ```
/// use quintet_web::{Data, data};
///
/// /// Who writes.
/// #[data]
/// struct Person {
///     /// As on the passport.
///     #[field(max_length = 50, label = "Full name")]
///     name: String,
/// }
///
/// let [name] = Person::FIELDS else { unreachable!() };
/// assert_eq!((name.name, name.label, name.help, name.max_length), ("name", "Full name", "As on the passport.", Some(50)));
/// assert_eq!(Person::DOC, "Who writes.");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as data",
    label = "add #[data] to `{Self}`",
    note = "#[data] makes it readable from JSON and query strings, and showable in templates"
)]
pub trait Data: Serialize + DeserializeOwned + TemplateValue + Send + Sync + 'static {
    /// The type's name.
    const NAME: &'static str;
    /// Its doc comment.
    const DOC: &'static str;
    /// Its fields, in order; none of an enum.
    const FIELDS: &'static [DataField];
    /// The model that it is of: `#[data(model = Film)]`.
    const MODEL: Option<fn() -> &'static ModelMeta> = None;

    /// Checks the rules of all fields, nested ones too.
    fn validate(&self, errors: &mut FieldErrors);

    /// How it looks from outside.
    fn shape() -> DataShape {
        DataShape::new::<Self>(ShapeKind::Object(Self::FIELDS))
    }

    /// Its fields that are changes of files, by their names in Rust.
    #[doc(hidden)]
    fn file_changes(&mut self) -> Vec<(&'static str, &mut FileChange)> {
        Vec::new()
    }

    /// The rules of [`CleanData`], if it has them.
    #[doc(hidden)]
    fn cleaner() -> Option<clean::Cleaner<Self>> {
        None
    }
}
