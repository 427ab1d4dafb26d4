use std::collections::BTreeMap;

use quintet_core::{
    Result, Value,
    meta::{FieldDefault, ModelMeta, Relation},
};

use crate::state::{ThroughOf, app_of};

/// What the models themselves say about changes: `renamed_from`, and defaults.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The label that a model had, by its label.
    pub models: BTreeMap<String, String>,
    /// The name that a field had, by model and field.
    pub fields: BTreeMap<(String, String), String>,
    /// What makes a value for a new row, by model and field.
    pub defaults: BTreeMap<(String, String), fn() -> Value>,
}

impl Hints {
    /// The hints in these models.
    ///
    /// # Errors
    /// If a model is in no app.
    pub fn of_models(models: &[&'static ModelMeta]) -> Result<Hints> {
        let mut hints = Hints::default();
        for meta in models {
            let label = &meta.identity()?.label;
            if let Some(old) = meta.renamed_from {
                let old = if old.contains('.') { old.to_owned() } else { format!("{}.{old}", app_of(label)) };
                hints.models.insert(label.clone(), old);
            }
            for field in meta.fields {
                let of = |name: &str| ThroughOf { model: label.clone(), field: name.to_owned() }.label();
                match (field.renamed_from, field.relation) {
                    (None, _) | (_, Relation::HasMany { .. } | Relation::HasOne { .. }) => {}
                    (Some(_), Relation::ManyToMany { through, .. }) if through.model.is_some() => {}
                    (Some(old), Relation::ManyToMany { .. }) => {
                        hints.models.insert(of(field.name), of(old));
                    }
                    (Some(old), _) => {
                        hints.fields.insert((label.clone(), field.name.to_owned()), old.to_owned());
                    }
                }
                if let FieldDefault::Value(make) = field.default {
                    hints.defaults.insert((label.clone(), field.name.to_owned()), make);
                }
            }
        }
        Ok(hints)
    }
}
