//! Quintet's generic pages: what most sites do with a model, without a handler for each.
//!
//! [`Pages`] says which pages a model has, and with which shapes, forms and templates; [`Views::pages`] puts them below a path
//! of an app. A request for one passes: the query that the pages are of → what the address asks of it (`list`) → rows of a shape →
//! a template; or a form (`edit`) → a row → a redirect. [`template`] and [`moved`] are pages without a model.
mod delete;
mod edit;
mod guard;
mod list;
mod names;
mod pages;
mod plain;
mod show;
mod what;

pub use pages::{Pages, Views};
pub use plain::{moved, template};
