use std::collections::BTreeMap;

use quintet_core::{
    Result,
    command::{Console, Progress},
    meta::ModelMeta,
    near::did_you_mean,
};
use quintet_orm::{Tx, dynamic::DynSet};

use super::{Batches, rebuild::rebuild};
use crate::{error::refuse, state::ProjectState};

/// The models as they were when a data migration runs: by name, with the columns of that moment.
///
/// The table of a many-to-many field is a model too: that of `Film.tags` is `Film_tags`, with a foreign key to either
/// side.
#[derive(Debug)]
pub struct OldModels {
    app: String,
    /// What is being done, for the progress.
    name: String,
    models: BTreeMap<String, &'static ModelMeta>,
    progress: Progress,
}

impl OldModels {
    /// The models of a state, for the function `app.name`. Without a terminal nobody sees its progress.
    ///
    /// The metadata stays in memory as long as the program runs (queries need it as long): some kilobytes for each time
    /// that a data migration is run.
    pub(crate) fn new(state: &ProjectState, function: &str, progress: Option<Progress>) -> Result<Self> {
        let (app, name) = function.split_once('.').unwrap_or(("", function));
        Ok(OldModels {
            app: app.to_owned(),
            name: name.to_owned(),
            models: rebuild(state)?,
            progress: progress.unwrap_or_else(|| Progress::new(Console::captured().0)),
        })
    }

    /// A model as it was: `Film` of the migration's own app, `auth.User` of another.
    ///
    /// # Errors
    /// If there was none at this point; the message names the nearest.
    pub fn model(&self, label: &str) -> Result<&'static ModelMeta> {
        let full = if label.contains('.') { label.to_owned() } else { format!("{}.{label}", self.app) };
        self.models.get(&full).copied().ok_or_else(|| {
            let near = did_you_mean(&full, self.models.keys().map(String::as_str));
            refuse(format!("there is no model `{full}` at this point of the migrations{near}"))
        })
    }

    /// All rows of a model, to be filtered, changed and deleted by name.
    ///
    /// # Errors
    /// If there was no such model at this point.
    pub fn set(&self, label: &str) -> Result<DynSet> {
        Ok(DynSet::new(self.model(label)?).unrestricted())
    }

    /// The rows of a model in parts of `size`, in the order of their keys: for tables that are too large to be read at
    /// once. It shows how far it is.
    ///
    /// # Errors
    /// If there was no such model, its key is not a single field, or the database fails.
    pub async fn batches(&self, label: &str, size: u64, tx: &Tx) -> Result<Batches> {
        self.batches_of(self.set(label)?, size, tx).await
    }

    /// The rows of a query in parts, as [`batches`](Self::batches).
    ///
    /// # Errors
    /// If the model's key is not a single field, or the database fails.
    pub async fn batches_of(&self, rows: DynSet, size: u64, tx: &Tx) -> Result<Batches> {
        let total = rows.clone().count(tx).await?;
        self.progress.begin(format!("{} ({})", self.name, rows.meta().label()), Some(total));
        Ok(Batches::new(rows, size, self.progress.clone()))
    }

    /// How far the work is, on the terminal.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}
