//! The autodetector: which operations lead from the state of the migration files to that of the models.
//!
//! [`detect`] compares two states and never guesses: what could be a rename is a [`Question`], and so is a value for
//! rows that exist. Questions are answered by `renamed_from` and defaults in the models ([`Hints`]), or by whoever
//! stands behind [`Answers`]: a terminal, options of a command, or nobody. [`arrange`] then makes migrations of the
//! operations, one or more an app.
mod arrange;
mod fields;
mod hints;
mod models;
mod moved;
mod questions;

use quintet_core::Result;

pub use arrange::arrange;
pub use hints::Hints;
pub(crate) use questions::plain;
pub use questions::{Answers, Prepared, Question};

use crate::{operation::Operation, state::ProjectState};

/// The operations that lead from one state to the other, in an order in which they can run.
///
/// Models come before what points to them (a circle of foreign keys is cut: one is added afterwards), renames before
/// everything else, deletions last.
///
/// # Errors
/// Those of `answers`, and those of an operation that does not fit.
pub fn detect(
    from: &ProjectState,
    to: &ProjectState,
    hints: &Hints,
    answers: &mut dyn Answers,
) -> Result<Vec<Operation>> {
    let mut detector = Detector { now: from.clone(), goal: to, hints, answers, found: Vec::new() };
    detector.rename_models()?;
    detector.move_models()?;
    detector.drop_turned_tables()?;
    detector.remove_raw()?;
    detector.rename_fields()?;
    detector.free_tables()?;
    detector.rename_tables()?;
    detector.create_models()?;
    detector.change_models()?;
    detector.delete_models()?;
    Ok(detector.found)
}

struct Detector<'a> {
    /// The state after the operations found so far.
    now: ProjectState,
    goal: &'a ProjectState,
    hints: &'a Hints,
    answers: &'a mut dyn Answers,
    found: Vec<Operation>,
}

impl Detector<'_> {
    fn emit(&mut self, operation: Operation) -> Result {
        operation.apply(&mut self.now)?;
        self.found.push(operation);
        Ok(())
    }

    /// The labels of the models that are in both states, as named now.
    fn common(&self) -> Vec<String> {
        self.now.models.keys().filter(|label| self.goal.models.contains_key(*label)).cloned().collect()
    }

    /// The labels of the models that only the files know.
    fn gone(&self) -> Vec<String> {
        self.now.models.keys().filter(|label| !self.goal.models.contains_key(*label)).cloned().collect()
    }

    /// The labels of the models that only the registry knows.
    fn unknown(&self) -> Vec<String> {
        self.goal.models.keys().filter(|label| !self.now.models.contains_key(*label)).cloned().collect()
    }
}
