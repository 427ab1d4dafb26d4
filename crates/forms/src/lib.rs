//! Quintet's room of forms.
//!
//! A form is a `#[data]` type and what a person made of it. It passes one way: a [`FormBody`] is read from the request, the
//! texts in it by the rules of the type (`quintet_web`'s, the same as for JSON); what comes of it is a [`Form`], empty, wrong or
//! valid, whose erased part (`state`) keeps what was typed. A page that is given the form shows it: `piece` makes of the state a
//! piece of a page, `control` chooses and fills the controls, `text` writes values as controls show them. The markup is in
//! templates (`forms/field.html`, `forms/widgets/select.html`, …), which any app may have its own of.
mod body;
mod choice;
mod control;
mod dates;
#[cfg(feature = "orm")]
mod files;
mod files_of;
mod form;
mod forms;
mod judge;
#[cfg(feature = "orm")]
mod model;
mod piece;
#[cfg(feature = "orm")]
mod related;
mod room;
mod rows;
#[cfg(feature = "orm")]
mod save;
mod search;
mod settings;
mod shelf;
mod state;
mod text;
mod untouched;
#[cfg(feature = "orm")]
mod write;

pub use body::{FilePart, FormBody};
pub use choice::IntoChoice;
pub use files_of::FilesOf;
pub use form::Form;
pub use forms::{Forms, RowChange};
pub use quintet_macros::form;
pub use room::FormsRoom;
#[cfg(feature = "orm")]
pub use save::SavedRows;
pub use search::SearchForm;
pub use settings::FormsSettings;
