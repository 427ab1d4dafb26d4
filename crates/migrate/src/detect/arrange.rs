//! From operations to migrations: one an app, or more where apps wait for each other in turns.

use std::collections::{BTreeMap, BTreeSet};

use quintet_core::Result;

use crate::{
    file::Migration,
    graph::Graph,
    key::MigrationKey,
    operation::Operation,
    state::{FieldState, ModelState, ProjectState, app_of},
};

/// Most characters of a name that is made of operations.
const LONGEST_NAME: usize = 40;

/// Makes migrations of operations that follow on `graph`. `name` is used in place of one made of the operations.
///
/// # Errors
/// If an app of the graph has two leaves, or an operation does not fit `from`.
pub fn arrange(
    graph: &Graph,
    from: &ProjectState,
    operations: Vec<Operation>,
    name: Option<&str>,
) -> Result<Vec<Migration>> {
    let mut state = from.clone();
    let mut parts: Vec<Part> = Vec::new();
    let mut gone = Gone::default();
    for operation in operations {
        // What is done to the files only waits for the same.
        let told = match &operation {
            Operation::Separate { state, .. } => state.first().unwrap_or(&operation),
            plain => plain,
        };
        let app = app_of(match told {
            Operation::RenameModel { to, .. } => to,
            other => other.model().unwrap_or_default(),
        })
        .to_owned();
        let mut needs = BTreeSet::new();
        let wanted = gone.apps_needed(told).chain(apps_needed(&state, told));
        for other in wanted.filter(|other| *other != app).collect::<BTreeSet<_>>() {
            match parts.iter().rposition(|part| part.app == other) {
                Some(part) => {
                    needs.insert(Need::New(part));
                }
                None => needs.extend(graph.leaf(&other)?.cloned().map(Need::Old)),
            }
        }
        gone.note(&state, told, &app)?;
        operation.apply(&mut state)?;
        let own = parts.iter().rposition(|part| part.app == app);
        match own {
            // The part can't wait for one that waits for it.
            Some(own) if !needs.iter().any(|n| reaches(&parts, n, own)) => {
                if let Some(part) = parts.get_mut(own) {
                    part.needs.extend(needs);
                    part.operations.push(operation);
                }
            }
            before => {
                match before {
                    Some(own) => drop(needs.insert(Need::New(own))),
                    None => needs.extend(graph.leaf(&app)?.cloned().map(Need::Old)),
                }
                parts.push(Part { app, needs, operations: vec![operation] });
            }
        }
    }
    Ok(named(graph, parts, name))
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// A migration that is there.
    Old(MigrationKey),
    /// One of those that are being made.
    New(usize),
}

struct Part {
    app: String,
    needs: BTreeSet<Need>,
    operations: Vec<Operation>,
}

/// What operations took away, and which app's migration did: whoever builds on its absence comes after it.
#[derive(Default)]
struct Gone {
    /// The apps with a field that pointed to a model, by that model's label.
    pointing: BTreeMap<String, BTreeSet<String>>,
    /// The app whose model had a table.
    tables: BTreeMap<String, String>,
}

impl Gone {
    fn note(&mut self, before: &ProjectState, operation: &Operation, app: &str) -> Result {
        if let Operation::RenameModel { model, to } = operation
            && let Some(apps) = self.pointing.remove(model)
        {
            self.pointing.insert(to.clone(), apps);
        }
        let mut pointed = |field: &FieldState| {
            if let Some(reference) = &field.reference {
                self.pointing.entry(reference.model.clone()).or_default().insert(app.to_owned());
            }
        };
        match operation {
            Operation::RemoveField { model, name, .. } => pointed(before.model(model)?.field(name)?),
            Operation::AlterField { model, field, .. } => pointed(before.model(model)?.field(&field.name)?),
            Operation::DeleteModel { model } => before.model(model)?.fields.iter().for_each(pointed),
            _ => {}
        }
        if let Operation::DeleteModel { model } | Operation::RenameTable { model, .. } = operation {
            self.tables.insert(before.model(model)?.table.clone(), app.to_owned());
        }
        Ok(())
    }

    fn apps_needed(&self, operation: &Operation) -> impl Iterator<Item = String> + use<> {
        let apps: BTreeSet<String> = match operation {
            Operation::DeleteModel { model } => self.pointing.get(model).cloned().unwrap_or_default(),
            Operation::CreateModel { state: ModelState { table, .. }, .. }
            | Operation::RenameTable { table, .. } => self.tables.get(table).cloned().into_iter().collect(),
            _ => BTreeSet::new(),
        };
        apps.into_iter()
    }
}

fn reaches(parts: &[Part], need: &Need, goal: usize) -> bool {
    match need {
        Need::Old(_) => false,
        Need::New(i) if *i == goal => true,
        Need::New(i) => parts.get(*i).is_some_and(|part| part.needs.iter().any(|n| reaches(parts, n, goal))),
    }
}

/// The apps whose latest migration must come before this operation.
fn apps_needed(before: &ProjectState, operation: &Operation) -> BTreeSet<String> {
    let mut apps = BTreeSet::new();
    let mut points_to = |field: &FieldState| {
        if let Some(reference) = &field.reference {
            apps.insert(app_of(&reference.model).to_owned());
        }
    };
    match operation {
        Operation::CreateModel { state, .. } => state.fields.iter().for_each(points_to),
        Operation::AddField { field, .. } | Operation::AlterField { field, .. } => points_to(field),
        _ => {}
    }
    // What other apps say about this model must have been said before it gets another name, or goes.
    if let Operation::RenameModel { model, .. } | Operation::DeleteModel { model } = operation {
        apps.extend(before.references_to(model).map(|(owner, _)| app_of(owner).to_owned()));
        apps.insert(app_of(model).to_owned());
    }
    apps
}

fn named(graph: &Graph, parts: Vec<Part>, name: Option<&str>) -> Vec<Migration> {
    let mut keys: Vec<MigrationKey> = Vec::new();
    for part in &parts {
        let last = graph.next_number(&part.app).checked_sub(1).filter(|last| *last > 0);
        let made = keys.iter().filter(|k| k.app == part.app).map(MigrationKey::number).max();
        let number = last.max(made).unwrap_or(0) + 1;
        let first = last.is_none() && made.is_none();
        let name = match name {
            Some(name) => name.to_owned(),
            None if first => "initial".to_owned(),
            None => slug(&part.operations),
        };
        keys.push(MigrationKey::new(&part.app, format!("{number:04}_{name}")));
    }
    let key_of = |need: &Need| match need {
        Need::Old(key) => Some(key.clone()),
        Need::New(i) => keys.get(*i).cloned(),
    };
    let mut migrations: Vec<Migration> = parts
        .into_iter()
        .zip(&keys)
        .map(|(part, key)| {
            let mut depends: Vec<MigrationKey> = part.needs.iter().filter_map(key_of).collect();
            // The app's own first.
            depends.sort_by_key(|k| (k.app != key.app, k.clone()));
            Migration::new(key.clone(), depends, part.operations)
        })
        .collect();
    migrations.sort_by(|a, b| a.key.cmp(&b.key));
    migrations
}

fn slug(operations: &[Operation]) -> String {
    let mut parts = operations.iter().map(Operation::slug);
    let mut name: String = parts.next().unwrap_or_default().chars().take(LONGEST_NAME).collect();
    for part in parts {
        if name.len() + part.len() + 1 > LONGEST_NAME {
            name.push_str("_and_more");
            break;
        }
        name = format!("{name}_{part}");
    }
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}
