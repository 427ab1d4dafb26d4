//! Which two operations can be said by one, or by none.
//!
//! A rule says what two operations do together to the rows that exist; whether the one may stand in the place of the two
//! is tried afterwards, on the state. So a rule need not look at what depends on what, but it must not lose values that
//! the two would have kept, or keep what they would have refused.

use std::collections::BTreeMap;

use crate::{
    operation::Operation,
    sql::literal,
    state::{FieldState, ModelState, ProjectState},
};

/// What the two do together; `None` if no single operation does. `before` is the state before the first, `at_second`
/// that before the second, and `between` is what stands between the two.
pub(super) fn fold(
    before: &ProjectState,
    at_second: &ProjectState,
    first: &Operation,
    second: &Operation,
    between: &[Operation],
) -> Option<Vec<Operation>> {
    // A renaming is what the second knows the model by.
    let known_as = match first {
        Operation::RenameModel { to, .. } => Some(to.as_str()),
        other => other.model(),
    };
    if known_as.is_none() || known_as != second.model() {
        return None;
    }
    match (first, second) {
        (Operation::CreateModel { .. }, Operation::DeleteModel { .. }) => Some(Vec::new()),
        (Operation::CreateModel { model, state }, _) => created(at_second, model, state, second),
        (Operation::RenameModel { model, .. }, Operation::RenameModel { to, .. }) => {
            Some(if model == to { Vec::new() } else { rename_model(model, to) })
        }
        (Operation::RenameModel { model, .. }, Operation::DeleteModel { .. }) => {
            Some(vec![Operation::DeleteModel { model: model.clone() }])
        }
        (Operation::RenameModel { .. } | Operation::DeleteModel { .. }, _) => None,
        (_, Operation::DeleteModel { .. }) => Some(vec![second.clone()]),
        (Operation::RenameTable { model, .. }, Operation::RenameTable { table, .. }) => {
            let back = before.models.get(model)?.table == *table;
            Some(if back { Vec::new() } else { vec![second.clone()] })
        }
        (Operation::AlterUniqueTogether { model, .. }, Operation::AlterUniqueTogether { sets, .. }) => {
            let back = before.models.get(model)?.unique_together == *sets;
            Some(if back { Vec::new() } else { vec![second.clone()] })
        }
        _ => rules(before, at_second, first, second).or_else(|| {
            let touched = field_names(first).into_iter().chain(field_names(second)).collect::<Vec<_>>();
            let disturbs = |other: &Operation| {
                other.model() == second.model()
                    && field_names(other).iter().any(|name| touched.contains(name))
            };
            if between.iter().any(disturbs) { None } else { fields(before, at_second, first, second) }
        }),
    }
}

fn rename_model(model: &str, to: &str) -> Vec<Operation> {
    vec![Operation::RenameModel { model: model.to_owned(), to: to.to_owned() }]
}

/// A model that is created is created as the second operation leaves it: it has no rows yet.
fn created(
    at_second: &ProjectState,
    label: &str,
    made: &ModelState,
    second: &Operation,
) -> Option<Vec<Operation>> {
    if at_second.models.get(label)? != made {
        // Something between the two could not be folded, and changes it too.
        return None;
    }
    let mut after = at_second.clone();
    second.apply(&mut after).ok()?;
    let label = match second {
        Operation::RenameModel { to, .. } => to,
        _ => label,
    };
    let state = after.models.get(label)?.clone();
    Some(vec![Operation::CreateModel { model: label.to_owned(), state }])
}

/// The names of the fields that an operation is about.
fn field_names(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::AddField { field, .. } | Operation::AlterField { field, .. } => vec![&field.name],
        Operation::RemoveField { name, .. } => vec![name],
        Operation::RenameField { from, to, .. } => vec![from, to],
        _ => Vec::new(),
    }
}

/// Indexes and constraints, which hold no values.
fn rules(
    before: &ProjectState,
    at_second: &ProjectState,
    first: &Operation,
    second: &Operation,
) -> Option<Vec<Operation>> {
    let (model, now) = (second.model()?, at_second.models.get(second.model()?)?);
    let old = before.models.get(model)?;
    match (first, second) {
        (Operation::AddIndex { index, .. }, Operation::RemoveIndex { name, .. }) => {
            (index.name(now).ok()? == *name).then(Vec::new)
        }
        (Operation::RemoveIndex { name, .. }, Operation::AddIndex { index, .. }) => {
            (old.index(name).ok()? == index).then(Vec::new)
        }
        (Operation::AddIndex { index, concurrently, .. }, Operation::RenameIndex { from, to, .. }) => {
            (index.name(now).ok()? == *from).then(|| {
                let index = crate::state::IndexState { name: to.clone(), ..index.clone() };
                vec![Operation::AddIndex { model: model.to_owned(), index, concurrently: *concurrently }]
            })
        }
        (Operation::RenameIndex { from, .. }, Operation::RenameIndex { from: middle, to, .. }) => {
            let renamed = renamed_index(before, first)?;
            (renamed == *middle).then(|| {
                let back = old.index(from).is_ok_and(|index| index.name == *to);
                let one =
                    Operation::RenameIndex { model: model.to_owned(), from: from.clone(), to: to.clone() };
                if back { Vec::new() } else { vec![one] }
            })
        }
        (Operation::RenameIndex { from, .. }, Operation::RemoveIndex { name, concurrently, .. }) => {
            (renamed_index(before, first)? == *name).then(|| {
                let (model, name) = (model.to_owned(), from.clone());
                vec![Operation::RemoveIndex { model, name, concurrently: *concurrently }]
            })
        }
        (Operation::AddConstraint { check, .. }, Operation::RemoveConstraint { name, .. }) => {
            (check.name == *name).then(Vec::new)
        }
        (Operation::RemoveConstraint { name, .. }, Operation::AddConstraint { check, .. }) => {
            (old.check(name).ok()? == check).then(Vec::new)
        }
        _ => None,
    }
}

