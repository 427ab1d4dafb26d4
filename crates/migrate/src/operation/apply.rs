//! What an operation does to the state. Whatever does not fit is refused here, before any SQL runs.

use quintet_core::{Result, meta::OnDelete};

use super::Operation;
use crate::{
    error::refuse,
    state::{CheckState, FieldState, IndexState, ModelState, ProjectState, ThroughOf, renamed},
};

impl Operation {
    /// Changes the state as the operation changes the database.
    ///
    /// # Errors
    /// If the operation does not fit the state: an unknown model or field, a name that is taken, a reference
    /// that would lead nowhere.
    pub fn apply(&self, state: &mut ProjectState) -> Result {
        match self {
            Operation::CreateModel { model, state: new } => create(state, model, new),
            Operation::DeleteModel { model } => delete(state, model),
            Operation::RenameModel { model, to } => rename_model(state, model, to),
            Operation::RenameTable { model, table } => {
                let database = state.model(model)?.database.clone();
                table_is_free(state, database.as_deref(), table)?;
                state.model_mut(model)?.table.clone_from(table);
                Ok(())
            }
            Operation::AddField { model, field, .. } => {
                let owner = state.model(model)?;
                if owner.get(&field.name).is_some() {
                    return Err(refuse(format!("{model} has a field `{}` already", field.name)));
                }
                column_is_free(owner, field)?;
                reference_exists(state, (model, owner.database.as_deref()), field)?;
                state.model_mut(model)?.fields.push(field.clone());
                Ok(())
            }
            Operation::RemoveField { model, name, .. } => remove(state, model, name),
            Operation::AlterField { model, field, .. } => {
                let owner = state.model(model)?;
                let old = owner.field(&field.name)?;
                if old.column != field.column {
                    not_mentioned(owner, &old.column)?;
                }
                column_is_free(owner, field)?;
                reference_exists(state, (model, owner.database.as_deref()), field)?;
                let before = old.column.clone();
                let owner = state.model_mut(model)?;
                computed_follow(owner, &before, &field.column);
                owner.fields.iter_mut().filter(|f| f.name == field.name).for_each(|f| f.clone_from(field));
                Ok(())
            }
            Operation::RenameField { model, from, to, column } => {
                rename_field(state, model, from, to, column.as_deref())
            }
            Operation::AlterUniqueTogether { model, sets } => {
                let owner = state.model_mut(model)?;
                sets_exist(owner, sets)?;
                owner.unique_together.clone_from(sets);
                Ok(())
            }
            Operation::AddIndex { model, index, .. } => {
                let owner = state.model_mut(model)?;
                index_fits(owner, index)?;
                owner.indexes.push(index.clone());
                Ok(())
            }
            Operation::RemoveIndex { model, name, .. } => {
                let owner = state.model_mut(model)?;
                let index = owner.index(name)?.clone();
                owner.indexes.retain(|other| *other != index);
                Ok(())
            }
            Operation::RenameIndex { model, from, to } => rename_index(state, model, from, to.as_ref()),
            Operation::AddConstraint { model, check } => {
                let owner = state.model_mut(model)?;
                check_fits(model, owner.checks.iter(), check)?;
                owner.checks.push(check.clone());
                Ok(())
            }
            Operation::RemoveConstraint { model, name } => {
                let owner = state.model_mut(model)?;
                owner.check(name)?;
                owner.checks.retain(|check| check.name != *name);
                Ok(())
            }
            Operation::Separate { state: only_here, .. } => {
                only_here.iter().try_for_each(|operation| operation.apply(state))
            }
            Operation::RunSql { .. } | Operation::RunRust { .. } => Ok(()),
        }
    }
}

fn create(state: &mut ProjectState, label: &str, new: &ModelState) -> Result {
    if state.models.contains_key(label) {
        return Err(refuse(format!("there is a model `{label}` already")));
    }
    table_is_free(state, new.database.as_deref(), &new.table)?;
    for (i, field) in new.fields.iter().enumerate() {
        has_name(field)?;
        let earlier = new.fields.iter().take(i);
        if earlier.clone().any(|f| f.name == field.name) {
            return Err(refuse(format!("{label} has two fields `{}`", field.name)));
        }
        if earlier.clone().any(|f| same_name(&f.column, &field.column)) {
            return Err(refuse(format!("{label} has two columns `{}`", field.column)));
        }
        reference_exists(state, (label, new.database.as_deref()), field)?;
    }
    if new.key().next().is_none() {
        return Err(refuse(format!("{label} has no field with `primary_key = true`")));
    }
    sets_exist(new, &new.unique_together)?;
    for (i, check) in new.checks.iter().enumerate() {
        check_fits(label, new.checks.iter().take(i), check)?;
    }
    let mut bare = ModelState { indexes: Vec::new(), ..new.clone() };
    for index in &new.indexes {
        index_fits(&bare, index)?;
        bare.indexes.push(index.clone());
    }
    state.models.insert(label.to_owned(), new.clone());
    Ok(())
}

