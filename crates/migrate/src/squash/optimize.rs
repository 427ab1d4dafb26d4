//! Fewer operations that lead to the same state.

use quintet_core::Result;

use super::{fold::fold, relabel::relabelled};
use crate::{operation::Operation, state::ProjectState};

/// Folds operations as long as any two can be: a field that is added to a model that is created, an index that is made
/// and dropped, two renames. `before` is the state before the first of them.
///
/// Nothing is folded across SQL and functions of the developer's own: what they read and write is not known. Whatever is
/// folded has been tried: the state after it is the same.
///
/// # Errors
/// If an operation does not fit the state.
pub fn optimize(before: &ProjectState, operations: Vec<Operation>) -> Result<Vec<Operation>> {
    let mut row = Row { operations, states: vec![before.clone()] };
    row.extend_states()?;
    let mut at = 0;
    let mut changed = false;
    loop {
        if at >= row.operations.len() {
            if !changed {
                return Ok(row.operations);
            }
            (at, changed) = (0, false);
            continue;
        }
        if row.fold_at(at)? {
            changed = true;
        } else {
            at += 1;
        }
    }
}

struct Row {
    operations: Vec<Operation>,
    /// The state before each operation, and after the last.
    states: Vec<ProjectState>,
}

impl Row {
    fn extend_states(&mut self) -> Result {
        while let (Some(operation), Some(last)) =
            (self.operations.get(self.states.len().saturating_sub(1)), self.states.last())
        {
            let mut next = last.clone();
            operation.apply(&mut next)?;
            self.states.push(next);
        }
        Ok(())
    }

    /// Folds the operation at `i` with the first later one that it can be folded with.
    fn fold_at(&mut self, i: usize) -> Result<bool> {
        let (Some(first), Some(before)) = (self.operations.get(i), self.states.get(i)) else {
            return Ok(false);
        };
        if first.is_opaque() {
            return Ok(false);
        }
        for j in i + 1..self.operations.len() {
            let Some(second) = self.operations.get(j).filter(|o| !o.is_opaque()) else { break };
            let (Some(at_second), Some(after)) = (self.states.get(j), self.states.get(j + 1)) else { break };
            let between = self.operations.get(i + 1..j).unwrap_or_default();
            if is_tangled([before, at_second], first, between) {
                continue;
            }
            let Some(folded) = fold(before, at_second, first, second, between) else { continue };
            // The state does not know which columns the developer's own SQL needs, so that nothing moves behind it.
            let raw = between.iter().any(|o| o.model() == first.model() && o.has_own_sql());
            let candidates = [
                Some([folded.as_slice(), between].concat()),
                (!raw).then(|| [between, folded.as_slice()].concat()),
                Some([folded.as_slice(), &relabelled(at_second, second, between)].concat()),
            ];
            let fitting = candidates.into_iter().flatten().find(|all| leads_to(before, all, after));
            if let Some(instead) = fitting {
                self.operations.splice(i..=j, instead);
                self.states.truncate(i + 1);
                self.extend_states()?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Are fields changed in between of a model that has computed columns? They need others before them, which the state does not
/// know.
fn is_tangled(states: [&ProjectState; 2], first: &Operation, between: &[Operation]) -> bool {
    let Some(label) = first.model() else { return false };
    let computes = |state: &ProjectState| {
        state
            .models
            .get(label)
            .is_some_and(|model| model.fields.iter().any(|field| field.generated.is_some()))
    };
    let made = |operation: &Operation| match operation {
        Operation::AddField { field, .. } | Operation::AlterField { field, .. } => field.generated.is_some(),
        _ => false,
    };
    let mut own = between.iter().filter(|operation| operation.model() == Some(label)).peekable();
    own.peek().is_some() && (states.into_iter().any(computes) || own.any(made))
}

/// Do these operations lead from one state to the other?
fn leads_to(from: &ProjectState, operations: &[Operation], to: &ProjectState) -> bool {
    let mut state = from.clone();
    operations.iter().all(|operation| operation.apply(&mut state).is_ok()) && state.same_as(to)
}
