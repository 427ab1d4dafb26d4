//! What all pages of a model share, and what is said of one of them.

use std::{borrow::Cow, sync::Arc};

use axum::response::Response;
use http::request::Parts;
use quintet_core::{BoxFuture, Result, Value};
use quintet_orm::{Db, Model, QuerySet};
use quintet_web::{Url, axum, messages::Message};

use crate::hook::Instead;

/// Where a form leads to.
pub(crate) type Then<M> = dyn Fn(&M) -> Url + Send + Sync;

/// What the next page says of a row.
pub(crate) type Flash<M> = dyn Fn(&M) -> Message + Send + Sync;

/// Narrows the query for a request.
pub(crate) type Rows<M> =
    dyn for<'a> Fn(QuerySet<M>, &'a mut Parts) -> BoxFuture<'a, Result<QuerySet<M>, Instead>> + Send + Sync;

/// Makes a value for a template.
pub(crate) type Maker = dyn Fn(Box<Parts>) -> BoxFuture<'static, Result<Value, Box<Response>>> + Send + Sync;

/// Reads what says whether the row of a query is what it was.
pub(crate) type VersionOf<M> = dyn Fn(QuerySet<M>, Db) -> BoxFuture<'static, Result<Value>> + Send + Sync;

/// What all pages of a model share.
pub(crate) struct What<M: Model> {
    pub(crate) query: QuerySet<M>,
    /// What narrows it for a request.
    pub(crate) rows: Vec<Arc<Rows<M>>>,
    /// What templates call a row, and its routes begin with.
    pub(crate) one: &'static str,
    /// What templates call the rows.
    pub(crate) many: &'static str,
    /// The field that addresses say, if it is not the key, and the name of the path's parameter.
    pub(crate) field: Option<u16>,
    pub(crate) parameter: &'static str,
    /// The parameters of the path that they are below.
    pub(crate) above: Vec<&'static str>,
    pub(crate) filter: Vec<String>,
    pub(crate) search: Vec<String>,
    pub(crate) order: Vec<String>,
    pub(crate) per_page: u64,
    pub(crate) most_per_page: u64,
    /// Do its pages go on from a row, instead of being counted?
    pub(crate) by_key: bool,
    /// Does the page of a row ask this before its work?
    pub(crate) version: Option<Arc<VersionOf<M>>>,
    /// What is said of all of them.
    pub(crate) own: Own<M>,
    /// Which pages there are, to lead to after a change.
    pub(crate) has_list: bool,
    pub(crate) has_detail: bool,
}

/// What is said of one page.
pub(crate) struct Own<M> {
    pub(crate) values: Vec<(Cow<'static, str>, Arc<Maker>)>,
    pub(crate) then: Option<Arc<Then<M>>>,
    pub(crate) flash: Option<Arc<Flash<M>>>,
}

impl<M> Default for Own<M> {
    fn default() -> Self {
        Own { values: Vec::new(), then: None, flash: None }
    }
}

/// A page: what it shares with the others, and what is its own.
pub(crate) struct One<M: Model> {
    /// The name of its route.
    pub(crate) name: &'static str,
    pub(crate) what: Arc<What<M>>,
    pub(crate) own: Own<M>,
}
