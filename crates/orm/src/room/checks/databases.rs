//! Models that live in a database that there is not, and relations that lead from one database to another.

use quintet_core::{
    Services,
    check::Check,
    meta::{FieldMeta, ModelMeta, Relation},
    near::did_you_mean,
};

use crate::db::{DEFAULT, Db};

pub(super) fn all(services: &Services, models: &[&'static ModelMeta]) -> Vec<Check> {
    let mut found = Vec::new();
    if let Some(db) = services.get::<Db>() {
        found.extend(homeless(db, models));
    }
    found.extend(models.iter().flat_map(|meta| across(meta)));
    found
}

fn homeless(db: &Db, models: &[&'static ModelMeta]) -> Vec<Check> {
    let names = db.names();
    let named = models.iter().filter_map(|meta| Some((meta, meta.options.database?)));
    let lost = named.filter(|(_, name)| !names.contains(name));
    lost.map(|(meta, name)| {
        let near = did_you_mean(name, names.iter().copied());
        let message =
            format!("{} lives in the database `{name}`, which the settings do not have{near}", meta.label());
        let hint = format!("write `[databases.{name}]` with a `url` into quintet.toml");
        Check::error("orm.E007", message).hint(hint).about(meta.label().to_owned())
    })
    .collect()
}

/// Foreign keys and many-to-manys to models of another database: no database can look after them, and no statement can join
/// them.
fn across(meta: &'static ModelMeta) -> Vec<Check> {
    let mut found = Vec::new();
    for field in meta.fields {
        let targets: Vec<&'static ModelMeta> = match field.relation {
            Relation::ToOne { .. } => field.relation.target().into_iter().collect(),
            Relation::ManyToMany { through, .. } => {
                let between = through.model.and_then(|own| own.model.get());
                field.relation.target().into_iter().chain(between).collect()
            }
            _ => Vec::new(),
        };
        for to in targets {
            if to.options.database != meta.options.database {
                found.push(leads_across(meta, field, to));
            }
        }
    }
    found
}

fn leads_across(meta: &ModelMeta, field: &FieldMeta, to: &ModelMeta) -> Check {
    let database = |meta: &ModelMeta| meta.options.database.unwrap_or(DEFAULT).to_owned();
    let key = to.key().and_then(|index| to.field_at(index)).map_or("its key", |key| key.name);
    let about = format!("{}.{}", meta.label(), field.name);
    let message = format!(
        "{about} (in the database `{}`) leads to {}.{key} (in `{}`): a relation stays within one database",
        database(meta),
        to.label(),
        database(to),
    );
    let hint = format!(
        "let both models live in one database (`#[model(database = \"…\")]`), or keep the key of `{}` in a plain field and \
         ask for the others by it",
        to.name
    );
    Check::error("orm.E008", message).hint(hint).about(about)
}
