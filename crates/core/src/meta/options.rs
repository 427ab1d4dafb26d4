use std::{any::Any, sync::Arc};

/// What `#[model(..)]` says beyond table, order and constraints.
#[derive(Clone, Copy, Debug)]
pub struct ModelOptions {
    /// Do migrations make and change its table? Otherwise it is only asked and written.
    pub managed: bool,
    /// The permissions of its own: name, and how people read it.
    pub permissions: &'static [(&'static str, &'static str)],
    /// The permissions that every model has, unless it says otherwise.
    pub default_permissions: &'static [&'static str],
    /// What "the latest row" goes by: field index, and whether it descends.
    pub get_latest_by: &'static [(u16, bool)],
    /// The name of the database that its rows live in, where that is not the default one.
    pub database: Option<&'static str>,
    /// The fields by which people know a row: index, in order. No two rows share their values.
    pub natural_key: &'static [u16],
    /// The condition that queries have from the start, as the ORM keeps it.
    pub scope: Option<fn() -> Arc<dyn Any + Send + Sync>>,
    /// The field that people know a row by: the index of a column.
    pub display: Option<u16>,
    /// Are changes of its rows told to channels and pages, in all processes?
    pub live: bool,
}

impl ModelOptions {
    /// A model without any option.
    pub const BASE: ModelOptions = ModelOptions {
        managed: true,
        permissions: &[],
        default_permissions: &["add", "change", "delete", "view"],
        get_latest_by: &[],
        database: None,
        natural_key: &[],
        scope: None,
        display: None,
        live: false,
    };
}