/// The name that an index gets.
fn renamed_index(before: &ProjectState, renaming: &Operation) -> Option<String> {
    let Operation::RenameIndex { model, from, to } = renaming else { return None };
    let owner = before.models.get(model)?;
    let index = crate::state::IndexState { name: to.clone(), ..owner.index(from).ok()?.clone() };
    index.name(owner).ok()
}

/// Fields of a table that may have rows.
fn fields(
    before: &ProjectState,
    at_second: &ProjectState,
    first: &Operation,
    second: &Operation,
) -> Option<Vec<Operation>> {
    let model = second.model()?.to_owned();
    match (first, second) {
        (Operation::AddField { field, .. }, Operation::RemoveField { name, .. }) => {
            (field.name == *name).then(Vec::new)
        }
        (
            Operation::AddField { field: old, backfill: given, .. },
            Operation::AlterField { field, backfill, values, .. },
        ) => {
            let computed = old.generated.is_some() || field.generated.is_some();
            if old.name != field.name || old.auto || field.auto || computed {
                return None;
            }
            let backfill = added_and_altered(old, given.as_ref(), field, backfill.as_ref(), values)?;
            Some(vec![Operation::AddField { model, field: field.clone(), backfill }])
        }
        (Operation::AddField { field, backfill, .. }, Operation::RenameField { from, to, .. }) => {
            if field.name != *from {
                return None;
            }
            let mut after = at_second.clone();
            second.apply(&mut after).ok()?;
            let field = after.models.get(&model)?.get(to)?.clone();
            Some(vec![Operation::AddField { model, field, backfill: backfill.clone() }])
        }
        (Operation::AlterField { field, .. }, Operation::RemoveField { name, .. }) => {
            (field.name == *name).then(|| vec![second.clone()])
        }
        (Operation::AlterField { .. }, Operation::AlterField { .. }) => altered_twice(before, first, second),
        (Operation::RenameField { from, to, .. }, Operation::RemoveField { name, backfill, .. }) => {
            (to == name).then(|| {
                let (name, backfill) = (from.clone(), backfill.clone());
                vec![Operation::RemoveField { model, name, backfill }]
            })
        }
        (Operation::RenameField { from, to: middle, .. }, Operation::RenameField { from: known, to, .. }) => {
            if middle != known {
                return None;
            }
            let old = before.models.get(&model)?.get(from)?;
            let mut after = at_second.clone();
            second.apply(&mut after).ok()?;
            let column = &after.models.get(&model)?.get(to)?.column;
            if from == to {
                return (old.column == *column).then(Vec::new);
            }
            let usual = if old.has_usual_column() { old.usual_column(to) } else { old.column.clone() };
            let column = (usual != *column).then(|| column.clone());
            Some(vec![Operation::RenameField { model, from: from.clone(), to: to.clone(), column }])
        }
        _ => None,
    }
}

/// What the rows get in a field that is added and altered at once; `None` if it can't be said.
fn added_and_altered(
    old: &FieldState,
    given: Option<&String>,
    new: &FieldState,
    backfill: Option<&String>,
    values: &BTreeMap<String, String>,
) -> Option<Option<String>> {
    match given {
        // Each row has this value, which is then converted.
        Some(given) if same_kind(old, new) => {
            let value = values.get(given).unwrap_or(given);
            literal::read(new, value).ok()?;
            Some(Some(value.clone()))
        }
        Some(_) => None,
        // Each row has what the database computes for it.
        None if old.db_default.is_some() => {
            (old.db_default == new.db_default && same_kind(old, new) && values.is_empty()).then_some(None)
        }
        // There is nothing in it, or there are no rows.
        None if new.db_default.is_some() && new.null => None,
        None => Some(backfill.cloned()),
    }
}

/// Two changes of a field that convert nothing.
fn altered_twice(before: &ProjectState, first: &Operation, second: &Operation) -> Option<Vec<Operation>> {
    let (
        Operation::AlterField { model, field: middle, backfill: earlier, values: one },
        Operation::AlterField { field: new, backfill: later, values: two, .. },
    ) = (first, second)
    else {
        return None;
    };
    let old = before.models.get(model)?.get(&middle.name)?;
    let plain = middle.name == new.name
        && same_kind(old, middle)
        && same_kind(middle, new)
        && [old, middle, new].iter().all(|f| f.primary_key == old.primary_key && f.auto == old.auto);
    // Where NULL was filled in between, it stays filled.
    let filled = old.null && !middle.null;
    if !plain || (filled && new.null) {
        return None;
    }
    let mut values: BTreeMap<String, String> = two.clone();
    for (from, to) in one {
        values.insert(from.clone(), two.get(to).unwrap_or(to).clone());
    }
    values.retain(|from, to| from != to);
    let backfill = if filled {
        let value = earlier.as_ref().map(|given| two.get(given).unwrap_or(given).clone());
        if let Some(value) = &value {
            literal::read(new, value).ok()?;
        }
        if value.is_none() && middle.db_default.is_some() {
            return None;
        }
        value
    } else {
        later.clone()
    };
    if old == new && values.is_empty() && backfill.is_none() {
        return Some(Vec::new());
    }
    Some(vec![Operation::AlterField { model: model.clone(), field: new.clone(), backfill, values }])
}

fn same_kind(a: &FieldState, b: &FieldState) -> bool {
    a.kind == b.kind && a.digits == b.digits && a.reference == b.reference && a.generated == b.generated
}
