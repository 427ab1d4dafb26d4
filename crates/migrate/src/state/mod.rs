//! What the database's tables are meant to look like at a point in history, as plain data.
//!
//! A [`ProjectState`] is either the fold of all operations of the migration files
//! ([`Operation::apply`](crate::Operation::apply)) or read from the registered models ([`ProjectState::of_models`]).
//! The autodetector compares the two, and the SQL of an operation is written from the state before it. Nothing
//! here knows a database.
mod field;
mod index;
mod model;
mod registry;

use std::collections::BTreeMap;

pub use field::{FieldState, Reference};
pub use index::{CheckState, IndexState};
pub(crate) use index::{mentions, renamed};
pub use model::{ModelState, ThroughOf};
use quintet_core::{Result, near::did_you_mean};

use crate::error::refuse;

/// All models at a point in history, by label (`cinema.Film`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectState {
    /// The models; the table between the two sides of `cinema.Film.tags` is `cinema.Film_tags`.
    pub models: BTreeMap<String, ModelState>,
}

impl ProjectState {
    /// The model of this label.
    ///
    /// # Errors
    /// If there is none at this point; the message names the nearest label.
    pub fn model(&self, label: &str) -> Result<&ModelState> {
        self.models.get(label).ok_or_else(|| self.unknown(label))
    }

    /// The model of this label, to be changed.
    pub(crate) fn model_mut(&mut self, label: &str) -> Result<&mut ModelState> {
        if !self.models.contains_key(label) {
            return Err(self.unknown(label));
        }
        self.models.get_mut(label).ok_or_else(|| refuse(format!("there is no model `{label}`")))
    }

    fn unknown(&self, label: &str) -> quintet_core::Error {
        refuse(format!(
            "there is no model `{label}` at this point{}",
            did_you_mean(label, self.models.keys().map(String::as_str))
        ))
    }

    /// The fields that point to the model `label`, with the models that have them, the model's own included.
    pub fn references_to<'a>(&'a self, label: &'a str) -> impl Iterator<Item = (&'a str, &'a FieldState)> {
        self.models.iter().flat_map(move |(owner, model)| {
            let pointing = move |f: &&FieldState| f.reference.as_ref().is_some_and(|r| r.model == label);
            model.fields.iter().filter(pointing).map(move |f| (owner.as_str(), f))
        })
    }

    /// The models of one app.
    pub fn of_app<'a>(&'a self, app: &'a str) -> impl Iterator<Item = (&'a String, &'a ModelState)> {
        self.models.iter().filter(move |(label, _)| app_of(label) == app)
    }

    /// Do both have the same models with the same fields, whatever the order of fields?
    #[must_use]
    pub fn same_as(&self, other: &ProjectState) -> bool {
        self.models.len() == other.models.len()
            && self.models.iter().all(|(label, m)| other.models.get(label).is_some_and(|n| m.same_as(n)))
    }
}

/// The app of `app.Model`.
pub(crate) fn app_of(label: &str) -> &str {
    label.split_once('.').map_or("", |(app, _)| app)
}

/// The model's own name in `app.Model`.
pub(crate) fn name_of(label: &str) -> &str {
    label.split_once('.').map_or(label, |(_, name)| name)
}
