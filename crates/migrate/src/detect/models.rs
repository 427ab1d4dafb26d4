//! Whole models: renamed, created, deleted.

use std::collections::BTreeSet;

use quintet_core::Result;

use super::{Detector, Question};
use crate::{
    error::refuse,
    operation::Operation,
    state::{FieldState, ModelState, app_of},
};

/// How much of its fields two models must share for a rename to be asked about.
const LIKE: f64 = 0.5;

impl Detector<'_> {
    pub(super) fn rename_models(&mut self) -> Result {
        self.rename_alike(|model| model.through.is_none())?;
        // The tables of many-to-many fields have followed their models; what is left are renamed fields.
        self.rename_alike(|model| model.through.is_some())
    }

    fn rename_alike(&mut self, sort: impl Fn(&ModelState) -> bool) -> Result {
        for label in self.unknown() {
            let Some(new) = self.goal.models.get(&label).filter(|m| sort(m)) else { continue };
            let mut gone = self.gone();
            gone.retain(|old| self.now.models.get(old).is_some_and(&sort));
            let hinted = self.hints.models.get(&label).filter(|old| gone.contains(old)).cloned();
            let old = match hinted {
                Some(old) => Some(old),
                None => self.ask_for_model(&label, new, gone)?,
            };
            if let Some(old) = old {
                self.emit(Operation::RenameModel { model: old, to: label })?;
            }
        }
        Ok(())
    }

    fn ask_for_model(&mut self, label: &str, new: &ModelState, gone: Vec<String>) -> Result<Option<String>> {
        let mut alike: Vec<(f64, String)> = gone
            .into_iter()
            .filter(|old| {
                // One that another model claims by `renamed_from` is not on offer.
                !self
                    .hints
                    .models
                    .iter()
                    .any(|(by, hinted)| hinted == old && self.goal.models.contains_key(by))
            })
            .filter_map(|old| Some((self.likeness(&old, self.now.models.get(&old)?, label, new), old)))
            .filter(|(likeness, _)| *likeness >= LIKE)
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        if alike.is_empty() {
            return Ok(None);
        }
        let candidates = alike.into_iter().map(|(_, old)| old).collect();
        self.answers.answer(&Question::RenamedModel { model: label.to_owned(), candidates })
    }

    /// From 0 (nothing in common) to 1 (the same fields); a model of another app must be the very same.
    fn likeness(&self, old_label: &str, old: &ModelState, label: &str, new: &ModelState) -> f64 {
        let shape = |f: &FieldState, own: &str| {
            let to =
                f.reference.as_ref().map(|r| if r.model == own { String::new() } else { r.model.clone() });
            (f.name.clone(), f.kind, to)
        };
        if let (Some(a), Some(b)) = (&old.through, &new.through) {
            // Tables of many-to-many fields: of the same model, to the same model.
            let targets =
                |m: &ModelState| -> Vec<_> { m.fields.iter().map(|f| f.reference.clone()).collect() };
            return if a.model == b.model && targets(old) == targets(new) { 1.0 } else { 0.0 };
        }
        let plain = |m: &ModelState, own: &str| -> BTreeSet<_> {
            m.fields
                .iter()
                .filter(|f| !f.auto)
                .map(|f| {
                    let (name, kind, to) = shape(f, own);
                    (name, kind.name(), to)
                })
                .collect()
        };
        let (a, b) = (plain(old, old_label), plain(new, label));
        if a.is_empty() && b.is_empty() {
            return 1.0;
        }
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let likeness = count(a.intersection(&b).count()) / count(a.len().max(b.len()));
        let elsewhere = app_of(old_label) != app_of(label);
        if elsewhere && likeness < 1.0 { 0.0 } else { likeness }
    }

    /// Deletes the table of a many-to-many field that now leads to another model: its rows say nothing about that one.
    pub(super) fn drop_turned_tables(&mut self) -> Result {
        let targets = |m: &ModelState| -> Vec<Option<String>> {
            m.fields.iter().map(|f| f.reference.as_ref().map(|r| r.model.clone())).collect()
        };
        let turned = |label: &String| {
            let (Some(now), Some(goal)) = (self.now.models.get(label), self.goal.models.get(label)) else {
                return false;
            };
            (now.through.is_some() || goal.through.is_some())
                && (now.through != goal.through || targets(now) != targets(goal))
        };
        let turned: Vec<String> = self.common().into_iter().filter(turned).collect();
        self.delete(turned)
    }

    /// Deletes vanished models whose table another model takes over.
    pub(super) fn free_tables(&mut self) -> Result {
        let wanted: BTreeSet<_> = self.goal.models.values().map(|m| (&m.database, &m.table)).collect();
        let in_the_way: Vec<String> = self
            .gone()
            .into_iter()
            .filter(|label| {
                self.now.models.get(label).is_some_and(|m| wanted.contains(&(&m.database, &m.table)))
            })
            .collect();
        self.delete(in_the_way)
    }

    pub(super) fn rename_tables(&mut self) -> Result {
        let mut todo: Vec<(String, String)> = self
            .common()
            .into_iter()
            .filter_map(|label| {
                let (now, goal) = (self.now.models.get(&label)?, self.goal.models.get(&label)?);
                (now.table != goal.table).then(|| (label, goal.table.clone()))
            })
            .collect();
        // A name may be freed by another renaming.
        while !todo.is_empty() {
            let free = |(label, table): &(String, String)| {
                let database = self.now.models.get(label).and_then(|m| m.database.as_deref());
                self.now.models.values().all(|m| m.database.as_deref() != database || m.table != *table)
            };
            let next = todo.iter().position(free).unwrap_or(0);
            let (model, table) = todo.remove(next);
            self.emit(Operation::RenameTable { model, table })?;
        }
        Ok(())
    }

    /// Creates models, each after those that it points to. A circle is cut where it costs least: the field is added
    /// when both tables are there.
    pub(super) fn create_models(&mut self) -> Result {
        let mut todo = self.unknown();
        let mut later: Vec<(String, Vec<FieldState>, Vec<Vec<String>>)> = Vec::new();
        while !todo.is_empty() {
            let costs: Vec<Option<usize>> = todo.iter().map(|label| self.cost_of_creating(label)).collect();
            let Some(next) = (0..todo.len())
                .filter(|i| costs.get(*i).is_some_and(Option::is_some))
                .min_by_key(|i| costs.get(*i))
            else {
                return Err(refuse(format!(
                    "the keys of {} point to each other in a circle: no table can be made first",
                    todo.join(", ")
                )));
            };
            let label = todo.remove(next);
            let Some(goal) = self.goal.models.get(&label) else { continue };
            let mut state = goal.clone();
            let early = |f: &FieldState| {
                f.reference
                    .as_ref()
                    .is_none_or(|r| r.model == label || self.now.models.contains_key(&r.model))
            };
            state.fields.retain(early);
            let cut: Vec<FieldState> = goal.fields.iter().filter(|f| !early(f)).cloned().collect();
            if !cut.is_empty() {
                state.unique_together.retain(|set| set.iter().all(|name| state_has(&state.fields, name)));
                // They come when all fields are there.
                state.indexes.clear();
                state.checks.clear();
                later.push((label.clone(), cut, goal.unique_together.clone()));
            }
            self.emit(Operation::CreateModel { model: label, state })?;
        }
        for (model, cut, sets) in later {
            for field in cut {
                // The table is empty, or was filled by a migration between that must then see to this field.
                self.emit(Operation::AddField { model: model.clone(), field, backfill: None })?;
            }
            if self.now.model(&model)?.unique_together != sets {
                self.emit(Operation::AlterUniqueTogether { model, sets })?;
            }
        }
        Ok(())
    }

    /// How many of the model's fields would have to wait; `None` if its key is among them.
    fn cost_of_creating(&self, label: &str) -> Option<usize> {
        let model = self.goal.models.get(label)?;
        let waits = |f: &&FieldState| {
            f.reference.as_ref().is_some_and(|r| r.model != label && !self.now.models.contains_key(&r.model))
        };
        let waiting: Vec<&FieldState> = model.fields.iter().filter(waits).collect();
        // A table between two models needs both anyway.
        let possible =
            !waiting.iter().any(|f| f.primary_key) && (model.through.is_none() || waiting.is_empty());
        possible.then(|| waiting.iter().map(|f| if f.null { 1 } else { 100 }).sum())
    }

    pub(super) fn delete_models(&mut self) -> Result {
        let gone = self.gone();
        self.delete(gone)
    }

    /// Deletes models, those first that nothing points to. A circle is cut by removing a field.
    pub(super) fn delete(&mut self, mut todo: Vec<String>) -> Result {
        while !todo.is_empty() {
            let pointed_at = |label: &String| self.now.references_to(label).any(|(owner, _)| owner != label);
            match todo.iter().position(|label| !pointed_at(label)) {
                Some(next) => {
                    let model = todo.remove(next);
                    self.emit(Operation::DeleteModel { model })?;
                }
                None => {
                    let Some(label) = todo.first() else { break };
                    let first = self.now.references_to(label).find(|(owner, _)| owner != label);
                    let Some((owner, name)) =
                        first.map(|(owner, field)| (owner.to_owned(), field.name.clone()))
                    else {
                        break;
                    };
                    self.remove_field(&owner, &name)?;
                }
            }
        }
        Ok(())
    }
}

fn state_has(fields: &[FieldState], name: &str) -> bool {
    fields.iter().any(|f| f.name == name)
}
