//! New rows, changes, deletions.
//!
//! A [`Draft`] is a row that does not exist yet; a model's value is one that does. Values are checked against the
//! metadata first; what only the database can know (uniqueness, foreign keys) comes back as an error that names the
//! model's fields ([`explain`]).
mod apply;
mod batch;
mod bulk;
mod bulk_create;
mod bulk_insert;
mod bulk_upsert;
mod by_name;
mod chunks;
mod copying;
mod delete;
mod draft;
mod edit;
mod explain;
mod fields;
mod fill;
mod fits;
mod insert;
mod links;
mod raw_draft;
mod restore;
mod save;
mod through;
mod update;
mod upsert;
mod version;

pub use apply::Apply;
pub(crate) use bulk::bulk_update;
pub(crate) use bulk_create::NewRows;
pub(crate) use bulk_insert::bulk_insert;
pub(crate) use bulk_upsert::{Existing, bulk_upsert};
pub(crate) use by_name::{insert_given, insert_values, update_rows, update_values};
pub(crate) use delete::delete_rows;
pub use draft::Draft;
pub use edit::Edit;
pub(crate) use explain::{taken, unknown};
pub use fields::IntoFields;
pub use fill::{Fill, Given};
pub(crate) use insert::row_scales;
pub(crate) use links::{Extra, LinkChange, change_links, restore_links};
pub(crate) use restore::{restore_new, restore_rows};
pub use update::Update;
