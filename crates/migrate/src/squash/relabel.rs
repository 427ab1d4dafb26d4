//! Operations as they would be if a later renaming of a model had come first.

use std::collections::BTreeMap;

use crate::{
    operation::Operation,
    state::{ModelState, ProjectState},
};

/// The operations before a renaming with the new label; nothing changes if `renaming` is none. `before` is the state that
/// it finds.
pub(super) fn relabelled(
    before: &ProjectState,
    renaming: &Operation,
    operations: &[Operation],
) -> Vec<Operation> {
    let Operation::RenameModel { model, to } = renaming else { return operations.to_vec() };
    let mut labels = BTreeMap::from([(model.clone(), to.clone())]);
    // The table of a many-to-many field is labelled after the model that has the field.
    for (label, other) in &before.models {
        if let Some(of) = other.through.as_ref().filter(|of| of.model == *model) {
            labels.insert(label.clone(), format!("{to}_{}", of.field));
        }
    }
    operations.iter().map(|operation| relabel(operation, &labels)).collect()
}

fn relabel(operation: &Operation, labels: &BTreeMap<String, String>) -> Operation {
    let new = |label: &mut String| {
        if let Some(to) = labels.get(label.as_str()) {
            to.clone_into(label);
        }
    };
    let mut operation = operation.clone();
    if let Some(model) = operation.model_mut() {
        new(model);
    }
    let in_model = |state: &mut ModelState| {
        if let Some(of) = &mut state.through {
            new(&mut of.model);
        }
        state.fields.iter_mut().filter_map(|f| f.reference.as_mut()).for_each(|r| new(&mut r.model));
    };
    match &mut operation {
        Operation::CreateModel { state, .. } => in_model(state),
        Operation::RenameModel { to, .. } => new(to),
        Operation::AddField { field, .. } | Operation::AlterField { field, .. } => {
            field.reference.iter_mut().for_each(|r| new(&mut r.model));
        }
        _ => {}
    }
    operation
}
