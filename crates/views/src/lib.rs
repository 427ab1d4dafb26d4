//! Quintet's generic pages: what most sites do with a model, without a handler for each.
//!
//! [`Pages`] says which pages a model has, and with which shapes, forms and templates; [`Views::pages`] puts them below a path
//! of an app. A request for one passes: the query that the pages are of, narrowed by the site for this request (`ask`) → what the
//! address asks of it (`list`) → rows of a shape → a template; or a form (`edit`) → a row → a redirect. What a site does itself is a
//! [`Hook`], and one transaction (`whole`). [`template`] and [`moved`] are pages without a model.
mod answer;
mod ask;
mod delete;
mod edit;
mod guard;
mod hook;
mod list;
mod names;
mod pages;
mod plain;
mod show;
mod what;
mod whole;

pub use hook::Hook;
pub use pages::{Pages, Views};
pub use plain::{moved, template};
