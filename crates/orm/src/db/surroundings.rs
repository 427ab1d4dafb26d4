//! What a database handle knows of the site that it works for: its models, and who listens.

use std::{collections::HashMap, sync::Arc};

use quintet_core::{
    Services, WeakServices,
    meta::{ModelMeta, OnDelete, Relation},
    signal::Signals,
};

/// The site, as far as writing needs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) signals: Signals,
    services: WeakServices,
    keys: Arc<HashMap<usize, Vec<Key>>>,
}

/// A foreign key to a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The model that has it.
    pub(crate) model: &'static ModelMeta,
    pub(crate) field: u16,
    pub(crate) rule: OnDelete,
}

impl Surroundings {
    pub(super) fn with_models(&self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Self {
        let mut keys: HashMap<usize, Vec<Key>> = HashMap::new();
        let mut seen: Vec<&'static ModelMeta> = Vec::new();
        for model in models {
            if seen.contains(&model) {
                continue;
            }
            seen.push(model);
            for (field, meta) in model.columns() {
                if let (Relation::ToOne { on_delete: rule, .. }, Some(to)) =
                    (meta.relation, meta.relation.target())
                {
                    keys.entry(address(to.standing())).or_default().push(Key { model, field, rule });
                }
            }
        }
        Surroundings { keys: Arc::new(keys), ..self.clone() }
    }

    pub(super) fn with_signals(&self, signals: Signals, services: WeakServices) -> Self {
        Surroundings { signals, services, ..self.clone() }
    }

    /// The foreign keys that lead to this model.
    pub(crate) fn keys_to(&self, model: &'static ModelMeta) -> &[Key] {
        self.keys.get(&address(model.standing())).map_or(&[], Vec::as_slice)
    }

    /// What receivers get: the services of whoever writes, else those of the site.
    pub(crate) fn services(&self) -> Services {
        Services::current().or_else(|| self.services.upgrade()).unwrap_or_else(|| Services::builder().build())
    }
}

/// Models are the same if they are the same static.
fn address(model: &'static ModelMeta) -> usize {
    std::ptr::from_ref(model).addr()
}
