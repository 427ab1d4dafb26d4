//! Names that have a version already, because another program gave them one: what Vite has built.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

/// The names, shared between who finds them and who gives addresses.
#[derive(Default, Clone)]
pub(super) struct OwnNames(Arc<RwLock<HashSet<String>>>);

impl OwnNames {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(super) fn set(&self, names: HashSet<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }
}
