//! Models that live in another database now.

use std::collections::BTreeSet;

use quintet_core::Result;

use super::{Detector, Question, questions::KEEP};
use crate::operation::Operation;

impl Detector<'_> {
    /// Deletes models whose database is another one now; they are created there with all that is new. Rows can't come along:
    /// no statement sees both databases. Whoever wants to take them along has the old table kept.
    pub(super) fn move_models(&mut self) -> Result {
        let moved: Vec<String> = self.common().into_iter().filter(|label| self.is_moved(label)).collect();
        let mut kept: BTreeSet<String> = BTreeSet::new();
        for label in &moved {
            let (Some(now), Some(goal)) = (self.now.models.get(label), self.goal.models.get(label)) else {
                continue;
            };
            // The table of a many-to-many goes with the model that has the field.
            let keep = match &now.through {
                Some(through) if moved.contains(&through.model) => kept.contains(&through.model),
                _ => {
                    let question = Question::MovedModel {
                        model: label.clone(),
                        from: now.database_name().to_owned(),
                        to: goal.database_name().to_owned(),
                    };
                    self.answers.answer(&question)?.as_deref() == Some(KEEP)
                }
            };
            if keep {
                kept.insert(label.clone());
            }
        }
        let before = self.found.len();
        self.delete(moved)?;
        for operation in self.found.iter_mut().skip(before) {
            if operation.model().is_some_and(|label| kept.contains(label)) {
                let state = vec![operation.clone()];
                *operation = Operation::Separate { state, database: Vec::new() };
            }
        }
        Ok(())
    }

    fn is_moved(&self, label: &String) -> bool {
        let (now, goal) = (self.now.models.get(label), self.goal.models.get(label));
        now.zip(goal).is_some_and(|(now, goal)| now.database != goal.database)
    }
}
