//! The page of a row, and how any page finds its row.

use std::sync::Arc;

use axum::{
    extract::Path,
    routing::{MethodRouter, get},
};
use quintet_core::{Error, Result, TemplateValue};
use quintet_orm::{Db, Model, QuerySet, Shape, dynamic::DynSet};
use quintet_web::{Page, axum};

use crate::what::What;

pub(crate) fn handler<M, S>(what: Arc<What<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    S: Shape<Model = M> + TemplateValue + Sync,
{
    get(move |Path(key): Path<String>, db: Db| async move {
        let row: S = only(&what, &key)?.shape::<S>().one(&db).await?;
        Ok::<Page, Error>(Page::new(template).with(what.one, &row))
    })
}

/// The pages' query, narrowed to the row of an address.
///
/// # Errors
/// Of status 404 if no key can look like this.
pub(crate) fn only<M: Model>(what: &What<M>, key: &str) -> Result<QuerySet<M>> {
    DynSet::on(what.query.clone()).having_key(key)?.typed()
}

/// The row of an address.
pub(crate) async fn row<M: Model>(what: &What<M>, key: &str, db: &Db) -> Result<M> {
    only(what, key)?.one(db).await
}
