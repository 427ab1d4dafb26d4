//! Indexes and rules of a table as options of its model.

use super::{
    ask::quoted,
    found::{Index, Part, Table},
    model::{Model, Opt, literal, of_columns, shown},
};
use crate::{
    names,
    state::{FieldState, IndexState, ModelState},
};

/// What a single column has of its own.
#[derive(Clone, Copy, Default)]
pub(super) struct Own {
    pub(super) unique: bool,
    pub(super) index: bool,
}

pub(super) fn of_column(table: &Table, column: &str) -> Own {
    let mut own = Own::default();
    for index in &table.indexes {
        if index.plain().is_some_and(|columns| columns == [column]) && !is_of_model(table, index) {
            own.unique |= index.unique;
            own.index |= !index.unique;
        }
    }
    own
}

/// Writes what the fields don't say.
pub(super) fn write(table: &Table, model: &mut Model) {
    let (mut together, mut indexes, mut constraints) = (Vec::new(), Vec::new(), Vec::new());
    let mut said = Vec::new();
    for index in &table.indexes {
        if let Some(odd) = &index.odd {
            let name = index.name.as_deref().unwrap_or("without a name");
            model.notes.push(format!("the index {name} is left out: {odd}"));
            continue;
        }
        let plain = index.plain();
        if let Some(columns) = plain.as_ref().filter(|_| !is_of_model(table, index)) {
            let by_field = columns.len() == 1 && {
                let own = of_column(table, columns.first().copied().unwrap_or_default());
                // A field has one index; where it is unique and has a plain one as well, that stands at the model.
                index.unique || !own.unique
            };
            let again = said.contains(&(columns.clone(), index.unique));
            if by_field && !again {
                said.push((columns.clone(), index.unique));
                continue;
            }
            if index.unique && !again {
                if let Some(fields) = of_columns(model, columns) {
                    said.push((columns.clone(), true));
                    let fields: Vec<String> = fields.iter().map(|field| literal(field)).collect();
                    together.push(format!("[{}]", fields.join(", ")));
                } else {
                    model.notes.push(format!("{} are unique together", shown(columns)));
                }
                continue;
            }
        }
        match of_several(table, model, index) {
            Some(text) if index.unique => constraints.push(text),
            Some(text) => indexes.push(text),
            None => {
                let name = index.name.as_deref().unwrap_or("without a name");
                model.notes.push(format!("the index {name} is left out: it is over columns without a field"));
            }
        }
    }
    let mut unnamed = 0;
    for check in &table.checks {
        let name = check.name.clone().unwrap_or_else(|| {
            unnamed += 1;
            names::of(&table.name, &[], &format!("check{unnamed}"))
        });
        constraints.push(format!("check({}, {})", literal(&name), literal(&check.sql)));
    }
    if !table.search.is_empty() {
        let columns: Vec<&str> = table.search.iter().map(String::as_str).collect();
        if let Some(fields) = of_columns(model, &columns) {
            let fields: Vec<String> = fields.iter().map(|field| literal(field)).collect();
            model.options.push(Opt::Free(format!("search = [{}]", fields.join(", "))));
        }
    }
    match together.as_slice() {
        [] => {}
        [one] => model.options.push(Opt::Free(format!("unique_together = {one}"))),
        _ => model.options.push(Opt::List("unique_together", together)),
    }
    for (name, list) in [("indexes", indexes), ("constraints", constraints)] {
        if !list.is_empty() {
            model.options.push(Opt::List(name, list));
        }
    }
}

/// `index(..)` or `unique(..)`; `None` if a column has no field.
fn of_several(table: &Table, model: &Model, index: &Index) -> Option<String> {
    let mut state =
        IndexState { unique: index.unique, deferrable: index.deferrable, ..IndexState::default() };
    let mut words = Vec::new();
    for part in &index.parts {
        match part {
            // Fields come before expressions; a column behind one is an expression too.
            Part::Column(column, descending) if state.expressions.is_empty() => {
                let field = of_columns(model, &[column])?.into_iter().next()?;
                let minus = if *descending { "-" } else { "" };
                state.fields.push(format!("{minus}{column}"));
                words.push(format!("{minus}{field}"));
            }
            Part::Column(column, _) => state.expressions.push(quoted(column)),
            Part::Expression(sql) => state.expressions.push(sql.clone()),
        }
    }
    let mut parts = Vec::new();
    if !words.is_empty() {
        parts.push(format!("fields({})", words.join(", ")));
    }
    if !state.expressions.is_empty() {
        let all: Vec<String> = state.expressions.iter().map(|sql| literal(sql)).collect();
        parts.push(format!("expressions({})", all.join(", ")));
    }
    if !index.include.is_empty() {
        let columns: Vec<&str> = index.include.iter().map(String::as_str).collect();
        parts.push(format!("include({})", of_columns(model, &columns)?.join(", ")));
        state.include.clone_from(&index.include);
    }
    state.condition.clone_from(&index.condition);
    if let Some(name) = index.name.as_ref().filter(|name| usual(table, &state).as_ref() != Some(*name)) {
        parts.push(format!("name = {}", literal(name)));
    }
    if let Some(condition) = &index.condition {
        parts.push(format!("where = {}", literal(condition)));
    }
    if index.deferrable {
        parts.push("deferrable".to_owned());
    }
    Some(format!("{}({})", if index.unique { "unique" } else { "index" }, parts.join(", ")))
}

/// Is it called as migrations call an index that stands at the model? One of a single field is called otherwise.
fn is_of_model(table: &Table, index: &Index) -> bool {
    let field = |part: &Part| match part {
        Part::Column(column, _) => Some(column.clone()),
        Part::Expression(_) => None,
    };
    let state = IndexState {
        fields: index.parts.iter().filter_map(field).collect(),
        unique: index.unique,
        ..IndexState::default()
    };
    index.name.is_some() && index.name == usual(table, &state)
}

/// The name that migrations would give it.
fn usual(table: &Table, state: &IndexState) -> Option<String> {
    let columns = table.columns.iter().map(|column| FieldState::new(&column.name, column.ty.kind)).collect();
    state.name(&ModelState::new(&table.name, columns)).ok()
}
