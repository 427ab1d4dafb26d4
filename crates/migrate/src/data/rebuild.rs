//! Metadata of models as they once were, from a state: what a query by name needs.

use std::{collections::BTreeMap, sync::OnceLock};

use quintet_core::{
    Result,
    meta::{Choice, FieldDefault, FieldMeta, ModelMeta, ModelOptions, ModelRef, Relation, Through},
};

use crate::state::{FieldState, ModelState, ProjectState, app_of, name_of};

type Cells = BTreeMap<String, &'static OnceLock<&'static ModelMeta>>;

/// The models of a state, by label. They stay in memory as long as the program runs.
///
/// # Errors
/// If a field leads to a model that is not there.
pub(super) fn rebuild(state: &ProjectState) -> Result<BTreeMap<String, &'static ModelMeta>> {
    let cells: Cells = state.models.keys().map(|label| (label.clone(), leak(OnceLock::new()))).collect();
    let mut models = BTreeMap::new();
    for (label, model) in &state.models {
        let meta: &'static ModelMeta = leak(model_meta(state, &cells, label, model)?);
        meta.identity()?;
        if let Some(cell) = cells.get(label) {
            cell.get_or_init(|| meta);
        }
        models.insert(label.clone(), meta);
    }
    Ok(models)
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn list<T>(all: Vec<T>) -> &'static [T] {
    Box::leak(all.into_boxed_slice())
}

fn model_meta(state: &ProjectState, cells: &Cells, label: &str, model: &ModelState) -> Result<ModelMeta> {
    let mut fields = Vec::new();
    for field in &model.fields {
        fields.push(field_meta(state, cells, field)?);
    }
    for (name, to, through) in many(state, label) {
        fields.push(FieldMeta {
            name: text(name),
            verbose_name: text(name),
            relation: Relation::ManyToMany { to: target(state, cells, to)?, through },
            ..FieldMeta::BASE
        });
    }
    let primary_key =
        model.fields.iter().zip(0u16..).filter(|(field, _)| field.primary_key).map(|(_, i)| i).collect();
    let name = text(name_of(label));
    Ok(ModelMeta {
        name,
        app: Some(text(app_of(label))),
        table: Some(text(&model.table)),
        module: "migrations",
        verbose_name: name,
        verbose_name_plural: name,
        help_text: "",
        ordering: &[],
        unique_together: &[],
        indexes: &[],
        constraints: &[],
        fields: list(fields),
        primary_key: list(primary_key),
        renamed_from: None,
        typed: None,
        clean: None,
        options: ModelOptions::BASE,
        identity: OnceLock::new(),
    })
}

fn field_meta(state: &ProjectState, cells: &Cells, field: &FieldState) -> Result<FieldMeta> {
    let choice = |value: &String| {
        let value = text(value);
        Choice { value, label: value }
    };
    Ok(FieldMeta {
        name: text(&field.name),
        column: text(&field.column),
        verbose_name: text(&field.name),
        kind: field.kind,
        null: field.null,
        primary_key: field.primary_key,
        auto: field.auto,
        unique: field.unique,
        index: field.index,
        max_length: field.max_length,
        digits: field.digits,
        choices: list(field.choices.iter().map(choice).collect()),
        default: match (&field.generated, &field.db_default) {
            (Some(sql), _) => FieldDefault::Generated(text(sql)),
            (None, Some(sql)) => FieldDefault::Database(text(sql)),
            (None, None) => FieldDefault::None,
        },
        relation: match &field.reference {
            None => Relation::None,
            Some(reference) => Relation::ToOne {
                to: target(state, cells, &reference.model)?,
                on_delete: reference.on_delete,
            },
        },
        ..FieldMeta::BASE
    })
}

fn target(state: &ProjectState, cells: &Cells, label: &str) -> Result<ModelRef> {
    state.model(label)?;
    match cells.get(label) {
        Some(cell) => Ok(ModelRef::Cell(cell)),
        None => Err(crate::error::refuse(format!("there is no model `{label}` at this point"))),
    }
}

/// The many-to-many fields of a model: name, the other model's label, and the table between.
fn many<'s>(
    state: &'s ProjectState,
    label: &'s str,
) -> impl Iterator<Item = (&'s str, &'s str, Through)> + use<'s> {
    state.models.values().filter_map(move |model| {
        let of = model.through.as_ref().filter(|of| of.model == label)?;
        let mut sides = model.fields.iter().filter(|field| field.reference.is_some());
        let (from, to) = (sides.next()?, sides.next()?);
        let table = Some(text(&model.table));
        let through = Through { table, from: text(&from.column), to: text(&to.column), ..Through::BASE };
        Some((of.field.as_str(), to.reference.as_ref()?.model.as_str(), through))
    })
}
