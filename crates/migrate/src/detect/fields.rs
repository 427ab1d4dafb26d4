//! The fields of models that are in both states.

use std::collections::BTreeMap;

use quintet_core::{Result, near::did_you_mean};

use super::{Detector, Question};
use crate::{
    error::refuse,
    operation::Operation,
    sql::literal,
    state::{FieldState, IndexState, ModelState},
};

impl Detector<'_> {
    pub(super) fn rename_fields(&mut self) -> Result {
        for label in self.common() {
            let (Some(now), Some(goal)) =
                (self.now.models.get(&label).cloned(), self.goal.models.get(&label))
            else {
                continue;
            };
            if now.through.is_some() {
                self.rename_sides(&label, &now, goal)?;
                continue;
            }
            let mut gone: Vec<&FieldState> =
                now.fields.iter().filter(|f| goal.get(&f.name).is_none()).collect();
            for field in goal.fields.iter().filter(|f| now.get(&f.name).is_none()) {
                let Some(old) = self.old_name(&label, field, &gone)? else { continue };
                gone.retain(|f| f.name != old);
                self.rename(&label, &old, field)?;
            }
        }
        Ok(())
    }

    /// The columns of a table between two models are named after the models; their places tell which is which.
    fn rename_sides(&mut self, label: &str, now: &ModelState, goal: &ModelState) -> Result {
        for (old, new) in now.fields.iter().zip(&goal.fields) {
            let moved = old.reference == new.reference
                && now.get(&new.name).is_none()
                && goal.get(&old.name).is_none();
            if moved {
                self.rename(label, &old.name, new)?;
            }
        }
        Ok(())
    }

    fn rename(&mut self, label: &str, old: &str, new: &FieldState) -> Result {
        let (model, from, to) = (label.to_owned(), old.to_owned(), new.name.clone());
        let before = self.now.model(label)?.field(old)?;
        let usual = before.has_usual_column() && before.usual_column(&to) == new.column;
        let kept = !before.has_usual_column() && before.column == new.column;
        let column = (!usual && !kept).then(|| new.column.clone());
        self.emit(Operation::RenameField { model, from, to, column })
    }

    fn old_name(&mut self, label: &str, field: &FieldState, gone: &[&FieldState]) -> Result<Option<String>> {
        let hint = self.hints.fields.get(&(label.to_owned(), field.name.clone()));
        if let Some(hint) = hint {
            if gone.iter().any(|f| f.name == *hint) {
                return Ok(Some(hint.clone()));
            }
            if !gone.is_empty() {
                let near = did_you_mean(hint, gone.iter().map(|f| f.name.as_str()));
                return Err(refuse(format!(
                    "{label}.{} says renamed_from = \"{hint}\", but no field of that name vanished{near}",
                    field.name
                )));
            }
        }
        let claimed =
            |name: &str| self.hints.fields.iter().any(|((model, _), old)| model == label && old == name);
        let candidates: Vec<String> = gone
            .iter()
            .filter(|old| old.kind == field.kind && target(old) == target(field) && !claimed(&old.name))
            .map(|old| old.name.clone())
            .collect();
        if candidates.is_empty() {
            return Ok(None);
        }
        let (model, field) = (label.to_owned(), field.name.clone());
        self.answers.answer(&Question::RenamedField { model, field, candidates })
    }

    /// Removes, adds and alters fields; all of a model's in a row, so that they are one change of its table.
    pub(super) fn change_models(&mut self) -> Result {
        for label in self.common() {
            let Some(goal) = self.goal.models.get(&label) else { continue };
            let now = self.now.model(&label)?.clone();
            let kept: Vec<Vec<String>> = now
                .unique_together
                .iter()
                .filter(|set| goal.unique_together.contains(set))
                .cloned()
                .collect();
            if kept.len() < now.unique_together.len() {
                self.emit(Operation::AlterUniqueTogether { model: label.clone(), sets: kept })?;
            }
            self.rename_indexes(&label)?;
            self.remove_indexes(&label, |_| true)?;
            self.change_fields(&label, &now, goal)?;
            let sorted = |sets: &[Vec<String>]| {
                let mut sets = sets.to_vec();
                sets.sort();
                sets
            };
            let now = self.now.model(&label)?;
            if sorted(&now.unique_together) != sorted(&goal.unique_together) {
                let sets = goal.unique_together.clone();
                self.emit(Operation::AlterUniqueTogether { model: label.clone(), sets })?;
            }
            self.add_indexes(&label)?;
        }
        Ok(())
    }

    /// Removes the indexes and rules with SQL of the developer's own that go or change, for columns that they mention may be
    /// renamed next.
    pub(super) fn remove_raw(&mut self) -> Result {
        for label in self.common() {
            let Some(goal) = self.goal.models.get(&label) else { continue };
            self.rename_indexes(&label)?;
            self.remove_indexes(&label, IndexState::is_raw)?;
            for check in self.now.model(&label)?.checks.clone() {
                if !goal.checks.contains(&check) {
                    self.emit(Operation::RemoveConstraint { model: label.clone(), name: check.name })?;
                }
            }
        }
        Ok(())
    }

    /// Renames the indexes that differ in nothing else.
    fn rename_indexes(&mut self, label: &str) -> Result {
        let Some(goal) = self.goal.models.get(label) else { return Ok(()) };
        for old in self.now.model(label)?.indexes.clone() {
            let now = self.now.model(label)?;
            let wanted = goal.indexes.iter().find(|new| {
                let same = IndexState { name: old.name.clone(), ..(*new).clone() } == old;
                same && !now.indexes.contains(new)
            });
            let Some(to) = wanted.map(|new| new.name.clone()).filter(|_| !goal.indexes.contains(&old)) else {
                continue;
            };
            let from = old.name(now)?;
            let new = IndexState { name: to.clone(), ..old };
            // Another index has the name still: it goes first, and then this one comes anew.
            if now.index(&new.name(now)?).is_err() {
                self.emit(Operation::RenameIndex { model: label.to_owned(), from, to })?;
            }
        }
        Ok(())
    }

    /// Removes, adds and alters. Columns that are computed stand in between: what they are computed from comes before them and
    /// goes after them.
    fn change_fields(&mut self, label: &str, now: &ModelState, goal: &ModelState) -> Result {
        let generated = |field: &&FieldState| field.generated.is_some();
        let gone = || now.fields.iter().filter(|field| goal.get(&field.name).is_none());
        let new = || goal.fields.iter().filter(|field| now.get(&field.name).is_none());
        let late = now.fields.iter().chain(&goal.fields).any(|field| field.generated.is_some());
        for field in gone().filter(|field| !late || generated(field)) {
            self.remove_field(label, &field.name)?;
        }
        for field in new().filter(|field| !generated(field)) {
            let backfill = self.backfill_of_new(label, field)?;
            self.emit(Operation::AddField { model: label.to_owned(), field: field.clone(), backfill })?;
        }
        for computed in [false, true] {
            for field in goal.fields.iter().filter(|field| generated(field) == computed) {
                if let Some(old) = now.get(&field.name).filter(|old| *old != field) {
                    self.alter_field(label, old, field)?;
                }
            }
        }
        for field in new().filter(generated) {
            let (model, field) = (label.to_owned(), field.clone());
            self.emit(Operation::AddField { model, field, backfill: None })?;
        }
        for field in gone().filter(|field| late && !generated(field)) {
            self.remove_field(label, &field.name)?;
        }
        Ok(())
    }

    /// Removes the indexes of this sort that the model no longer asks for.
    fn remove_indexes(&mut self, label: &str, sort: impl Fn(&IndexState) -> bool) -> Result {
        let now = self.now.model(label)?.clone();
        let goal = self.goal.models.get(label);
        for index in now.indexes.iter().filter(|i| sort(i) && goal.is_none_or(|g| !g.indexes.contains(i))) {
            let name = index.name(&now)?;
            self.emit(Operation::RemoveIndex { model: label.to_owned(), name, concurrently: false })?;
        }
        Ok(())
    }

    fn add_indexes(&mut self, label: &str) -> Result {
        let (now, Some(goal)) = (self.now.model(label)?.clone(), self.goal.models.get(label)) else {
            return Ok(());
        };
        for index in goal.indexes.iter().filter(|index| !now.indexes.contains(index)) {
            let (model, index) = (label.to_owned(), index.clone());
            self.emit(Operation::AddIndex { model, index, concurrently: false })?;
        }
        for check in goal.checks.iter().filter(|check| !now.checks.contains(check)) {
            self.emit(Operation::AddConstraint { model: label.to_owned(), check: check.clone() })?;
        }
        Ok(())
    }

    /// Removes a field, and before it what is unique together with it.
    pub(super) fn remove_field(&mut self, label: &str, name: &str) -> Result {
        let mut sets = self.now.model(label)?.unique_together.clone();
        let all = sets.len();
        sets.retain(|set| !set.iter().any(|f| f == name));
        if sets.len() < all {
            self.emit(Operation::AlterUniqueTogether { model: label.to_owned(), sets })?;
        }
        let column = self.now.model(label)?.field(name)?.column.clone();
        while let Some(index) = self.now.model(label)?.indexes.iter().find(|index| index.has(name)) {
            let name = index.name(self.now.model(label)?)?;
            self.emit(Operation::RemoveIndex { model: label.to_owned(), name, concurrently: false })?;
        }
        if self.now.model(label)?.mention_of(&column).is_some() && !self.goal.models.contains_key(label) {
            // The whole model goes.
            self.remove_indexes(label, IndexState::is_raw)?;
            for check in self.now.model(label)?.checks.clone() {
                self.emit(Operation::RemoveConstraint { model: label.to_owned(), name: check.name })?;
            }
        }
        self.emit(Operation::RemoveField { model: label.to_owned(), name: name.to_owned(), backfill: None })
    }

    fn alter_field(&mut self, label: &str, old: &FieldState, new: &FieldState) -> Result {
        let backfill = if old.null && !new.null && new.db_default.is_none() && new.generated.is_none() {
            self.backfill(label, new, false)?
        } else {
            None
        };
        let values = self.lost_choices(label, old, new)?;
        self.emit(Operation::AlterField { model: label.to_owned(), field: new.clone(), backfill, values })
    }

    fn backfill_of_new(&mut self, label: &str, field: &FieldState) -> Result<Option<String>> {
        if field.null || field.auto || field.db_default.is_some() || field.generated.is_some() {
            return Ok(None);
        }
        self.backfill(label, field, true)
    }

    /// The default for new rows, made once; or what is answered.
    fn backfill(&mut self, label: &str, field: &FieldState, added: bool) -> Result<Option<String>> {
        if let Some(make) = self.hints.defaults.get(&(label.to_owned(), field.name.clone())) {
            return literal::as_file_text(field, &make()).map(Some);
        }
        let question = Question::Backfill { model: label.to_owned(), field: field.clone(), added };
        self.answers.answer(&question)
    }

    /// Where choices vanished and others came, a choice may have been renamed.
    fn lost_choices(
        &mut self,
        label: &str,
        old: &FieldState,
        new: &FieldState,
    ) -> Result<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        if new.generated.is_some() {
            return Ok(values);
        }
        let came = new.choices.iter().any(|c| !old.choices.contains(c));
        if old.choices.is_empty() || !came {
            return Ok(values);
        }
        for lost in old.choices.iter().filter(|c| !new.choices.contains(c)) {
            let question =
                Question::LostChoice { model: label.to_owned(), field: new.clone(), value: lost.clone() };
            if let Some(answer) = self.answers.answer(&question)? {
                values.insert(lost.clone(), answer);
            }
        }
        Ok(values)
    }
}

fn target(field: &FieldState) -> Option<&str> {
    field.reference.as_ref().map(|r| r.model.as_str())
}