fn delete(state: &mut ProjectState, label: &str) -> Result {
    state.model(label)?;
    if let Some((owner, field)) = state.references_to(label).find(|(owner, _)| *owner != label) {
        return Err(refuse(format!(
            "{label} can't be deleted while {owner}.{} points to it: remove that field first",
            field.name
        )));
    }
    state.models.remove(label);
    Ok(())
}

fn rename_model(state: &mut ProjectState, from: &str, to: &str) -> Result {
    let through: Vec<(String, ThroughOf)> = state
        .models
        .iter()
        .filter_map(|(label, m)| Some((label.clone(), m.through.clone()?)))
        .filter(|(_, through)| through.model == from)
        .collect();
    relabel(state, from, to)?;
    if let Some(of) = &mut state.model_mut(to)?.through
        && let Some(field) = to.strip_prefix(&format!("{}_", of.model))
    {
        field.clone_into(&mut of.field);
    }
    // The table of a many-to-many field is labelled after the model that has the field.
    for (old, of) in through {
        let of = ThroughOf { model: to.to_owned(), field: of.field };
        let new = of.label();
        relabel(state, &old, &new)?;
        state.model_mut(&new)?.through = Some(of);
    }
    Ok(())
}

fn relabel(state: &mut ProjectState, from: &str, to: &str) -> Result {
    state.model(from)?;
    if state.models.contains_key(to) {
        return Err(refuse(format!("{from} can't become `{to}`: there is one already")));
    }
    if let Some(model) = state.models.remove(from) {
        state.models.insert(to.to_owned(), model);
    }
    let fields = state.models.values_mut().flat_map(|m| &mut m.fields);
    for reference in fields.filter_map(|f| f.reference.as_mut()).filter(|r| r.model == from) {
        to.clone_into(&mut reference.model);
    }
    Ok(())
}

fn remove(state: &mut ProjectState, model: &str, name: &str) -> Result {
    let owner = state.model_mut(model)?;
    owner.field(name)?;
    if let Some(set) = owner.unique_together.iter().find(|set| set.iter().any(|f| f == name)) {
        return Err(refuse(format!(
            "{model}.{name} can't be removed while it is in unique_together [{}]: change that first",
            set.join(", ")
        )));
    }
    if let Some(index) = owner.indexes.iter().find(|index| index.has(name)) {
        let index = index.name(owner)?;
        return Err(refuse(format!(
            "{model}.{name} can't be removed while it is in the index `{index}`: remove that first"
        )));
    }
    not_mentioned(owner, &owner.field(name)?.column)?;
    owner.fields.retain(|f| f.name != name);
    Ok(())
}

fn rename_field(state: &mut ProjectState, model: &str, from: &str, to: &str, column: Option<&str>) -> Result {
    let owner = state.model(model)?;
    let old = owner.field(from)?;
    if owner.get(to).is_some() {
        return Err(refuse(format!("{model}.{from} can't become `{to}`: there is one already")));
    }
    let column = match column {
        Some(column) => column.to_owned(),
        None if old.has_usual_column() => old.usual_column(to),
        None => old.column.clone(),
    };
    if owner.fields.iter().any(|f| f.name != from && same_name(&f.column, &column)) {
        return Err(refuse(format!("{model} has a column `{column}` already")));
    }
    if old.column != column {
        not_mentioned(owner, &old.column)?;
    }
    let before = old.column.clone();
    let owner = state.model_mut(model)?;
    computed_follow(owner, &before, &column);
    for index in &mut owner.indexes {
        for part in index.fields.iter_mut().chain(&mut index.include) {
            if part.trim_start_matches('-') == from {
                *part = if part.starts_with('-') { format!("-{to}") } else { to.to_owned() };
            }
        }
    }
    for field in owner.fields.iter_mut().filter(|f| f.name == from) {
        to.clone_into(&mut field.name);
        field.column.clone_from(&column);
    }
    for name in owner.unique_together.iter_mut().flatten().filter(|name| *name == from) {
        to.clone_into(name);
    }
    Ok(())
}

