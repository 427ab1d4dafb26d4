//! From tables to models: which tables are models, what they are called, and how they hang together.

use std::collections::BTreeSet;

use quintet_core::value::Kind;

use super::{
    InspectOptions, between, fields,
    found::{Column, Sort, Table},
    indexes,
    known::Plan,
    model::{Model, Opt, list},
    names,
};

/// The models of these tables.
pub(super) fn models(mut tables: Vec<Table>, options: &InspectOptions) -> Vec<Model> {
    let mut unkeyed = BTreeSet::new();
    let mut hopeless = Vec::new();
    for table in &mut tables {
        if table.sort == Sort::View || table.key.is_empty() || table.key.len() > LONGEST_KEY {
            unkeyed.insert(table.name.clone());
            if !guess_key(table) {
                hopeless.push(table.name.clone());
            }
        }
    }
    tables.retain(|table| !hopeless.contains(&table.name));
    let names = name_all(&tables, options);
    let plan = Plan { tables, names, options };
    let joins = between::joins(&plan);
    let mut made: Vec<(usize, Model)> = Vec::new();
    for (number, table) in plan.tables.iter().enumerate() {
        if !joins.iter().any(|join| join.implied && join.table == number) {
            made.push((number, model(&plan, number, table, unkeyed.contains(&table.name))));
        }
    }
    between::relate(&plan, &joins, &mut made);
    let mut models: Vec<Model> = made.into_iter().map(|(_, model)| model).collect();
    for name in hopeless {
        models.push(Model {
            notes: vec![format!("The table {name} has no column that could be a key, so it has no model.")],
            ..Model::default()
        });
    }
    models
}

/// The most columns of a key.
const LONGEST_KEY: usize = 5;

/// Gives a table without a usable key the one that is most likely to tell its rows apart.
fn guess_key(table: &mut Table) -> bool {
    let fit = |column: &&Column| {
        !matches!(column.ty.kind, Kind::Float | Kind::Real | Kind::Json) && !column.generated
    };
    let by_index =
        table.indexes.iter().filter(|index| index.unique).filter_map(|index| index.plain()).find_map(
            |columns| {
                let whole = columns.len() <= LONGEST_KEY
                    && columns.iter().all(|name| table.column(name).is_some_and(|c| fit(&c) && !c.null));
                whole.then(|| columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
            },
        );
    let by_name = || table.columns.iter().filter(fit).find(|column| column.name.eq_ignore_ascii_case("id"));
    let first = || table.columns.iter().filter(fit).find(|column| !column.null);
    let any = || table.columns.iter().find(fit);
    let key =
        by_index.or_else(|| by_name().or_else(first).or_else(any).map(|column| vec![column.name.clone()]));
    let Some(key) = key else { return false };
    let what = if table.sort == Sort::View { "a view" } else { "a table without a key" };
    table.notes.push(format!(
        "it is {what}: {} is taken for its key; see to it that no two rows share it",
        list(&key)
    ));
    for column in &mut table.columns {
        if key.contains(&column.name) {
            column.null = false;
        }
    }
    table.key = key;
    true
}

/// A name for each table's model.
fn name_all(tables: &[Table], options: &InspectOptions) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for table in tables {
        let short = options.app.as_ref().and_then(|app| table.name.strip_prefix(&format!("{app}_")));
        let name = names::model(short.filter(|short| !short.is_empty()).unwrap_or(&table.name));
        // A model's columns are a struct too.
        let clash = |name: &str| {
            all.iter().any(|other| {
                other == name || *other == format!("{name}Columns") || *name == format!("{other}Columns")
            })
        };
        let numbered = (2u32..).map(|number| format!("{name}{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !clash(name));
        all.push(free.unwrap_or(name));
    }
    all
}

fn model(plan: &Plan<'_>, number: usize, table: &Table, unkeyed: bool) -> Model {
    let name = plan.name(number).to_owned();
    let mut model =
        Model { doc: table.comment.clone(), notes: table.notes.clone(), name, ..Model::default() };
    let usual =
        plan.options.app.as_ref().map(|app| format!("{app}_{}", quintet_core::meta::snake_case(&model.name)));
    if usual.as_ref() != Some(&table.name) {
        model.options.push(Opt::text("table", &table.name));
    }
    if let Some(name) = &plan.options.database {
        model.options.push(Opt::Plain(format!("database = \"{name}\"")));
    }
    if !plan.options.managed || unkeyed {
        model.options.push(Opt::Plain("managed = false".to_owned()));
    }
    fields::write(plan, table, &mut model);
    indexes::write(table, &mut model);
    model
}
