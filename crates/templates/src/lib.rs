//! Templates: HTML (and text) with the Jinja language, set up so that mistakes are found early and said plainly.
//!
//! Data passes through one way. A page names a template and gives values; [`Engine`] is the site's
//! `Arc<dyn Renderer>`:
//!
//! - `loader` finds the file in the apps' `templates/` folders, in install order, the first one wins. Files on disk
//!   are looked at again at each rendering, so an edit shows at the next request; embedded files are compiled once.
//! - `value` turns [`quintet_core::Value`]s into what the template language works on, lists and rows only where they are looked
//!   into (`node`); `scope` is where names are found: the handler's values, then the request's, then functions and globals.
//! - `tags` reads tags that the language does not have, Django's and those of apps, as what it has.
//! - `piece` shows what has a template of its own: a form, a field of one.
//! - `fragment` cuts one block (`film.html#reviews`) out of a template and its parents.
//! - `functions` and `filters` are what templates can call, beside the language's own; apps add theirs
//!   ([`TemplateParts`]).
//! - `carried` takes an error of the house through the language; `error` makes of a failure an error with file, line, column, source and the nearest name;
//!   `check` finds wrong names of templates, routes, static files and filters when the site starts.
//!
//! # What differs from plain Jinja
//! - A missing name is an error where it would be shown, looped over or looked into. It may be asked for:
//!   `{% if note %}`, `note is defined`, `note|default("none")`.
//! - Nothing (`None`, SQL's NULL) is shown as an empty text; true and false as `true` and `false`.
//! - All templates are escaped as HTML but those whose names end in `.txt` or `.json`; what is safe already says so
//!   (`|safe`).
//! - Decimals, dates, times and durations are exact values: shown in ISO form, sorted among their own kind, compared with
//!   numbers (`price > 5`), with each other (`film.released < today()`) and with their ISO form (`film.released <
//!   "2000-01-01"`). What has no order is an error; nothing is neither more nor less than anything (`operators` reads the
//!   language's signs as tests that know all this).
//! - A template that works for too long (an endless loop) ends with an error.
mod carried;
mod check;
mod engine;
mod error;
mod filters;
mod fragment;
mod functions;
#[cfg(test)]
mod hostile;
mod in_scope;
mod loader;
mod mentions;
mod named;
mod node;
mod operators;
mod parts;
mod piece;
mod room;
mod rows;
mod scan;
mod scope;
mod syntax;
mod tags;
mod told;
mod value;

pub use engine::Engine;
/// The template language, for the types of own filters and functions (`State`, `Error`, `value::Kwargs`, …).
pub use minijinja;
pub use parts::TemplateParts;
pub use room::TemplatesRoom;
pub use tags::{FragmentMemory, Part, fragment_key};
