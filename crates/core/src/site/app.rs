use std::{any::Any, fmt};

use super::Folder;
use crate::slots::Slots;

/// An app: models, routes, templates and what else rooms add, under one label.
///
/// ```
/// use quintet_core::App;
///
/// let shop = App::new("shop").at("/buy").named("shop-de");
/// assert_eq!((shop.label(), shop.prefix(), shop.namespace()), ("shop", "/buy", "shop-de"));
/// ```
#[derive(Default)]
pub struct App {
    label: String,
    namespace: Option<String>,
    prefix: String,
    folder: Option<Folder>,
    slots: Slots,
}

impl App {
    /// An empty app. The label names it in migrations, tables, route names and settings; changing it later
    /// makes another app of it.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        App { label: label.into(), ..App::default() }
    }

    /// Puts all addresses of the app below `prefix`.
    #[must_use]
    pub fn at(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        let inner = prefix.trim_matches('/');
        self.prefix = if inner.is_empty() { String::new() } else { format!("/{inner}") };
        self
    }

    /// Names this installation, where one app is installed twice: `url("shop-de:cart")`.
    #[must_use]
    pub fn named(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Where the app keeps `templates/`, `static/`, `migrations/` and `locale/`. `app!` sets it.
    #[must_use]
    pub fn folder(mut self, folder: Folder) -> Self {
        self.folder = Some(folder);
        self
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The name of this installation in route names: the label unless `named` says otherwise.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(&self.label)
    }

    /// What all its addresses begin with: empty, or `/…` without a slash at the end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Its directory, if it has one.
    #[must_use]
    pub fn directory(&self) -> Option<&Folder> {
        self.folder.as_ref()
    }

    /// What a room keeps for the app.
    #[must_use]
    pub fn slot<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.slots.get()
    }

    /// What a room keeps for the app, made on first use.
    pub fn slot_mut<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        self.slots.get_or_default()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("label", &self.label)
            .field("at", &self.prefix)
            .field("slots", &self.slots)
            .finish()
    }
}
