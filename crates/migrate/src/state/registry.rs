//! The state that the registered models ask for.

use quintet_core::{
    Result,
    meta::{CheckMeta, FieldDefault, FieldMeta, IndexMeta, ModelMeta, OnDelete, Relation},
    value::Kind,
};

use super::{CheckState, FieldState, IndexState, ModelState, ProjectState, Reference, ThroughOf};
use crate::error::refuse;

impl ProjectState {
    /// The tables of these models, with those of their many-to-many fields.
    ///
    /// # Errors
    /// If a model is in no app, a relation leads to a model that is not among them, or two share a table.
    pub fn of_models(models: &[&'static ModelMeta]) -> Result<ProjectState> {
        let mut state = ProjectState::default();
        for meta in models.iter().filter(|meta| meta.options.managed) {
            let identity = meta.identity()?;
            let mut fields = Vec::new();
            for (field, index) in meta.fields.iter().zip(0u16..) {
                match field.relation {
                    Relation::HasMany { .. } | Relation::HasOne { .. } => {}
                    // The table of a model of the site's own is made as that model's; it only has to fit.
                    Relation::ManyToMany { through, .. } if through.model.is_some() => {
                        target(meta, field, models)?;
                        let between = through.model.and_then(|own| own.model.get());
                        if let Some(between) = between.filter(|between| !models.contains(between)) {
                            return Err(refuse(format!(
                                "{}.{} goes through {}, which is registered by no installed app: add it to `.models(..)`",
                                meta.label(),
                                field.name,
                                between.label()
                            )));
                        }
                        meta.between(index).map_err(|error| refuse(error.to_string()))?;
                    }
                    Relation::ManyToMany { .. } => {
                        let (label, between) = between(meta, meta, index, field, models)?;
                        state.add(label, between)?;
                    }
                    _ => fields.push(field_state(meta, index, field, models)?),
                }
            }
            let name = |i: u16| match meta.field_at(i) {
                Some(field) if field.is_column() => Ok(field.name.to_owned()),
                _ => Err(refuse(format!("unique_together or an index of {} names no column", meta.label()))),
            };
            let names = |set: &&[u16]| -> Result<Vec<String>> { set.iter().map(|i| name(*i)).collect() };
            let unique_together = meta.unique_together.iter().map(names).collect::<Result<_>>()?;
            let index = |index: &IndexMeta| -> Result<IndexState> {
                let part = |(i, descending): &(u16, bool)| {
                    name(*i).map(|name| if *descending { format!("-{name}") } else { name })
                };
                Ok(IndexState {
                    name: index.name.map(str::to_owned),
                    fields: index.fields.iter().map(part).collect::<Result<_>>()?,
                    expressions: index.expressions.iter().map(|sql| (*sql).to_owned()).collect(),
                    condition: index.condition.map(str::to_owned),
                    include: names(&index.include)?,
                    unique: index.unique,
                    deferrable: index.deferrable,
                    search: index.search,
                })
            };
            let indexes = meta.indexes.iter().map(index).collect::<Result<_>>()?;
            let check = |c: &CheckMeta| CheckState { name: c.name.to_owned(), sql: c.sql.to_owned() };
            let checks = meta.constraints.iter().map(check).collect();
            let database = meta.options.database.map(str::to_owned);
            let plain = ModelState::new(&identity.table, fields);
            let model = ModelState { database, unique_together, indexes, checks, ..plain };
            state.add(identity.label.clone(), model)?;
            // The tables between of the one whose place it took stay: that one still leads through them.
            let other = meta.stands_for();
            for (other, index, field) in other.into_iter().flat_map(all_fields) {
                let own =
                    matches!(field.relation, Relation::ManyToMany { through, .. } if through.model.is_none());
                if own && meta.fields.iter().all(|own| own.name != field.name) {
                    let (label, between) = between(meta, other, index, field, models)?;
                    state.add(label, between)?;
                }
            }
        }
        Ok(state)
    }

    fn add(&mut self, label: String, model: ModelState) -> Result {
        if let Some((other, _)) =
            self.models.iter().find(|(_, m)| m.table == model.table && m.database == model.database)
        {
            return Err(refuse(format!(
                "{label} and {other} share the table `{}`: give one #[model(table = \"…\")]",
                model.table
            )));
        }
        self.models.insert(label, model);
        Ok(())
    }
}

fn all_fields(
    meta: &'static ModelMeta,
) -> impl Iterator<Item = (&'static ModelMeta, u16, &'static FieldMeta)> {
    meta.fields.iter().zip(0u16..).map(move |(field, index)| (meta, index, field))
}

/// The table that migrations make for a many-to-many of `declared`, whose rows are those of `meta`.
fn between(
    meta: &'static ModelMeta,
    declared: &'static ModelMeta,
    index: u16,
    field: &FieldMeta,
    models: &[&'static ModelMeta],
) -> Result<(String, ModelState)> {
    let to = target(declared, field, models)?;
    let of = ThroughOf { model: meta.identity()?.label.clone(), field: field.name.to_owned() };
    let (table, between) = (declared.through_table(index)?, declared.between(index)?);
    let sides = [(between.from, meta), (between.to, to)];
    let database = meta.options.database.map(str::to_owned);
    Ok((of.label(), ModelState { database, ..through_model(table, of, sides)? }))
}

fn target(meta: &ModelMeta, field: &FieldMeta, models: &[&'static ModelMeta]) -> Result<&'static ModelMeta> {
    let to = field.relation.target().ok_or_else(|| {
        refuse(format!("{}.{} leads to a model that was never filled in", meta.label(), field.name))
    })?;
    if to.options.database != meta.options.database {
        let database = |meta: &ModelMeta| meta.options.database.unwrap_or("default").to_owned();
        return Err(refuse(format!(
            "{}.{} (in the database `{}`) leads to {} (in `{}`): a relation stays within one database",
            meta.label(),
            field.name,
            database(meta),
            to.label(),
            database(to)
        )));
    }
    if models.contains(&to.standing()) {
        return Ok(to.standing());
    }
    to.identity()?;
    Err(refuse(format!(
        "{}.{} leads to {}, which is registered by no installed app: add it to `.models(..)`",
        meta.label(),
        field.name,
        to.label()
    )))
}

/// What the database enforces: nothing, where it can't be known that the other table is as the model says.
fn reference(to: &'static ModelMeta, on_delete: OnDelete) -> Result<Option<Reference>> {
    let model = to.identity()?.label.clone();
    Ok(to.options.managed.then_some(Reference { model, on_delete }))
}

fn field_state(
    meta: &ModelMeta,
    index: u16,
    field: &FieldMeta,
    models: &[&'static ModelMeta],
) -> Result<FieldState> {
    let reference = match field.relation {
        Relation::ToOne { on_delete, .. } => reference(target(meta, field, models)?, on_delete)?,
        _ => None,
    };
    Ok(FieldState {
        name: field.name.to_owned(),
        column: field.column.to_owned(),
        kind: field.kind,
        null: field.null,
        primary_key: field.primary_key || meta.primary_key.contains(&index),
        auto: field.auto,
        unique: field.unique,
        index: field.index,
        // Elsewhere they are rules for forms, and no part of the column.
        max_length: field.max_length.filter(|_| field.kind == Kind::Text),
        digits: field.digits.filter(|_| field.kind == Kind::Decimal),
        choices: field.choices.iter().map(|c| c.value.to_owned()).collect(),
        db_default: match field.default {
            FieldDefault::Database(sql) => Some(sql.to_owned()),
            _ => None,
        },
        generated: match field.default {
            FieldDefault::Generated(sql) => Some(sql.to_owned()),
            _ => None,
        },
        reference,
    })
}

/// The table of a many-to-many field: a key, and one foreign key to either side.
///
/// The pair is unique, which also serves as the index of the first column; the second has its own.
fn through_model(table: &str, of: ThroughOf, sides: [(&str, &'static ModelMeta); 2]) -> Result<ModelState> {
    let mut fields = vec![FieldState::auto_key("id")];
    for ((column, to), index) in sides.into_iter().zip([false, true]) {
        let Some(key) = to.key().and_then(|i| to.field_at(i)) else {
            return Err(refuse(format!(
                "{}.{} leads to {}, whose key is not a single column: make a model of the table between them",
                of.model,
                of.field,
                to.label()
            )));
        };
        fields.push(FieldState {
            column: column.to_owned(),
            index,
            max_length: key.max_length.filter(|_| key.kind == Kind::Text),
            digits: key.digits.filter(|_| key.kind == Kind::Decimal),
            reference: reference(to, OnDelete::Cascade)?,
            ..FieldState::foreign_key(column, key.kind, to.identity()?.label.clone(), OnDelete::Cascade)
        });
    }
    let pair = sides.iter().map(|(column, _)| (*column).to_owned()).collect();
    Ok(ModelState { unique_together: vec![pair], through: Some(of), ..ModelState::new(table, fields) })
}