fn rename_index(state: &mut ProjectState, model: &str, from: &str, to: Option<&String>) -> Result {
    let owner = state.model_mut(model)?;
    let old = owner.index(from)?.clone();
    let new = IndexState { name: to.cloned(), ..old.clone() };
    let name = new.name(owner)?;
    if name != from && owner.index(&name).is_ok() {
        return Err(refuse(format!("table `{}` has an index `{name}` already", owner.table)));
    }
    owner.indexes.iter_mut().filter(|index| **index == old).for_each(|index| index.clone_from(&new));
    Ok(())
}

/// Its name is free, and it says something.
fn check_fits<'c>(
    model: &str,
    mut others: impl Iterator<Item = &'c CheckState>,
    check: &CheckState,
) -> Result {
    if check.name.trim().is_empty() || check.sql.trim().is_empty() {
        return Err(refuse(format!("a constraint of {model} needs a name and an SQL condition")));
    }
    if others.any(|other| other.name == check.name) {
        return Err(refuse(format!("{model} has a constraint `{}` already", check.name)));
    }
    Ok(())
}

fn table_is_free(state: &ProjectState, database: Option<&str>, table: &str) -> Result {
    if table.trim().is_empty() {
        return Err(refuse("the name of a table can't be empty"));
    }
    match state.models.iter().find(|(_, m)| m.is_table(database, table)) {
        Some((label, _)) => Err(refuse(format!("the table `{table}` belongs to {label}"))),
        None => Ok(()),
    }
}

fn column_is_free(owner: &ModelState, field: &FieldState) -> Result {
    has_name(field)?;
    match owner.fields.iter().find(|f| f.name != field.name && same_name(&f.column, &field.column)) {
        Some(other) => {
            Err(refuse(format!("the column `{}` belongs to the field `{}`", field.column, other.name)))
        }
        None => Ok(()),
    }
}

fn has_name(field: &FieldState) -> Result {
    if field.name.trim().is_empty() || field.column.trim().is_empty() {
        return Err(refuse("a field needs a name, and its column too"));
    }
    Ok(())
}

/// Databases take `Title` and `title` for one column.
fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn reference_exists(
    state: &ProjectState,
    (model, database): (&str, Option<&str>),
    field: &FieldState,
) -> Result {
    match &field.reference {
        Some(reference) if reference.on_delete == OnDelete::SetNull && !field.null => Err(refuse(format!(
            "{model}.{} is to become null when its row in {} goes, but can't be null: make it an Option, or choose \
             another `on_delete`",
            field.name, reference.model
        ))),
        Some(reference) if reference.model != model => {
            let to = state.model(&reference.model)?;
            if to.database.as_deref() == database {
                return Ok(());
            }
            Err(refuse(format!(
                "{model}.{} (in the database `{}`) leads to {} (in `{}`): a foreign key stays within one database",
                field.name,
                database.unwrap_or("default"),
                reference.model,
                to.database_name()
            )))
        }
        _ => Ok(()),
    }
}

fn sets_exist(owner: &ModelState, sets: &[Vec<String>]) -> Result {
    if sets.iter().any(Vec::is_empty) {
        return Err(refuse(
            "what is unique together can't be nothing: name fields, or leave the inner list out",
        ));
    }
    sets.iter().try_for_each(|set| owner.columns_of(set).map(|_| ()))
}

/// Its fields are there, and its name is free.
fn index_fits(owner: &ModelState, index: &IndexState) -> Result {
    if index.fields.is_empty() && index.expressions.is_empty() {
        return Err(refuse("an index needs `fields` or `expressions`"));
    }
    let plain = index.unique && !index.is_raw() && index.parts().all(|(_, descending)| !descending);
    if index.deferrable && !plain {
        return Err(refuse(
            "only what is unique among all rows, over fields without a direction, can be `deferrable`",
        ));
    }
    for field in index.parts().map(|(field, _)| field).chain(index.include.iter().map(String::as_str)) {
        owner.field(field)?;
    }
    let name = index.name(owner)?;
    match owner.index(&name) {
        Ok(_) => Err(refuse(format!("table `{}` has an index `{name}` already", owner.table))),
        Err(_) => Ok(()),
    }
}

/// What other columns are computed by names a renamed column anew: databases see to it themselves.
fn computed_follow(owner: &mut ModelState, from: &str, to: &str) {
    if from != to {
        for sql in owner.fields.iter_mut().filter_map(|field| field.generated.as_mut()) {
            *sql = renamed(sql, from, to);
        }
    }
}

/// SQL that is the developer's own does not follow when a column is renamed or goes.
fn not_mentioned(owner: &ModelState, column: &str) -> Result {
    match owner.mention_of(column) {
        Some(by) => Err(refuse(format!(
            "the column `{column}` is mentioned by {by}: remove that before this operation, and add it again after it if it \
             is to stay"
        ))),
        None => Ok(()),
    }
}
