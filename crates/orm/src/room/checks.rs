//! What is wrong with a site's models, found before it hurts.
mod databases;

use std::{collections::HashMap, sync::Arc};

use quintet_core::{Services, Site, check::Check, meta::ModelMeta, meta::Relation};

use super::models::{Refused, registered_models};

pub(super) fn all(services: &Services) -> Vec<Check> {
    let Some(site) = services.get::<Arc<Site>>() else { return Vec::new() };
    let models = registered_models(site);
    let mut found = refused(site);
    found.extend(shared_tables(&models));
    found.extend(unregistered_targets(&models));
    found.extend(broken_patterns(&models));
    found.extend(databases::all(services, &models));
    found.extend(models_between(&models));
    found.extend(same_permissions(&models));
    found
}

fn refused(site: &Site) -> Vec<Check> {
    let all = site
        .slots::<Refused>()
        .flat_map(|(app, refused)| refused.0.iter().map(move |message| (app, message)));
    all.map(|(app, message)| {
        Check::error("orm.E001", message.clone()).about(format!("app `{}`", app.label()))
    })
    .collect()
}

fn shared_tables(models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut owners: HashMap<(Option<&str>, String), String> = HashMap::new();
    let mut found = Vec::new();
    let mut claim = |database: Option<&'static str>, table: &str, owner: String| {
        // SQLite does not look at case, nor do some file systems that MySQL keeps tables on.
        let place = (database, table.to_lowercase());
        if let Some(first) = owners.get(&place) {
            let message = format!("{first} and {owner} both use the table `{table}`");
            found.push(
                Check::error("orm.E002", message)
                    .hint("give one of them `#[model(table = \"…\")]`")
                    .about(owner),
            );
        } else {
            owners.insert(place, owner);
        }
    };
    // What no migration makes may be another view of a table.
    for meta in models.iter().filter(|meta| meta.options.managed) {
        let Ok(identity) = meta.identity() else { continue };
        let database = meta.options.database;
        claim(database, &identity.table, identity.label.clone());
        for (field, index) in meta.fields.iter().zip(0u16..) {
            if let Ok(table) = meta.through_table(index) {
                claim(database, table, format!("{}.{}", identity.label, field.name));
            }
        }
    }
    found
}

fn unregistered_targets(models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut found = Vec::new();
    for meta in models {
        for field in meta.fields {
            let to = match field.relation {
                Relation::ToOne { .. } | Relation::ManyToMany { .. } => field.relation.target(),
                _ => None,
            };
            let Some(to) = to.filter(|to| !models.contains(&to.standing())) else { continue };
            let message = format!(
                "{}.{} leads to `{}` ({}), which no installed app registers: it would have no table",
                meta.label(),
                field.name,
                to.name,
                to.module
            );
            let hint = format!("add `{}` to `.models(..)` of its app, and install that app", to.name);
            found.push(Check::error("orm.E003", message).hint(hint).about(format!(
                "{}.{}",
                meta.label(),
                field.name
            )));
        }
    }
    found
}

/// Regular expressions of fields that are none: they would refuse every value.
fn broken_patterns(models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut found = Vec::new();
    for (meta, field) in models.iter().flat_map(|meta| meta.fields.iter().map(move |field| (meta, field))) {
        let Some(problem) = field.rules.regex.and_then(quintet_core::valid::pattern_problem) else {
            continue;
        };
        let about = format!("{}.{}", meta.label(), field.name);
        let message = format!("the regex of {about} is none: {problem}");
        let hint = "mend it: a value would always be refused. There is no look-around, and no reference back";
        found.push(Check::error("orm.E004", message).hint(hint).about(about));
    }
    found
}

/// Many-to-manys whose model between does not lead to both sides, or leads there twice.
fn models_between(models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut found = Vec::new();
    for meta in models {
        for (field, index) in meta.fields.iter().zip(0u16..) {
            let Relation::ManyToMany { through, .. } = field.relation else { continue };
            let Some(between) = through.model.and_then(|own| own.model.get()) else { continue };
            let about = format!("{}.{}", meta.label(), field.name);
            if !models.contains(&between) {
                let message = format!(
                    "{about} goes through `{}` ({}), which no installed app registers: it would have no table",
                    between.name, between.module
                );
                let hint = format!("add `{}` to `.models(..)` of its app", between.name);
                found.push(Check::error("orm.E003", message).hint(hint).about(about));
            } else if let Err(error) = meta.between(index) {
                found.push(Check::error("orm.E005", error.to_string()).about(about));
            }
        }
    }
    found
}

/// Permissions that two models, or one of its own and a default one, have under one name in an app.
fn same_permissions(models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut owners: HashMap<(String, String), &'static ModelMeta> = HashMap::new();
    let mut found = Vec::new();
    for meta in models {
        let Ok(identity) = meta.identity() else { continue };
        for (name, _) in meta.permissions() {
            let Some(other) = owners.insert((identity.app.clone(), name.clone()), meta) else { continue };
            let message = if other == *meta {
                format!("{} has the permission `{name}` twice", meta.label())
            } else {
                format!("{} and {} both have the permission `{name}`", other.label(), meta.label())
            };
            let hint = "give it another name, or leave it out of `permissions` or `default_permissions`";
            found.push(Check::error("orm.E006", message).hint(hint).about(meta.label().to_owned()));
        }
    }
    found
}
