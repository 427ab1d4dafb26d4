//! Which operations are done on a database, where a site has several.

use quintet_orm::Db;

use crate::{
    operation::Operation,
    state::{ModelState, ProjectState},
};

/// The database that a migration is planned for. Every migration is run on each; what is the matter of another one changes
/// only the state.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// The only one: all is done there.
    Only,
    /// One of several, or one that knows that it is the only one of its site.
    Of(&'a Db),
}

impl Place<'_> {
    /// Is the table of this model here?
    #[must_use]
    pub fn has(&self, label: &str, model: &ModelState) -> bool {
        match self {
            Place::Only => true,
            Place::Of(db) => db.holds(label, model.database.as_deref()),
        }
    }

    /// The models whose tables are here.
    pub(crate) fn models(&self, state: &ProjectState) -> ProjectState {
        let models = state.models.iter().filter(|(label, model)| self.has(label, model));
        ProjectState { models: models.map(|(label, model)| (label.clone(), model.clone())).collect() }
    }

    /// Is the operation done here? `before` is the state before it.
    pub(crate) fn does(&self, before: &ProjectState, operation: &Operation) -> bool {
        let Place::Of(db) = self else { return true };
        match operation {
            Operation::CreateModel { model, state } => self.has(model, state),
            Operation::RunSql { database, .. } | Operation::RunRust { database, .. } => {
                database.as_deref() == Some("*") || db.is(database.as_deref())
            }
            // Its parts are looked at one by one.
            Operation::Separate { .. } => true,
            other => {
                let model = other.model().and_then(|label| Some((label, before.models.get(label)?)));
                // What does not fit the state is refused where it is applied.
                model.is_none_or(|(label, model)| self.has(label, model))
            }
        }
    }

    /// For each operation, is it done here?
    pub(crate) fn of_each(&self, before: &ProjectState, operations: &[Operation]) -> Vec<bool> {
        if matches!(self, Place::Only) {
            return vec![true; operations.len()];
        }
        let mut state = before.clone();
        let mut all = Vec::with_capacity(operations.len());
        for operation in operations {
            all.push(self.does(&state, operation));
            if operation.apply(&mut state).is_err() {
                // Told by the plan, which comes to it as well.
                break;
            }
        }
        all.resize(operations.len(), true);
        all
    }
}
