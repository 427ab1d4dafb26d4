//! What all pages of a model share.

use std::sync::Arc;

use quintet_orm::{Model, QuerySet};
use quintet_web::Url;

/// Where a form leads to.
type Then<M> = dyn Fn(&M) -> Url + Send + Sync;

/// What all pages of a model share.
pub(crate) struct What<M: Model> {
    pub(crate) query: QuerySet<M>,
    /// What templates call a row, and its routes begin with.
    pub(crate) one: &'static str,
    /// What templates call the rows.
    pub(crate) many: &'static str,
    pub(crate) filter: Vec<String>,
    pub(crate) search: Vec<String>,
    pub(crate) order: Vec<String>,
    pub(crate) per_page: u64,
    pub(crate) most_per_page: u64,
    /// Do its pages go on from a row, instead of being counted?
    pub(crate) by_key: bool,
    pub(crate) then: Option<Arc<Then<M>>>,
    /// Which pages there are, to lead to after a change.
    pub(crate) has_list: bool,
    pub(crate) has_detail: bool,
}

/// The address of one of a model's pages.
pub(crate) fn url(name: &str, one: &str, key: Option<String>) -> Url {
    Url::named(format!("{one}_{name}"), key.map(|key| ("id", key)))
}

/// The list, or where there is none the site's start.
pub(crate) fn list<M: Model>(what: &What<M>) -> Url {
    if what.has_list { url("list", what.one, None) } else { Url::from("/") }
}
